/** What stands for something else: references, and white space that XML does not take as it is. */

import { decodeASCII, encodePoint } from "../utf8.js";
import { isCharacter } from "./characters.js";
import { malformed, restricted } from "./refusals.js";

/** Where the bytes stand: in character data, in a CDATA section, or in the value of an attribute. */
export type Place = "text" | "cdata" | "value";

/** Bytes between "&" and ";". Enough for every character, with some zeros to spare. */
export const REFERENCE_BYTES = 32;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const AMP = 0x26;
const SEMICOLON = 0x3b;

/** Between "&" and ";" of a reference to an entity (XML 1.0 production 68). */
const ENTITY = /^[A-Za-z_:\x80-\xff][\w:.\x80-\xff-]*$/;

/** The same of a reference to a character (production 66). */
const CHARACTER = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/;

/**
 * Puts what is meant in the place of what is written: for references (XML 1.0 4.1), line ends (2.11), and
 * white space in attribute values (3.3.3). It is never longer, so it is written over it.
 * @returns the position behind the result
 */
export function resolve(bytes: Uint8Array, start: number, end: number, place: Place): number {
  const lineEnd = place === "value" ? SPACE : LF;
  let to = start;
  for (let at = start; at < end; ) {
    const byte = bytes[at] as number;
    if (byte === AMP && place !== "cdata") {
      const semicolon = bytes.indexOf(SEMICOLON, at);
      if (semicolon < 0 || semicolon >= end) throw notReference();
      to = encodePoint(characterOf(bytes, at + 1, semicolon), bytes, to);
      at = semicolon + 1;
    } else if (byte === CR) {
      bytes[to++] = lineEnd;
      at += at + 1 < end && bytes[at + 1] === LF ? 2 : 1;
    } else {
      bytes[to++] = byte < SPACE && place === "value" ? SPACE : byte;
      at++;
    }
  }
  return to;
}

/** The code point that the reference between "&" and ";" stands for. */
export function characterOf(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > REFERENCE_BYTES) throw notReference();
  const reference = decodeASCII(bytes, start, end);
  switch (reference) {
    case "lt":
      return 0x3c;
    case "gt":
      return 0x3e;
    case "amp":
      return AMP;
    case "apos":
      return 0x27;
    case "quot":
      return 0x22;
  }
  const match = CHARACTER.exec(reference);
  if (match === null)
    throw ENTITY.test(reference) ? restricted(`the entity &${reference};`) : notReference();
  const hexadecimal = match[1];
  const point = hexadecimal === undefined ? Number(match[2]) : Number.parseInt(hexadecimal, 16);
  if (!isCharacter(point)) throw malformed(`&${reference}; is no character that XML allows`);
  return point;
}

export function notReference(): Error {
  return malformed('there is an "&" that begins no reference');
}
