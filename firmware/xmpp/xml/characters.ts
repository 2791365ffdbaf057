/** The character classes of XML 1.0 (5th edition). */

/** Whether XML may contain the code point at all (production 2, Char). */
export function isCharacter(point: number): boolean {
  return (
    (point >= 0x20 && point < 0xd800) ||
    (point >= 0xe000 && point <= 0xfffd) ||
    (point >= 0x10000 && point <= 0x10ffff) ||
    point === 0x9 ||
    point === 0xa ||
    point === 0xd
  );
}

/** Whether the byte is a NameChar (production 4a) within ASCII, the colon included. */
export function isNameByte(byte: number): boolean {
  return isNameStartByte(byte) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e;
}

/** Whether the byte is a NameStartChar (production 4) within ASCII, the colon included. */
export function isNameStartByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x5f ||
    byte === 0x3a
  );
}

/** Whether `name` is an NCName of Namespaces in XML 1.0: a name without a colon. */
export function isNCName(name: string): boolean {
  let first = true;
  for (const character of name) {
    const point = character.codePointAt(0) as number;
    const fits = point < 0x80 ? isASCIIName(point, first) : isWideName(point, first);
    if (!fits) return false;
    first = false;
  }
  return !first;
}

function isASCIIName(point: number, first: boolean): boolean {
  return point !== 0x3a && (first ? isNameStartByte(point) : isNameByte(point));
}

function isWideName(point: number, first: boolean): boolean {
  if (!first && (point === 0xb7 || (point >= 0x300 && point <= 0x36f))) return true;
  if (!first && (point === 0x203f || point === 0x2040)) return true;
  return (
    (point >= 0xc0 && point <= 0x2ff && point !== 0xd7 && point !== 0xf7) ||
    (point >= 0x370 && point <= 0x1fff && point !== 0x37e) ||
    point === 0x200c ||
    point === 0x200d ||
    (point >= 0x2070 && point <= 0x218f) ||
    (point >= 0x2c00 && point <= 0x2fef) ||
    (point >= 0x3001 && point <= 0xd7ff) ||
    (point >= 0xf900 && point <= 0xfdcf) ||
    (point >= 0xfdf0 && point <= 0xfffd) ||
    (point >= 0x10000 && point <= 0xeffff)
  );
}
