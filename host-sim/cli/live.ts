/** A part of the terminal that changes in place, with lines that stay above it. */

import logUpdate from "log-update";
import { err } from "./colours.js";

/** Milliseconds between two drawings: often enough to look alive, seldom enough to cost nothing. */
const PERIOD = 100;

/**
 * Draws on a terminal. Where output goes to a file or a pipe nothing is drawn, and only the lines appear.
 */
export class Live {
  readonly #draw: (() => string) | undefined;
  #isEnded = false;
  #due: NodeJS.Timeout | undefined;

  /** @param draw gives the present picture; absent when there is none to draw */
  constructor(draw: (() => string) | undefined) {
    this.#draw = process.stdout.isTTY && process.env.TERM !== "dumb" ? draw : undefined;
  }

  /** Whether there is a terminal to draw on. */
  get isDrawing(): boolean {
    return this.#draw !== undefined;
  }

  /** There is something new to draw. */
  changed(): void {
    if (this.#draw === undefined || this.#due !== undefined) return;
    this.#due = setTimeout(() => {
      this.#due = undefined;
      logUpdate(this.#draw?.() ?? "");
    }, PERIOD);
  }

  /** Prints a line that stays. */
  say(line: string): void {
    if (this.#draw === undefined) return console.error(line);
    logUpdate.clear();
    console.error(err.yellow(line));
    logUpdate(this.#draw());
  }

  /** Leaves the last picture standing. It may be called again. */
  end(): void {
    clearTimeout(this.#due);
    if (this.#draw === undefined || this.#isEnded) return;
    this.#isEnded = true;
    logUpdate(this.#draw());
    logUpdate.done();
  }
}
