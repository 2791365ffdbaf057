/**
 * A serial line, in the form of browsers' Web Serial API (https://wicg.github.io/serial/): esptool-js takes
 * that, and what speaks to boards here can then do so in a browser.
 */

import type { ReadableStream, WritableStream } from "node:stream/web";

export interface Signals {
  readonly dataTerminalReady?: boolean;
  readonly requestToSend?: boolean;
}

export interface SerialLine {
  /** What people call it: its path. */
  readonly name: string;
  /** `null` while it is closed. */
  readonly readable: ReadableStream<Uint8Array> | null;
  readonly writable: WritableStream<Uint8Array> | null;
  /** Rejects with an {@link UnpluggedError} when the device goes away. */
  readonly lost: Promise<never>;
  /** @throws Error that says what to do, when it is not there, in use, or not for us to open */
  open(options: { readonly baudRate: number }): Promise<void>;
  /** Not of Web Serial: esptool-js uses it where it is there, and need not close the line for another rate. */
  setBaudRate(baudRate: number): Promise<void>;
  setSignals(signals: Signals): Promise<void>;
  getInfo(): { readonly usbVendorId?: number; readonly usbProductId?: number };
  close(): Promise<void>;
}

/** What boards speak after they have started. */
export const BAUD_RATE = 115_200;

export class UnpluggedError extends Error {
  constructor(name: string) {
    super(`${name} is gone: was the board unplugged?`);
  }
}

/** Has the chip start again, by the wires of its reset, as nearly all boards connect them. */
export async function reset(line: SerialLine): Promise<void> {
  await line.setSignals({ dataTerminalReady: false, requestToSend: true });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await line.setSignals({ dataTerminalReady: false, requestToSend: false });
}
