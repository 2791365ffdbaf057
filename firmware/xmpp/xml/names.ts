/**
 * A cache of strings that come again and again: element and attribute names, and namespaces.
 *
 * An XMPP stream says the same few dozen names over and over; with this, reading one allocates nothing.
 * Its size is fixed, so a peer that invents names only makes it less useful. Many streams may share one.
 */

import { decodeASCII } from "../utf8.js";

/** Strings are kept in pairs: of two that fall on the same place, none displaces the other. */
const PAIR_BITS = 6;

/** Longer ones are not kept. The longest namespaces in use have some 50 bytes. */
const KEPT_BYTES = 64;

export class Names {
  readonly #slots: string[] = [];

  /** The string for ASCII bytes. */
  get(bytes: Uint8Array, start: number, end: number): string {
    if (end === start || end - start > KEPT_BYTES) return decodeASCII(bytes, start, end);
    const slot = 2 * pairOf(bytes, start, end);
    const newer = this.#slots[slot];
    if (newer !== undefined && isSpelled(newer, bytes, start, end)) return newer;
    const older = this.#slots[slot + 1];
    if (older !== undefined && isSpelled(older, bytes, start, end)) return older;
    const text = decodeASCII(bytes, start, end);
    this.#slots[slot] = text;
    if (newer !== undefined) this.#slots[slot + 1] = newer;
    return text;
  }
}

/** Three bytes and the length tell names in use apart well enough. */
function pairOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const first = bytes[start] as number;
  const middle = bytes[start + (length >> 1)] as number;
  const last = bytes[end - 1] as number;
  const key = (length << 24) ^ (first << 16) ^ (middle << 8) ^ last;
  return Math.imul(key, 0x9e3779b1) >>> (32 - PAIR_BITS); // Knuth's multiplicative hashing
}

/** Whether `text` is ASCII, and spelled by the bytes from `start` to `end`. */
export function isSpelled(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte > 0x7f || byte !== text.charCodeAt(i - start)) return false;
  }
  return true;
}
