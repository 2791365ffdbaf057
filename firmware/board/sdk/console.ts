/** The serial line of an ESP32, in the form of `hardware.ts`. */

import SdkTimer from "timer";
import type { Bytes } from "../../io.js";
import type { Serial } from "../hardware.js";
import { openConsole, readConsole, writeConsole } from "./native.js";

/** How often it is looked at, in milliseconds: nothing calls us when something comes. */
const INTERVAL = 20;

export class Console implements Serial {
  readonly #timer: ReturnType<typeof SdkTimer.repeat>;
  #waiting: ArrayBuffer | undefined;

  constructor(options: { onReadable: () => void }) {
    openConsole();
    this.#timer = SdkTimer.repeat(() => {
      for (let bytes = readConsole(); bytes !== undefined; bytes = readConsole()) {
        this.#waiting = bytes;
        options.onReadable();
      }
    }, INTERVAL);
  }

  read(): ArrayBuffer | undefined {
    const bytes = this.#waiting;
    this.#waiting = undefined;
    return bytes;
  }

  write(data: Bytes): void {
    writeConsole(data);
  }

  close(): void {
    SdkTimer.clear(this.#timer);
  }
}
