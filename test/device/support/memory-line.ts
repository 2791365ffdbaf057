/** A serial line in memory, with somebody at its other end. */

import { ReadableStream, WritableStream } from "node:stream/web";
import {
  type SerialLine,
  type Signals,
  UnpluggedError,
} from "../../../host-sim/device/serial-line.js";

/** Who is at the other end. */
export interface Peer {
  receive(bytes: Uint8Array): void;
  /** The wires have changed: DTR and RTS. */
  signals?(dtr: boolean, rts: boolean): void;
  /** What the peer sends goes here. */
  onSend: (bytes: Uint8Array) => void;
}

export class MemoryLine implements SerialLine {
  readonly name = "/dev/ttyTEST0";
  readonly lost: Promise<never>;
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  /** The rates that were asked for, one after the other. */
  readonly baudRates: number[] = [];
  isPluggedIn = true;
  readonly #peer: Peer;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #dtr = false;
  #rts = false;
  #lose: (error: Error) => void = () => {};

  constructor(peer: Peer) {
    this.#peer = peer;
    this.lost = new Promise((_, reject) => {
      this.#lose = reject;
    });
    this.lost.catch(() => {});
    peer.onSend = (bytes) => this.#controller?.enqueue(bytes.slice());
  }

  async open({ baudRate }: { baudRate: number }): Promise<void> {
    this.baudRates.push(baudRate);
    this.readable = new ReadableStream({
      start: (controller) => {
        this.#controller = controller as ReadableStreamDefaultController<Uint8Array>;
      },
      cancel: () => {
        this.#controller = undefined;
      },
    });
    this.writable = new WritableStream({
      write: (bytes) => {
        if (!this.isPluggedIn) throw new UnpluggedError(this.name);
        this.#peer.receive(bytes);
      },
    });
  }

  async setBaudRate(baudRate: number): Promise<void> {
    this.baudRates.push(baudRate);
  }

  async setSignals({ dataTerminalReady, requestToSend }: Signals): Promise<void> {
    this.#dtr = dataTerminalReady ?? this.#dtr;
    this.#rts = requestToSend ?? this.#rts;
    this.#peer.signals?.(this.#dtr, this.#rts);
  }

  getInfo(): { usbVendorId: number; usbProductId: number } {
    return { usbVendorId: 0x10c4, usbProductId: 0xea60 };
  }

  async close(): Promise<void> {
    this.#controller = undefined;
    this.readable = null;
    this.writable = null;
  }

  unplug(): void {
    this.isPluggedIn = false;
    const error = new UnpluggedError(this.name);
    this.#controller?.error(error);
    this.#controller = undefined;
    this.#lose(error);
  }
}
