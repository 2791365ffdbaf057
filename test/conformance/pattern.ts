/** The bytes that go to and fro. */

/** `length` bytes of a pattern from `offset` on. No two neighbouring kilobytes of it are alike. */
export function bytes(length: number, offset = 0): Uint8Array<ArrayBuffer> {
  const pattern = new Uint8Array(length);
  for (let i = 0, at = offset; i < length; i++, at++) {
    pattern[i] = at * 31 + (at >> 10);
  }
  return pattern;
}
