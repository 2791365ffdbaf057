/** Entries that are to be delivered at most once. They are in RAM only, and the oldest makes room. */

import type { Content, Entry } from "./entry.js";
import { entryId } from "./entry-id.js";
import { EPOCH_LENGTH } from "./segment.js";

interface Waiting {
  readonly id: string;
  readonly content: Content;
  readonly size: number;
}

export class VolatileQueue {
  readonly #random: (count: number) => Uint8Array;
  /** Drawn when it is needed: most devices have nothing to deliver at most once. */
  #epoch: Uint8Array | undefined;
  readonly #capacity: number;
  readonly #waiting: Waiting[] = [];
  /** What was given out last. */
  #taken: Waiting | undefined;
  #size = 0;
  #next = 0;

  /**
   * @param random draws an epoch of their own: a gap in their numbers must not look like one in the others'
   * @param capacity in bytes
   */
  constructor(random: (count: number) => Uint8Array, capacity: number) {
    this.#random = random;
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /**
   * @param size what it counts for, in bytes
   * @param onLost called for each entry that has to make room
   * @returns the id of the entry
   */
  add({ node, time, payload }: Content, size: number, onLost: () => void): string {
    while (this.#waiting.length > 0 && this.#size + size > this.#capacity) {
      this.#shift();
      onLost();
    }
    this.#epoch ??= this.#random(EPOCH_LENGTH);
    const id = entryId(this.#epoch, this.#next++);
    this.#waiting.push({ id, content: { node, time, payload: payload.slice() }, size });
    this.#size += size;
    return id;
  }

  /** Gives out the oldest, and forgets it when the next one is given out. */
  take(): Entry | undefined {
    const waiting = this.#shift();
    this.#taken = waiting;
    return waiting && { id: waiting.id, ...waiting.content, attempts: 1 };
  }

  /** Whether the id is of an entry of this queue. */
  made(id: string): boolean {
    return this.#epoch !== undefined && id.startsWith(entryId(this.#epoch, 0).slice(0, -2));
  }

  /** What was given out last could not even be sent. Any other id is ignored. */
  putBack(id: string): void {
    if (this.#taken?.id !== id) return;
    this.#waiting.unshift(this.#taken);
    this.#size += this.#taken.size;
    this.#taken = undefined;
  }

  #shift(): Waiting | undefined {
    const waiting = this.#waiting.shift();
    this.#size -= waiting?.size ?? 0;
    return waiting;
  }
}
