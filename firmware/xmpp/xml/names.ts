/**
 * A cache of strings that come again and again: element and attribute names, and namespaces.
 *
 * An XMPP stream says the same few dozen names over and over; with this, reading one allocates nothing.
 * Its size is fixed, so a peer that invents names only makes it less useful. Many streams may share one.
 */

import { decodeASCII } from "../utf8.js";

const SLOTS = 128;

export class Names {
  readonly #slots: string[] = [];

  /** The hash of one byte more, beginning with 0; the reader of a name computes it on the way. */
  static hash(hash: number, byte: number): number {
    return (Math.imul(hash, 31) + byte) | 0;
  }

  /** The string for ASCII bytes, of which `hash` is the hash. */
  get(bytes: Uint8Array, start: number, end: number, hash: number): string {
    const slot = (hash ^ (hash >> 7)) & (SLOTS - 1);
    const known = this.#slots[slot];
    if (known !== undefined && matches(known, bytes, start, end)) return known;
    const text = decodeASCII(bytes, start, end);
    this.#slots[slot] = text;
    return text;
  }
}

function matches(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = start; i < end; i++) if (text.charCodeAt(i - start) !== bytes[i]) return false;
  return true;
}
