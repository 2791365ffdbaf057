import type { Bytes, Socket, SocketCallbacks, TCPOptions } from "../../firmware/io.js";
import { TransportError } from "../../firmware/xmpp/errors.js";
import { checkCallbacks, checkPort } from "../node/validate.js";
import { FAILED, native, READABLE, WRITABLE } from "./native.js";

/**
 * ECMA-419's TCP socket (section 12.3), with the buffers of lwIP on a microcontroller: that many bytes may be
 * written ahead, and that many are received before the peer is held back.
 *
 * The end of a connection is reported once everything received has been read. When the peer has ended it in
 * good order, what is written from a last `onReadable` is still sent.
 */
export class TCP implements Socket {
  readonly #onReadable: SocketCallbacks["onReadable"];
  readonly #onWritable: SocketCallbacks["onWritable"];
  readonly #onError: SocketCallbacks["onError"];

  /** Absent once this socket is closed, or another has taken its connection over. */
  #handle: number | undefined;
  /** How many bytes may be written: what `onWritable` said last, less what was written since. */
  #credit: number | undefined;
  #isFailureTold = false;

  /**
   * @throws TypeError when an option is of the wrong type, or the address is not an IP address
   * @throws RangeError when the port is not from 1 to 65535
   * @throws Error when the socket to take over is closed, or there is no memory for another
   */
  constructor(options: TCPOptions) {
    const { onReadable, onWritable, onError, noDelay = false } = options;
    checkCallbacks({ onReadable, onWritable, onError });
    if (typeof noDelay !== "boolean") {
      throw new TypeError("noDelay must be true or false");
    }
    this.#onReadable = onReadable;
    this.#onWritable = onWritable;
    this.#onError = onError;
    if ("from" in options) {
      this.#handle = this.#takeOver(options.from);
    } else {
      const { address, port } = options;
      checkAddress(address);
      checkPort(port);
      this.#handle = native.tcpConnect(address, port, noDelay, (events) => this.#tell(events));
    }
  }

  read(count?: number): ArrayBuffer | undefined;
  read(buffer: Uint8Array): number | undefined;
  read(wanted?: number | Uint8Array): ArrayBuffer | number | undefined {
    const handle = this.#open();
    const available = native.tcpReadable(handle);
    if (available === 0) {
      return undefined;
    }
    const count = wanted instanceof Uint8Array ? wanted.length : (wanted ?? available);
    if (!Number.isInteger(count) || count <= 0 || count > available) {
      throw new RangeError(`cannot read ${count} bytes of the ${available} received`);
    }
    const target = wanted instanceof Uint8Array ? wanted : new Uint8Array(count);
    native.tcpRead(handle, target);
    return target === wanted ? count : (target.buffer as ArrayBuffer);
  }

  write(data: Bytes): number | undefined {
    const handle = this.#open();
    if (this.#credit === undefined) {
      throw new Error("not ready: nothing can be written before the first onWritable");
    }
    if (data.byteLength > this.#credit) {
      throw new Error(`would block: ${data.byteLength} bytes, but ${this.#credit} may be written`);
    }
    if (!native.tcpWrite(handle, data)) {
      return undefined;
    }
    this.#credit -= data.byteLength;
    return this.#credit;
  }

  close(): void {
    if (this.#handle !== undefined) {
      native.closeSocket(this.#handle);
      this.#handle = undefined;
    }
  }

  #takeOver(from: unknown): number {
    if (!(from instanceof TCP)) {
      throw new TypeError("from must be a TCP socket of this host");
    }
    const handle = from.#open();
    from.#handle = undefined;
    native.tcpTakeOver(handle, (events) => this.#tell(events));
    return handle;
  }

  #open(): number {
    if (this.#handle === undefined) {
      throw new Error("the socket is closed");
    }
    return this.#handle;
  }

  /** Each callback may close the socket, or give its connection away. */
  #tell(events: number): void {
    if (events & WRITABLE) this.#tellWritable();
    if (events & READABLE) this.#tellReadable();
    if (events & FAILED) this.#tellFailure();
  }

  #tellWritable(): void {
    if (this.#handle === undefined || this.#isFailureTold) return;
    const credit = native.tcpWritable(this.#handle);
    if (credit < 0) return;
    this.#credit = credit;
    this.#onWritable?.(credit);
  }

  #tellReadable(): void {
    if (this.#handle === undefined) return;
    const count = native.tcpReadable(this.#handle);
    if (count > 0) this.#onReadable?.(count);
  }

  #tellFailure(): void {
    if (this.#handle === undefined || this.#isFailureTold) return;
    const failure = native.socketFailure(this.#handle);
    if (failure === undefined || native.tcpReadable(this.#handle) > 0) return;
    this.#isFailureTold = true;
    this.#onError?.(new TransportError(...failure));
  }
}

function checkAddress(address: unknown): void {
  if (typeof address !== "string" || !native.isAddress(address)) {
    throw new TypeError(`"${address}" is not an IP address; names go through the resolver`);
  }
}
