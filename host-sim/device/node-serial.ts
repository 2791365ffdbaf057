import { existsSync } from "node:fs";
import { ReadableStream, WritableStream } from "node:stream/web";
import { SerialPort } from "serialport";
import { type SerialLine, type Signals, UnpluggedError } from "./serial-line.js";

/** How often to look whether a device is still there, in milliseconds. */
const LOOK_INTERVAL = 500;

/** A serial port of this computer. */
export class NodeSerialLine implements SerialLine {
  readonly name: string;
  readonly lost: Promise<never>;
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  readonly #info: { usbVendorId?: number; usbProductId?: number };
  #port: SerialPort | undefined;
  /** Drivers set all signals at once; opening a port raises them. */
  #signals = { dtr: true, rts: true };
  #lose: (error: Error) => void = () => {};

  /** @param info what is known of the device behind it, by which esptool-js chooses how to reset */
  constructor(path: string, info: { usbVendorId?: number; usbProductId?: number } = {}) {
    this.name = path;
    this.#info = info;
    this.lost = new Promise((_, reject) => {
      this.#lose = reject;
    });
    this.lost.catch(() => {}); // nobody may be waiting for it
  }

  async open({ baudRate }: { baudRate: number }): Promise<void> {
    const port = new SerialPort({ path: this.name, baudRate, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error === null ? resolve() : reject(this.#explain(error))));
    });
    this.#port = port;
    this.#signals = { dtr: true, rts: true };
    port.on("error", () => {}); // the write that failed says so as well
    this.readable = new ReadableStream({
      start: (controller) => {
        let isOpen = true;
        port.on("data", (data: Buffer) => {
          if (isOpen && this.#port === port) controller.enqueue(new Uint8Array(data));
        });
        const ended = (isUnplugged: boolean): void => {
          clearInterval(watch);
          if (!isOpen) return;
          isOpen = false;
          if (isUnplugged) {
            const unplugged = new UnpluggedError(this.name);
            controller.error(unplugged);
            this.#lose(unplugged);
          } else if (this.#port === port) controller.close();
        };
        port.on("close", (error: Error | null) => ended(error instanceof Error));
        // Linux answers a read after the end of a device with nothing, for ever: serialport waits for more.
        const watch = setInterval(() => {
          if (existsSync(this.name)) return;
          ended(true);
          void close(port);
        }, LOOK_INTERVAL);
        if (!this.name.startsWith("/")) clearInterval(watch); // Windows: there it is no file
      },
      // Whoever stops reading closes the port next.
      cancel: () => {
        this.#port = undefined;
        return close(port);
      },
    });
    this.writable = new WritableStream({
      write: (bytes) =>
        new Promise((resolve, reject) => {
          port.write(bytes, (error) =>
            error ? reject(new UnpluggedError(this.name)) : resolve(undefined),
          );
        }),
    });
  }

  setBaudRate(baudRate: number): Promise<void> {
    return this.#call((port, done) => port.update({ baudRate }, done));
  }

  async setSignals({ dataTerminalReady, requestToSend }: Signals): Promise<void> {
    const { dtr, rts } = this.#signals;
    this.#signals = { dtr: dataTerminalReady ?? dtr, rts: requestToSend ?? rts };
    try {
      await this.#call((port, done) => port.set(this.#signals, done));
    } catch (error) {
      // A pseudo-terminal has no such wires, nor have serial ports that are reached over a network.
      if (!/Inappropriate ioctl/.test((error as Error).message)) throw error;
    }
  }

  getInfo(): { usbVendorId?: number; usbProductId?: number } {
    return this.#info;
  }

  async close(): Promise<void> {
    const port = this.#port;
    this.#port = undefined;
    this.readable = null;
    this.writable = null;
    if (port !== undefined) await close(port);
  }

  #call(act: (port: SerialPort, done: (error: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const port = this.#port;
      if (port === undefined) return reject(new Error(`${this.name} is not open`));
      act(port, (error) => (error ? reject(error) : resolve()));
    });
  }

  #explain({ message }: Error): Error {
    return new Error(explainOpening(this.name, message));
  }
}

/** What to do about a port that cannot be opened. Messages are those of the operating systems. */
export function explainOpening(path: string, message: string): string {
  if (/No such file|File not found/i.test(message))
    return `there is no port ${path}: is the board plugged in?`;
  if (/Permission denied/i.test(message))
    return `${path} is not ours to open: run "sudo usermod -aG dialout $USER", then log in again`;
  if (/cannot lock|busy|Access denied/i.test(message))
    return `${path} is in use: close the monitor or terminal that has it open`;
  return `${path} cannot be opened: ${message}`;
}

function close(port: SerialPort): Promise<void> {
  if (!port.isOpen) return Promise.resolve();
  // An error says that it is closed already.
  return new Promise((resolve) => port.close(() => resolve()));
}
