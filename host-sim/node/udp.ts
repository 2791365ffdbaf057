import * as dgram from "node:dgram";
import { isIP } from "node:net";
import type { Bytes, UDPConstructor, UDPSocket } from "../../firmware/io.js";
import { TransportError } from "../../firmware/xmpp/errors.js";
import { copyOf } from "./bytes.js";
import { checkCallbacks, checkPort } from "./validate.js";

/** Unread datagrams from which on new ones are dropped, as UDP may. */
const QUEUE_LENGTH = 32;

type UDPOptions = ConstructorParameters<UDPConstructor>[0];
type Datagram = NonNullable<ReturnType<UDPSocket["read"]>>;

/**
 * ECMA-419's UDP socket (section 12.4) over `node:dgram`. At `port` it receives over IPv4; it sends to
 * addresses of both families, and receives what comes back.
 *
 * A datagram that cannot be sent, and a port that is taken, are reported to `onError`.
 */
export class UDP implements UDPSocket {
  readonly #onReadable: UDPOptions["onReadable"];
  readonly #onError: UDPOptions["onError"];
  readonly #received: Datagram[] = [];
  #ipv4: dgram.Socket | undefined;
  #ipv6: dgram.Socket | undefined;
  #isClosed = false;

  /**
   * @throws TypeError when a callback is not a function
   * @throws RangeError when the port is not from 1 to 65535
   */
  constructor({ port, onReadable, onError }: UDPOptions) {
    checkCallbacks({ onReadable, onError });
    this.#onReadable = onReadable;
    this.#onError = onError;
    if (port !== undefined) {
      checkPort(port);
      this.#ipv4 = this.#create("udp4").bind(port);
    }
  }

  read(): Datagram | undefined {
    this.#checkOpen();
    return this.#received.shift();
  }

  /**
   * @throws TypeError when the address is not an IP address
   * @throws RangeError when the port is not from 1 to 65535
   */
  write(data: Bytes, address: string, port: number): void {
    this.#checkOpen();
    checkPort(port);
    this.#socketFor(address).send(copyOf(data), port, address, (error) => {
      if (error) {
        this.#fail(error);
      }
    });
  }

  close(): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#ipv4?.close();
      this.#ipv6?.close();
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) {
      throw new Error("the socket is closed");
    }
  }

  #socketFor(address: string): dgram.Socket {
    switch (isIP(address)) {
      case 4:
        this.#ipv4 ??= this.#create("udp4");
        return this.#ipv4;
      case 6:
        this.#ipv6 ??= this.#create("udp6");
        return this.#ipv6;
      default:
        throw new TypeError(`"${address}" is not an IP address`);
    }
  }

  #create(type: dgram.SocketType): dgram.Socket {
    const socket = dgram.createSocket(type);
    socket.on("message", (message, { address, port }) => {
      if (this.#received.length < QUEUE_LENGTH) {
        this.#received.push(Object.assign(copyOf(message).buffer, { address, port }));
        this.#onReadable?.(this.#received.length);
      }
    });
    socket.on("error", (error) => this.#fail(error));
    return socket;
  }

  #fail(error: Error): void {
    if (!this.#isClosed) {
      this.#onError?.(new TransportError("unreachable", error.message));
    }
  }
}
