/**
 * How fast items may go. After an outage of the server every device of a fleet has a backlog, and if they all
 * sent it at once, the server would be down again.
 */

import type { Timer, TimerHandle } from "../io.js";

export interface PaceOptions {
  /** How many items may be on their way at a time, 1 or more. */
  readonly window: number;
  /** How many items of a backlog may go in a second, on average; more than 0. */
  readonly catchUp: number;
}

/**
 * Two items of 500 bytes in a second stay below the 3,000 bytes a second to which ejabberd, as it is installed,
 * slows down a client.
 */
export const PACE: PaceOptions = Object.freeze({ window: 4, catchUp: 2 });

/** The first wait after a refusal, in milliseconds; each further one is twice as long, up to the limit. */
const FIRST_WAIT = 30_000;
const WAIT_LIMIT = 600_000;

/**
 * Gives out permits, of which each item needs one. Every new item brings its own, and a clock adds `catchUp`
 * each second. So a device that has caught up sends each item at once; one that has not sends the oldest
 * instead, and its backlog shrinks at that rate, however fast new items come.
 *
 * Permits that nobody needs are kept, as many as fit the window, and no more: there is none to be had for the
 * time of an outage. All times are drawn from half to one and a half of what they should be, so that a fleet
 * that lost its server in one moment does not go on in step.
 */
export class Pace {
  readonly #options: PaceOptions;
  readonly #timer: Timer;
  readonly #random: () => number;
  readonly #onPermit: () => void;
  #permits: number;
  #refill: TimerHandle | undefined;
  #wait: TimerHandle | undefined;
  #waits = 0;

  /**
   * @param random gives numbers from 0 up to, not including, 1
   * @param onPermit an item may go, after `mayGo` said no
   */
  constructor(options: PaceOptions, timer: Timer, random: () => number, onPermit: () => void) {
    this.#options = options;
    this.#timer = timer;
    this.#random = random;
    this.#onPermit = onPermit;
    this.#permits = options.window;
  }

  get mayGo(): boolean {
    return this.#permits > 0 && this.#wait === undefined;
  }

  /** An item goes. */
  spend(): void {
    this.#permits--;
    this.#arm();
  }

  /** There is one more item. */
  add(): void {
    this.#permits = Math.min(this.#permits + 1, this.#options.window);
  }

  /**
   * The service refuses items for now: nothing goes for a while.
   * @returns whether that is news: those on their way will be refused as well
   */
  hold(): boolean {
    if (this.#wait !== undefined) return false;
    const wait = Math.min(FIRST_WAIT * 2 ** this.#waits++, WAIT_LIMIT);
    this.#wait = this.#after(wait, () => {
      this.#wait = undefined;
      this.#onPermit();
    });
    return true;
  }

  /** The service takes items. */
  release(): void {
    this.#waits = 0;
  }

  stop(): void {
    this.#timer.clear(this.#refill);
    this.#timer.clear(this.#wait);
  }

  #arm(): void {
    this.#refill ??= this.#after(1000 / this.#options.catchUp, () => {
      this.#refill = undefined;
      this.add();
      if (this.#permits < this.#options.window) this.#arm();
      this.#onPermit();
    });
  }

  #after(delay: number, callback: () => void): TimerHandle {
    return this.#timer.set(callback, Math.round(delay * (0.5 + this.#random())));
  }
}
