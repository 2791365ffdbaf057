/** The status LED: what the board is at, for who stands beside it. */

import type { Timer, TimerHandle } from "../io.js";
import type { Output } from "./hardware.js";

/**
 * What the LED can say. Each is a list of milliseconds: on, off, on, off, over and over.
 * `docs/boards.md` has them for people.
 */
const PATTERNS = Object.freeze({
  /** Waits to be told its settings. */
  setup: Object.freeze([1_000, 1_000] as const),
  /** Looks for the Wi-Fi network: one flash. */
  wifi: Object.freeze([100, 900] as const),
  /** Asks for the time: two. */
  clock: Object.freeze([100, 200, 100, 600] as const),
  /** Connects to the server: three. */
  server: Object.freeze([100, 200, 100, 200, 100, 300] as const),
  /** All is well: a short flash now and then. */
  online: Object.freeze([30, 4_970] as const),
  /** A person has to mend something: mostly on. */
  stopped: Object.freeze([1_800, 200] as const),
  /** It crashed too often, and does nothing but wait for new settings. */
  safe: Object.freeze([100, 100] as const),
});

export type Pattern = keyof typeof PATTERNS;

export class Led {
  readonly #output: Output | undefined;
  readonly #timer: Timer;
  #pattern: Pattern | undefined;
  #handle: TimerHandle | undefined;

  /** @param output absent on a board without an LED */
  constructor(output: Output | undefined, timer: Timer) {
    this.#output = output;
    this.#timer = timer;
  }

  /** Shows a pattern, until another is to be shown. */
  show(pattern: Pattern): void {
    if (pattern === this.#pattern || this.#output === undefined) return;
    this.#timer.clear(this.#handle);
    this.#pattern = pattern;
    this.#step(this.#output, PATTERNS[pattern], 0);
  }

  off(): void {
    this.#timer.clear(this.#handle);
    this.#pattern = undefined;
    this.#output?.write(0);
  }

  #step(output: Output, times: readonly number[], index: number): void {
    output.write(index % 2 === 0 ? 1 : 0);
    const next = (index + 1) % times.length;
    this.#handle = this.#timer.set(() => this.#step(output, times, next), times[index] as number);
  }
}
