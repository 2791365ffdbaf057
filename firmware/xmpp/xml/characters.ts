/** The character classes of XML 1.0 (5th edition). */

import { malformed } from "./refusals.js";

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

/** Whether the byte is a NameChar (production 4a) within ASCII, apart from the colon. */
export function isNameByte(byte: number): boolean {
  return isNameStartByte(byte) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e;
}

/** Whether the byte is a NameStartChar (production 4) within ASCII, apart from the colon. */
export function isNameStartByte(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f;
}

/** Whether `name` is an NCName of Namespaces in XML 1.0: a name without a colon. */
export function isNCName(name: string): boolean {
  let first = true;
  for (const character of name) {
    const point = character.codePointAt(0) as number;
    if (!(first ? isNameStart(point) : isName(point))) return false;
    first = false;
  }
  return !first;
}

function isNameStart(point: number): boolean {
  if (point < 0x80) return isNameStartByte(point);
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

function isName(point: number): boolean {
  if (point < 0x80) return isNameByte(point);
  return (
    isNameStart(point) ||
    point === 0xb7 ||
    (point >= 0x300 && point <= 0x36f) ||
    point === 0x203f ||
    point === 0x2040
  );
}

/**
 * Checks characters beyond ASCII, which input may cut: the form of their UTF-8 (RFC 3629 section 4), and
 * whether XML may contain them.
 */
export class MultibyteCheck {
  /** Of the present sequence: bytes still to come, the bounds of the next one, the code point so far. */
  #need = 0;
  #low = 0x80;
  #high = 0xbf;
  #point = 0;

  /** Whether a sequence has begun and not ended. */
  get pending(): boolean {
    return this.#need > 0;
  }

  /** Forgets the sequence that has begun. */
  reset(): void {
    this.#need = 0;
  }

  /**
   * Reads on from `start`.
   * @returns the position of the first byte of ASCII, or `end`
   * @throws StreamError `not-well-formed`
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      if (this.#need > 0) this.#follow(byte);
      else if (byte > 0x7f) this.#lead(byte);
      else break;
    }
    return at;
  }

  /** The bounds of the second byte shut out overlong forms, surrogates, and what is beyond U+10FFFF. */
  #lead(byte: number): void {
    if (byte < 0xc2 || byte > 0xf4) throw malformed("there are bytes that are not UTF-8");
    this.#need = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.#low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.#high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    this.#point = byte & (0x3f >> this.#need);
  }

  #follow(byte: number): void {
    if (byte < this.#low || byte > this.#high)
      throw malformed("there are bytes that are not UTF-8");
    this.#low = 0x80;
    this.#high = 0xbf;
    this.#point = (this.#point << 6) | (byte & 0x3f);
    if (--this.#need === 0 && !isCharacter(this.#point))
      throw malformed("there is a character that XML forbids");
  }
}
