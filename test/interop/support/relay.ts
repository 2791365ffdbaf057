import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A place on the way between two servers, where the way can be cut. */
export class Relay {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  /** Passes on what comes to `address` to the same port of `target`. */
  static async start(address: string, target: string, port: number): Promise<Relay> {
    const relay = new Relay(target, port);
    await once(relay.#listener.listen(port, address), "listening");
    return relay;
  }

  private constructor(target: string, port: number) {
    this.#listener = createServer((incoming) => {
      if (this.#isCut) return void incoming.destroy();
      const outgoing = connect(port, target);
      this.#join(incoming, outgoing);
      this.#join(outgoing, incoming);
    });
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.pipe(to);
    from.on("error", () => {});
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  /** Lets nothing through the connections that there are, and tells nobody, until {@link cut}. */
  stall(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Ends all connections, whatever is on its way in them, and takes no others until {@link mend}. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    this.#listener.close();
    await once(this.#listener, "close");
  }
}
