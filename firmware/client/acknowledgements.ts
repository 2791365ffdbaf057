/**
 * When to ask the server what it has (XEP-0198 section 4), and what it means if it does not say.
 *
 * Other traffic does not count as an answer: a connection can be deaf in one direction.
 */

import type { Timer, TimerHandle } from "../io.js";

/** Ask after so many stanzas, or so many milliseconds after the first of fewer. */
const STANZAS = 5;
const DELAY = 2_000;

export class Acknowledgements {
  readonly #timer: Timer;
  readonly #timeout: number;
  readonly #ask: () => void;
  readonly #onSilence: () => void;
  #unasked = 0;
  #delay: TimerHandle | undefined;
  #deadline: TimerHandle | undefined;

  /**
   * @param timeout milliseconds that the server has to answer
   * @param ask asks it
   * @param onSilence it did not answer
   */
  constructor(timer: Timer, timeout: number, ask: () => void, onSilence: () => void) {
    this.#timer = timer;
    this.#timeout = timeout;
    this.#ask = ask;
    this.#onSilence = onSilence;
  }

  /** A stanza was sent. */
  sent(): void {
    this.#unasked++;
    if (this.#unasked >= STANZAS) this.request();
    else this.#delay ??= this.#timer.set(() => this.request(), DELAY);
  }

  /** Asks now, unless an answer is outstanding. */
  request(): void {
    this.#timer.clear(this.#delay);
    this.#delay = undefined;
    if (this.#deadline !== undefined) return;
    this.#unasked = 0;
    this.#deadline = this.#timer.set(() => this.#onSilence(), this.#timeout);
    this.#ask();
  }

  /** The server has answered. */
  answered(): void {
    this.#timer.clear(this.#deadline);
    this.#deadline = undefined;
    if (this.#unasked > 0) this.#delay ??= this.#timer.set(() => this.request(), DELAY);
  }

  stop(): void {
    this.#timer.clear(this.#delay);
    this.#timer.clear(this.#deadline);
  }
}
