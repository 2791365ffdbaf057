/** When the firmware was built, as C tells it. */

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
const FORM = /^([A-Z][a-z][a-z]) +([0-9]+) ([0-9]+) ([0-9]+):([0-9]+):([0-9]+)$/;

/**
 * Reads `Jan  1 2026 00:00:00`: `__DATE__` and `__TIME__` of C's preprocessor (C17 6.10.8.1), which have no time
 * zone. `Date.parse` need not know this form, and engines differ in what they make of it.
 * @returns milliseconds since the epoch, give or take a day
 * @throws RangeError for another form
 */
export function parseBuildTime(text: string): number {
  const [, month = "", ...rest] = FORM.exec(text) ?? [];
  const [day = 0, year = 0, hour = 0, minute = 0, second = 0] = rest.map(Number);
  const index = MONTHS.indexOf(month);
  if (month === "" || index < 0) throw new RangeError(`"${text}" is no time of a build`);
  return Date.UTC(year, index / 3, day, hour, minute, second);
}
