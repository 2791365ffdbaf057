/** Random numbers for simulations: repeatable, and never to be used for anything secret. */

/** Odd, so that multiples of it visit every 32-bit number once. */
const STEP = 0x6d2b79f5;

/**
 * The generator mulberry32 (Tommy Ettinger, 2017). It is a counter and a hash of it, so any number of the
 * sequence can be had without those before it. Integer arithmetic only: the same on every engine.
 */
export class Random {
  readonly #seed: number;
  #count = 0;

  /** @param seed any number; its lower 32 bits count */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The next number, from 0 up to but not including 1. */
  next(): number {
    return this.at(this.#count++);
  }

  /** The number that stands at `index` (an integer; its lower 32 bits count) of the sequence. */
  at(index: number): number {
    let hash = (this.#seed + Math.imul(index + 1, STEP)) | 0;
    hash = Math.imul(hash ^ (hash >>> 15), hash | 1);
    hash ^= hash + Math.imul(hash ^ (hash >>> 7), hash | 61);
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
  }
}
