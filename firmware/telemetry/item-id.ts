/** Ids of pub/sub items: made once for each reading, never used again. */

/** Each character of the prefix carries 5 bits; 16 of them make 80. */
const PREFIX_LENGTH = 16;

/**
 * Makes item ids such as `k3v09q4d2m8s7f1a-10`: a prefix drawn at random on each boot, and a counter.
 *
 * A publish that is repeated under its old id overwrites itself, and subscribers drop the repeat by that
 * id (XEP-0060 7.1.2). So one id for two readings would lose a reading. That cannot happen:
 *
 * - within a boot, because the counter only goes up. It is exact up to 2^53, further than any device gets;
 * - across boots and devices, without storage, because each boot draws 80 random bits. Among 10,000 boots
 *   that publish to one node, the chance that any two share a prefix is below 1 in 10^16.
 *
 * Both rest on `random` being unpredictable from the first call on: a generator that starts the same on
 * every boot repeats the ids of the boot before. A sequence that outlives the boot will come with the
 * durable queue, which has the storage for it.
 *
 * Within a boot, ids sort in the order of making, by plain comparison of strings: the counter is preceded
 * by its own length (`10`, `11`, … `1v`, `210`). All characters are digits, lower-case letters and `-`:
 * safe in XML, in file names, and where case is not kept.
 */
export class ItemIds {
  readonly #prefix: string;
  #count = 0;

  /** @param random gives `count` bytes that nobody can predict, as `Crypto.random` does */
  constructor(random: (count: number) => Uint8Array) {
    let prefix = "";
    for (const byte of random(PREFIX_LENGTH)) prefix += (byte & 31).toString(32);
    this.#prefix = prefix;
  }

  /** A new id, greater than all before it. */
  next(): string {
    const counter = (this.#count++).toString(32);
    return `${this.#prefix}-${counter.length.toString(32)}${counter}`;
  }
}
