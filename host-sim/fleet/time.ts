/** Times and shares as fleet files have them: `10s`, `1.5h`, `20%`. The schema has seen to their form. */

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds, rounded to whole ones; negative for `-2h`. */
export function milliseconds(text: string): number {
  const unit = /[a-z]+$/.exec(text)?.[0] ?? "";
  return Math.round(Number.parseFloat(text) * (UNITS[unit] ?? Number.NaN));
}

/** From 0 to 1. */
export function share(text: string): number {
  return Number.parseFloat(text) / 100;
}
