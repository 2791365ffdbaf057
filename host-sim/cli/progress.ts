/** How far something is: a bar on a terminal, lines elsewhere. */

import { Live } from "./live.js";

const WIDTH = 30;

/** Off a terminal, a line for each of so many parts. */
const PARTS = 4;

export class Progress {
  readonly #live: Live;
  #text = "";
  #share = 0;
  #told = 0;

  constructor() {
    this.#live = new Live(() => (this.#share === 0 ? this.#text : `${this.#bar} ${this.#text}`));
  }

  /** What is done now. */
  step(text: string): void {
    this.#text = text;
    if (this.#live.isDrawing) this.#live.changed();
    else console.log(text);
  }

  /** How much of all is done. */
  advance(done: number, total: number): void {
    this.#share = done / total;
    this.#live.changed();
    const part = Math.floor(this.#share * PARTS);
    if (this.#live.isDrawing || part === this.#told) return;
    this.#told = part;
    console.log(`${Math.floor(this.#share * 100)} %`);
  }

  end(): void {
    this.#live.end();
  }

  get #bar(): string {
    const full = Math.round(this.#share * WIDTH);
    const percent = String(Math.floor(this.#share * 100)).padStart(3);
    return `${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${percent} %`;
  }
}
