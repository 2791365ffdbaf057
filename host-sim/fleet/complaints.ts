/** What goes wrong with devices, told so that a thousand of them with the same trouble do not fill the screen. */

import type { XmppError } from "../../firmware/xmpp/errors.js";

/** Devices whose trouble of a kind is told of. Of the others there is a count. */
const TOLD = 5;

/** Kinds of trouble that are told apart: servers may make up their own. */
const KINDS = 50;

export class Complaints {
  /** By condition: the devices that had it. */
  readonly #devices = new Map<string, Set<string>>();
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** @param words the error for people */
  add(device: string, error: XmppError, words: string): void {
    const isKnown = this.#devices.has(error.condition) || this.#devices.size < KINDS;
    const condition = isKnown ? error.condition : "other";
    const devices = this.#devices.get(condition) ?? new Set();
    this.#devices.set(condition, devices);
    const isNew = !devices.has(device);
    devices.add(device);
    if (devices.size <= TOLD) this.#say(`${device}: ${words}`);
    else if (isNew && devices.size === TOLD + 1)
      this.#say(`more devices: ${condition}; from here on they are counted`);
  }

  /** How many devices had which trouble. */
  get counts(): Record<string, number> {
    return Object.fromEntries([...this.#devices].map(([name, { size }]) => [name, size]));
  }
}
