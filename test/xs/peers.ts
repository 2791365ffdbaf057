import { once } from "node:events";
import * as net from "node:net";
import { createInterface } from "node:readline";
import type { Listener, Peer, SecurePeer } from "../conformance/host.js";
import { listen } from "../support/peer.js";

/** A call of a program's, in a line of JSON: of a method of the object that it knows by this number. */
interface Call {
  readonly id: number;
  readonly object: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** The far side of connections for a program in another process, which calls it over one of its own. */
export interface PeerServer {
  readonly port: number;
  close(): void;
}

/** Its protocol is in programs/remote-peers.ts. Each connection has objects of its own. */
export async function servePeers(): Promise<PeerServer> {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    new Caller(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as net.AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

class Caller {
  readonly #socket: net.Socket;
  readonly #listeners: Listener[] = [];
  readonly #objects: object[] = [{ listen: () => this.#listen() }];

  constructor(socket: net.Socket) {
    this.#socket = socket.setNoDelay();
    createInterface(socket).on("line", (line) => this.#answer(JSON.parse(line)));
    socket.on("error", () => {}); // the program has ended, and it is heard of that elsewhere
    socket.on("close", () => {
      for (const listener of this.#listeners) listener.close();
    });
  }

  async #listen(): Promise<Listener> {
    const listener = await listen();
    this.#listeners.push(listener);
    return listener;
  }

  async #answer({ id, object, method, args }: Call): Promise<void> {
    try {
      const target = this.#objects[object] as Record<string, (...args: unknown[]) => unknown>;
      const value = await target[method]?.(...args.map(fromJSON));
      this.#reply({ id, value: this.#toJSON(value) });
    } catch (error) {
      this.#reply({ id, error: String(error) });
    }
  }

  #reply(reply: object): void {
    this.#socket.write(`${JSON.stringify(reply)}\n`);
  }

  #toJSON(value: unknown): unknown {
    if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
    if (typeof value !== "object" || value === null) return value;
    const { port } = value as Partial<Listener>;
    const { serverName, protocol } = value as Partial<Peer & SecurePeer>;
    return { object: this.#objects.push(value) - 1, port, serverName, protocol };
  }
}

function fromJSON(value: unknown): unknown {
  const { bytes } = (value ?? {}) as { bytes?: string };
  return bytes === undefined ? value : new Uint8Array(Buffer.from(bytes, "base64"));
}
