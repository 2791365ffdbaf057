/** Checks of options that several constructors share. */

/** @throws TypeError when one of the callbacks is given, and is not a function */
export function checkCallbacks(callbacks: Readonly<Record<string, unknown>>): void {
  for (const [name, callback] of Object.entries(callbacks)) {
    if (callback !== undefined && typeof callback !== "function") {
      throw new TypeError(`${name} must be a function`);
    }
  }
}

/** @throws RangeError when `port` is not from 1 to 65535 */
export function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`port ${port} is not from 1 to 65535`);
  }
}
