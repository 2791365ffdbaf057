/**
 * Whether the firmware gets anywhere. An event loop that turns is not enough: the watchdog is fed only while
 * everything that is to happen again and again does so.
 */

import type { Timer, TimerHandle } from "../io.js";

/** How often the watchdog is fed, in milliseconds: some times within the minute that it waits. */
const INTERVAL = 10_000;

interface Duty {
  readonly limit: number;
  since: number;
}

export interface ProgressOptions {
  readonly timer: Timer;
  /** Milliseconds since the start. The clock will not do: it jumps when it is set. */
  readonly uptime: () => number;
  readonly feed: () => void;
  /** Something has not happened for too long. The watchdog goes hungry from now on. */
  readonly onStuck: (duty: string) => void;
}

export class Progress {
  readonly #options: ProgressOptions;
  readonly #duties = new Map<string, Duty>();
  #handle: TimerHandle | undefined;
  #isStuck = false;

  /** Feeds the watchdog from now on. */
  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#check();
  }

  /** Something that is to happen at least once in `limit` milliseconds, from now on. */
  expect(duty: string, limit: number): void {
    this.#duties.set(duty, { limit, since: this.#options.uptime() });
  }

  /** It has happened. What is not expected is ignored. */
  happened(name: string): void {
    const duty = this.#duties.get(name);
    if (duty !== undefined) duty.since = this.#options.uptime();
  }

  /** It need not happen any more. */
  forget(duty: string): void {
    this.#duties.delete(duty);
  }

  close(): void {
    this.#options.timer.clear(this.#handle);
  }

  #check(): void {
    const { timer, uptime, feed, onStuck } = this.#options;
    this.#handle = timer.set(() => this.#check(), INTERVAL);
    for (const [name, { limit, since }] of this.#duties)
      if (uptime() - since > limit) {
        if (!this.#isStuck) onStuck(name);
        this.#isStuck = true;
      }
    if (!this.#isStuck) feed();
  }
}
