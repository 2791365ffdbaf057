/** The real firmware at the other end of a serial line, in a world whose time passes some forty times as fast. */

import type { SettingsTexts } from "../../../firmware/board/settings.js";
import { Rig } from "../../board/support.js";
import type { Peer } from "./memory-line.js";

/** Of the board's time in each millisecond. */
const SPEED = 40;

export class FastBoard implements Peer {
  readonly rig: Rig;
  onSend: (bytes: Uint8Array) => void = () => {};
  /** May change, lose or add to what the board sends. */
  disturb: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  /** The same for what it is sent. */
  disturbInput: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  readonly #ticks: NodeJS.Timeout;
  #seen = 0;

  constructor(texts?: SettingsTexts) {
    this.rig = new Rig(texts).on();
    this.#ticks = setInterval(() => {
      this.rig.clock.advance(SPEED);
      this.#flush();
    }, 1);
  }

  receive(bytes: Uint8Array): void {
    this.rig.board.send(this.disturbInput(bytes));
    this.#flush();
  }

  stop(): void {
    clearInterval(this.#ticks);
  }

  #flush(): void {
    const { serial } = this.rig;
    if (serial.length === this.#seen) return;
    const bytes = Buffer.from(serial.slice(this.#seen), "latin1");
    this.#seen = serial.length;
    this.onSend(this.disturb(bytes));
  }
}
