/**
 * UTF-8 (RFC 3629). XS has it built in; for other engines it is here in plain ES2022.
 *
 * XS indexes strings by code point and V8 by UTF-16 unit, so strings are only ever walked with `for … of`, which
 * means code points in both.
 */

/** What XS adds to the language: its strings are UTF-8 inside. */
const native = ArrayBuffer as { fromString?(text: string): ArrayBuffer };

/** How many bytes `text` takes in UTF-8. */
export function byteLength(text: string): number {
  let length = 0;
  for (const character of text) length += width(character.codePointAt(0) as number);
  return length;
}

function width(point: number): number {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/** Encodes a string. A lone surrogate becomes U+FFFD, as in TextEncoder. */
export function encode(text: string): Uint8Array {
  if (native.fromString !== undefined) {
    const bytes = new Uint8Array(native.fromString(text));
    // It writes U+0000 as C0 80, and surrogates, which begin with ED, as they are.
    if (!bytes.includes(0xc0) && !bytes.includes(0xed)) return bytes;
  }
  const bytes = new Uint8Array(byteLength(text));
  let at = 0;
  for (const character of text) at = encodePoint(character.codePointAt(0) as number, bytes, at);
  return bytes;
}

/** Writes one code point into `bytes` at `at`, and returns the position behind it. */
export function encodePoint(point: number, bytes: Uint8Array, at: number): number {
  const lone = point >= 0xd800 && point <= 0xdfff;
  const p = lone ? 0xfffd : point;
  if (p < 0x80) {
    bytes[at++] = p;
  } else if (p < 0x800) {
    bytes[at++] = 0xc0 | (p >> 6);
    bytes[at++] = 0x80 | (p & 0x3f);
  } else if (p < 0x10000) {
    bytes[at++] = 0xe0 | (p >> 12);
    bytes[at++] = 0x80 | ((p >> 6) & 0x3f);
    bytes[at++] = 0x80 | (p & 0x3f);
  } else {
    bytes[at++] = 0xf0 | (p >> 18);
    bytes[at++] = 0x80 | ((p >> 12) & 0x3f);
    bytes[at++] = 0x80 | ((p >> 6) & 0x3f);
    bytes[at++] = 0x80 | (p & 0x3f);
  }
  return at;
}

/**
 * Longer stretches are decoded in halves: XS copies both strings to put them together, so that adding piece
 * after piece would take time that grows with the square of the length.
 */
const PIECE_BYTES = 256;

/**
 * Decodes bytes that are known to be valid UTF-8 (the tokenizer has checked them) or for which nothing
 * hangs on it. Malformed bytes give wrong characters, never an error.
 */
export function decode(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (end - start > PIECE_BYTES) {
    let middle = (start + end) >> 1;
    while (middle < end && ((bytes[middle] as number) & 0xc0) === 0x80) middle++;
    if (middle < end) return decode(bytes, start, middle) + decode(bytes, middle, end);
  }
  let text = "";
  let at = start;
  while (at < end) {
    let run = at;
    while (run < end && (bytes[run] as number) < 0x80) run++;
    if (run > at) {
      text += decodeASCII(bytes, at, run);
      at = run;
      continue;
    }
    const lead = bytes[at++] as number;
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    let point = lead & (0x3f >> more);
    for (let i = 0; i < more; i++) point = (point << 6) | ((bytes[at++] ?? 0) & 0x3f);
    text += String.fromCodePoint(point > 0x10ffff ? 0xfffd : point);
  }
  return text;
}

/**
 * Decodes bytes that are all below 0x80. Much of the time of reading goes into this. On V8, a call with bytes
 * as arguments is several times faster than one with a list of them, and on XS it needs no list.
 */
export function decodeASCII(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > PIECE_BYTES) {
    const middle = (start + end) >> 1;
    return decodeASCII(bytes, start, middle) + decodeASCII(bytes, middle, end);
  }
  // The bytes are there, so none of them is undefined.
  const characters = String.fromCharCode as (...bytes: (number | undefined)[]) => string;
  let text = "";
  let i = start;
  for (; i + 16 <= end; i += 16)
    text += characters(
      bytes[i],
      bytes[i + 1],
      bytes[i + 2],
      bytes[i + 3],
      bytes[i + 4],
      bytes[i + 5],
      bytes[i + 6],
      bytes[i + 7],
      bytes[i + 8],
      bytes[i + 9],
      bytes[i + 10],
      bytes[i + 11],
      bytes[i + 12],
      bytes[i + 13],
      bytes[i + 14],
      bytes[i + 15],
    );
  if (i + 8 <= end) {
    text += characters(
      bytes[i],
      bytes[i + 1],
      bytes[i + 2],
      bytes[i + 3],
      bytes[i + 4],
      bytes[i + 5],
      bytes[i + 6],
      bytes[i + 7],
    );
    i += 8;
  }
  switch (end - i) {
    case 1:
      return text + characters(bytes[i]);
    case 2:
      return text + characters(bytes[i], bytes[i + 1]);
    case 3:
      return text + characters(bytes[i], bytes[i + 1], bytes[i + 2]);
    case 4:
      return text + characters(bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]);
    case 5:
      return text + characters(bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3], bytes[i + 4]);
    case 6:
      return (
        text +
        characters(bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3], bytes[i + 4], bytes[i + 5])
      );
    case 7:
      return (
        text +
        characters(
          bytes[i],
          bytes[i + 1],
          bytes[i + 2],
          bytes[i + 3],
          bytes[i + 4],
          bytes[i + 5],
          bytes[i + 6],
        )
      );
    default:
      return text;
  }
}
