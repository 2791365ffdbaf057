/** As much of DER (ITU-T X.690) as certificates need. Values are whole: tag, length and content. */

const CONSTRUCTED = 0x20;
const CONTEXT = 0x80;

function value(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag, ...length(body.length)), body]);
}

function length(count: number): number[] {
  if (count < 0x80) return [count];
  const bytes = digits(count, 256);
  return [0x80 | bytes.length, ...bytes];
}

/** The digits of a whole number in any base, the highest first. */
function digits(number: number, base: number): number[] {
  const found = [number % base];
  for (let rest = Math.floor(number / base); rest > 0; rest = Math.floor(rest / base))
    found.unshift(rest % base);
  return found;
}

export const boolean = (is: boolean): Buffer => value(0x01, Buffer.of(is ? 0xff : 0));

/** @param bytes the number in two's complement, in as few bytes as it takes */
export const integer = (bytes: Uint8Array): Buffer => value(0x02, bytes);

/** @param unused how many bits at the end do not count */
export const bitString = (bytes: Uint8Array, unused = 0): Buffer =>
  value(0x03, Buffer.of(unused), bytes);

export const octetString = (bytes: Uint8Array): Buffer => value(0x04, bytes);

export const nothing = (): Buffer => value(0x05);

/** @param dotted the identifier as people write it, such as `2.5.29.17` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  // Seven bits to a byte; all but the last byte of a number have the top bit set (X.690 8.19.2).
  const bytes = [first * 40 + second, ...rest].flatMap((number) =>
    digits(number, 128).map((digit, i, all) => (i + 1 < all.length ? 0x80 | digit : digit)),
  );
  return value(0x06, Uint8Array.from(bytes));
}

export const utf8String = (text: string): Buffer => value(0x0c, Buffer.from(text));

/** A time to the second, with a two-digit year up to 2049, as certificates have it (RFC 5280 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+|[-:T]/g, "");
  return date.getUTCFullYear() < 2050
    ? value(0x17, Buffer.from(digits.slice(2)))
    : value(0x18, Buffer.from(digits));
}

export const sequence = (...items: Uint8Array[]): Buffer => value(0x30, ...items);

/** A SET OF one value: several would have to be sorted. */
export const setOf = (item: Uint8Array): Buffer => value(0x31, item);

/** `[number]` around other values: EXPLICIT, or IMPLICIT in place of a SEQUENCE. */
export const tagged = (number: number, ...items: Uint8Array[]): Buffer =>
  value(CONTEXT | CONSTRUCTED | number, ...items);

/** `[number] IMPLICIT` in place of a string. */
export const taggedBytes = (number: number, bytes: Uint8Array): Buffer =>
  value(CONTEXT | number, bytes);

/** What is inside a value. */
export function content(der: Buffer): Buffer {
  const { start, end } = extent(der);
  return der.subarray(start, end);
}

/** The values inside a value. */
export function items(der: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let rest = content(der); rest.length > 0; ) {
    const { end } = extent(rest);
    found.push(rest.subarray(0, end));
    rest = rest.subarray(end);
  }
  return found;
}

/** Where the content of the value at the start of `der` begins and ends. */
function extent(der: Buffer): { start: number; end: number } {
  const first = der.readUInt8(1);
  if (first < 0x80) return { start: 2, end: 2 + first };
  const start = 2 + (first & 0x7f);
  return { start, end: start + der.readUIntBE(2, first & 0x7f) };
}
