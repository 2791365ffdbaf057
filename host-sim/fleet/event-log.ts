/** Everything that happens to devices, as JSON lines in a file. */

import { closeSync, openSync, writeSync } from "node:fs";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import type { DeviceEvent, FleetDevice } from "./fleet-device.js";

/** Bytes that are gathered before they are written. */
const PIECE = 65_536;

/** Milliseconds after which they are written anyway. */
const PERIOD = 1_000;

export class EventLog {
  readonly #path: string;
  readonly #onTrouble: (error: Error) => void;
  #file: number | undefined;
  #text = "";
  readonly #timer: NodeJS.Timeout;

  /**
   * Adds to a file, which several processes may do: only whole lines are written.
   * @param onTrouble is told once when the file takes no more, as when the disk is full; the fleet goes on
   * @throws ConfigError `log` when it cannot be opened
   */
  constructor(path: string, onTrouble: (error: Error) => void) {
    this.#path = path;
    this.#onTrouble = onTrouble;
    try {
      this.#file = openSync(path, "a");
    } catch (error) {
      throw new ConfigError("log", `${path} cannot be written: ${(error as Error).message}`);
    }
    this.#timer = setInterval(() => this.#flush(), PERIOD).unref();
  }

  /** @param time milliseconds since the epoch, by the fleet's clock */
  add(time: number, { name, node }: FleetDevice, event: DeviceEvent): void {
    this.#text += `${JSON.stringify({ time, device: name, node, ...plain(event) })}\n`;
    if (this.#text.length > PIECE) this.#flush();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#flush();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #flush(): void {
    if (this.#file === undefined || this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    try {
      writeSync(this.#file, text);
    } catch (error) {
      closeSync(this.#file);
      this.#file = undefined;
      this.#onTrouble(new Error(`${this.#path} takes no more events: ${(error as Error).message}`));
    }
  }
}

function plain(event: DeviceEvent): object {
  if (event.kind === "error") return { kind: "error", error: event.error.message };
  return event;
}
