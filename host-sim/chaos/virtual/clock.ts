import type { Timer, TimerHandle } from "../../../firmware/io.js";

interface Entry {
  readonly at: number;
  readonly callback: () => void;
  readonly isTimer: boolean;
}

/** A clock that moves only when it is told to, and timers by it. */
export class VirtualClock implements Timer {
  #now = Date.UTC(2026, 0, 1);
  /** In the order in which they are due. */
  readonly #entries: Entry[] = [];

  set(callback: () => void, delay: number): TimerHandle {
    if (!Number.isInteger(delay) || delay < 0) throw new RangeError(`a delay of ${delay} ms`);
    return this.#add({ at: this.#now + delay, callback, isTimer: true });
  }

  clear(handle: TimerHandle | undefined): void {
    const index = this.#entries.indexOf(handle as Entry);
    if (index >= 0) this.#entries.splice(index, 1);
  }

  now(): number {
    return this.#now;
  }

  /** What the world around the device does later; it does not count as a timer of the device's. */
  later(delay: number, callback: () => void): void {
    this.#add({ at: this.#now + delay, callback, isTimer: false });
  }

  /** How many timers the device has set. */
  get timers(): number {
    return this.#entries.filter((entry) => entry.isTimer).length;
  }

  /** Goes on to what is due next, and does it. @returns whether there was anything */
  step(): boolean {
    const entry = this.#entries.shift();
    if (entry === undefined) return false;
    this.#now = entry.at;
    entry.callback();
    return true;
  }

  /** Lets time pass. With 0, only what is due now happens, and what that brings about at once. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    while ((this.#entries[0]?.at ?? Number.POSITIVE_INFINITY) <= end) this.step();
    this.#now = end;
  }

  #add(entry: Entry): Entry {
    let index = this.#entries.length;
    while (index > 0 && (this.#entries[index - 1] as Entry).at > entry.at) index--;
    this.#entries.splice(index, 0, entry);
    return entry;
  }
}
