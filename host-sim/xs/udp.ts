import type { Bytes, UDPConstructor, UDPSocket } from "../../firmware/io.js";
import { TransportError } from "../../firmware/xmpp/errors.js";
import { checkCallbacks, checkPort } from "../node/validate.js";
import { FAILED, native, READABLE } from "./native.js";

type UDPOptions = ConstructorParameters<UDPConstructor>[0];

/**
 * ECMA-419's UDP socket (section 12.4). At `port` it receives over IPv4; it sends to addresses of all families
 * that the system has, and receives what comes back. Unread datagrams from the ninth on are dropped, as UDP may.
 *
 * A datagram that cannot be sent, and a port that is taken, are reported to `onError`.
 */
export class UDP implements UDPSocket {
  readonly #onReadable: UDPOptions["onReadable"];
  readonly #onError: UDPOptions["onError"];
  #handle: number | undefined;

  /**
   * @throws TypeError when a callback is not a function
   * @throws RangeError when the port is not from 1 to 65535
   * @throws Error when there is no memory for another socket
   */
  constructor({ port, onReadable, onError }: UDPOptions) {
    checkCallbacks({ onReadable, onError });
    if (port !== undefined) checkPort(port);
    this.#onReadable = onReadable;
    this.#onError = onError;
    this.#handle = native.udpOpen(port ?? 0, (events) => this.#tell(events));
  }

  read(): ReturnType<UDPSocket["read"]> {
    return native.udpReceive(this.#open());
  }

  /**
   * @throws TypeError when the address is not an IP address
   * @throws RangeError when the port is not from 1 to 65535
   */
  write(data: Bytes, address: string, port: number): void {
    const handle = this.#open();
    if (!native.isAddress(address)) {
      throw new TypeError(`"${address}" is not an IP address`);
    }
    checkPort(port);
    native.udpSend(handle, data, address, port);
  }

  close(): void {
    if (this.#handle !== undefined) {
      native.closeSocket(this.#handle);
      this.#handle = undefined;
    }
  }

  #open(): number {
    if (this.#handle === undefined) {
      throw new Error("the socket is closed");
    }
    return this.#handle;
  }

  /** Each callback may close the socket. */
  #tell(events: number): void {
    if (events & READABLE && this.#handle !== undefined) {
      const waiting = native.udpWaiting(this.#handle);
      if (waiting > 0) this.#onReadable?.(waiting);
    }
    if (events & FAILED && this.#handle !== undefined) {
      const failure = native.socketFailure(this.#handle);
      if (failure !== undefined) this.#onError?.(new TransportError(...failure));
    }
  }
}
