/** Choices that a seed repeats. */

import { Random } from "../../firmware/sensors/random.js";

export class Dice {
  readonly #random: Random;

  /** @param seed any number; its lower 32 bits count */
  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** From 0 up to but not including 1. */
  next(): number {
    return this.#random.next();
  }

  /** A whole number from `least` up to and including `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<Item>(list: readonly Item[]): Item {
    return list[this.between(0, list.length - 1)] as Item;
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.between(1, n) === 1;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = this.between(0, 255);
    return bytes;
  }

  /** Dice of their own, so that what is thrown with them changes nothing for the others. */
  split(): Dice {
    return new Dice(this.between(0, 0xffff_ffff));
  }
}
