import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/**
 * The way of one device's TCP connections to an installed server. They break on it at any byte, below TLS: in the
 * middle of a handshake, or of a record.
 */
export class Wire {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  /** The bytes that will still pass, in each direction. */
  readonly #left = { in: Number.POSITIVE_INFINITY, out: Number.POSITIVE_INFINITY };

  /** @param target the server */
  static async open(target: { host: string; port: number }): Promise<Wire> {
    const wire = new Wire(target);
    await once(wire.#listener.listen(0, "127.0.0.1"), "listening");
    return wire;
  }

  private constructor(target: { host: string; port: number }) {
    this.#listener = createServer({ noDelay: true, allowHalfOpen: true }, (device) => {
      const server = connect({ ...target, noDelay: true, allowHalfOpen: true });
      this.#join(device, server, "out");
      this.#join(server, device, "in");
    });
  }

  /** Where the device connects to, in place of the server. */
  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** Breaks the connection when so many more bytes have gone this way, on this connection or on those after it. */
  tearAfter(direction: "in" | "out", bytes: number): void {
    this.#left[direction] = bytes;
    if (bytes === 0) this.tear();
  }

  /** Breaks the connection now. */
  tear(): void {
    this.heal();
    for (const socket of this.#sockets) socket.destroy();
  }

  heal(): void {
    this.#left.in = this.#left.out = Number.POSITIVE_INFINITY;
  }

  async close(): Promise<void> {
    this.tear();
    this.#listener.close();
    await once(this.#listener, "close");
  }

  #join(from: Socket, to: Socket, direction: "in" | "out"): void {
    this.#sockets.add(from);
    from.on("data", (bytes) => {
      const passing = bytes.subarray(0, this.#left[direction]);
      this.#left[direction] -= passing.length;
      const isTorn = this.#left[direction] === 0;
      if (!to.write(passing, () => isTorn && this.tear())) from.pause();
    });
    to.on("drain", () => from.resume());
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
    from.on("close", () => this.#sockets.delete(from));
  }
}
