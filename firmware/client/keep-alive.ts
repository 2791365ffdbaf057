/**
 * Notices a peer that is gone without a word. TCP does not: a server that lost its power, or a NAT that
 * forgot the connection, looks like one that has nothing to say.
 */

import type { Timer, TimerHandle } from "../io.js";

/** Milliseconds. */
export interface KeepAliveOptions {
  /** After this much silence the peer is asked for a sign of life. It is told between once and twice this. */
  readonly interval: number;
  /** How long it may take to answer: well above the ten seconds for which servers throttle. */
  readonly timeout: number;
}

export const KEEP_ALIVE: KeepAliveOptions = Object.freeze({ interval: 60_000, timeout: 30_000 });

export class KeepAlive {
  readonly #interval: number;
  readonly #timer: Timer;
  readonly #ask: () => void;
  #handle: TimerHandle | undefined;
  #heard = false;

  /** @param ask asks the peer for a sign of life */
  constructor(interval: number, timer: Timer, ask: () => void) {
    this.#interval = interval;
    this.#timer = timer;
    this.#ask = ask;
    this.#arm();
  }

  /** Something came from the peer. Cheap, because it is called for every piece of input. */
  heard(): void {
    this.#heard = true;
  }

  stop(): void {
    this.#timer.clear(this.#handle);
  }

  #arm(): void {
    this.#heard = false;
    this.#handle = this.#timer.set(() => {
      const silent = !this.#heard;
      this.#arm();
      if (silent) this.#ask();
    }, this.#interval);
  }
}
