import type { Socket, SocketCallbacks } from "../../firmware/io.js";
import { isTrue, sameBytes } from "./assert.js";
import { bytes } from "./pattern.js";

type Call = "readable" | "writable" | "error";

/** A socket under test, with a record of its callbacks and ways to wait for them. */
export class Probe {
  readonly socket: Socket;
  /** The names of all callbacks that were called. */
  readonly calls: Call[] = [];
  /** What `onReadable` announced last. */
  announced = 0;
  /** How much may be written: what `onWritable` said last, less what was written since. */
  credit = 0;
  reason: Error | undefined;
  /** Whether a callback came from inside the constructor, or had another `this` than the socket. */
  isMisled = false;
  #wakeUp = () => {};

  /** @param also what to call back besides */
  constructor(
    create: (callbacks: Required<SocketCallbacks>) => Socket,
    also: SocketCallbacks = {},
  ) {
    const called = (self: Socket, call: Call) => {
      this.calls.push(call);
      this.isMisled ||= self !== this.socket;
      this.#wakeUp();
    };
    const probe = this;
    this.socket = create({
      onReadable(count) {
        probe.announced = count;
        called(this, "readable");
        also.onReadable?.call(this, count);
      },
      onWritable(count) {
        probe.credit = count;
        called(this, "writable");
        also.onWritable?.call(this, count);
      },
      onError(reason) {
        probe.reason = reason;
        called(this, "error");
        also.onError?.call(this, reason);
      },
    });
  }

  /** How often a callback was called. */
  count(call: Call): number {
    return this.calls.filter((name) => name === call).length;
  }

  /** Waits until `condition` holds, which is looked at after each callback. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wakeUp = resolve;
      });
    }
  }

  /** Waits for the next callback. */
  async nextCall(): Promise<void> {
    const before = this.calls.length;
    await this.until(() => this.calls.length > before);
  }

  /** Waits for the connection. Rejects when it fails. */
  async connected(): Promise<void> {
    await this.until(() => this.calls.length > 0);
    if (this.calls[0] !== "writable") {
      throw new Error(`not connected: ${this.calls[0]} ${this.reason}`);
    }
  }

  /** Waits for `onError`, and returns what it said. */
  async failed(): Promise<Error | undefined> {
    await this.until(() => this.count("error") > 0);
    return this.reason;
  }

  /** Waits until `count` bytes are announced. */
  async available(count: number): Promise<void> {
    await this.until(() => this.announced >= count);
  }

  /** Reads `count` bytes, as they come. */
  async receive(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const chunk = this.socket.read();
      if (chunk !== undefined) {
        bytes.set(new Uint8Array(chunk), filled);
        filled += chunk.byteLength;
      } else if (this.count("error") > 0) {
        throw new Error(`the connection ended after ${filled} of ${count} bytes: ${this.reason}`);
      } else {
        await this.nextCall();
      }
    }
    return bytes;
  }

  /** Reads the first `count` bytes of the pattern, as they come. */
  async drain(count: number): Promise<void> {
    for (let read = 0; read < count; ) {
      const waiting = this.socket.read();
      if (waiting === undefined) {
        isTrue(this.count("error") === 0, `${count} bytes come, not ${read}: ${this.reason}`);
        await this.nextCall();
      } else {
        sameBytes(new Uint8Array(waiting), bytes(waiting.byteLength, read));
        read += waiting.byteLength;
      }
    }
  }

  /** Writes the first `count` bytes of the pattern, as it may. */
  async flood(count: number): Promise<void> {
    for (let sent = 0; sent < count; ) {
      await this.until(() => this.credit > 0);
      const piece = bytes(Math.min(this.credit, count - sent), sent);
      this.credit = this.socket.write(piece) ?? 0;
      sent += piece.length;
      piece.fill(0); // the buffer is ours again
    }
  }
}
