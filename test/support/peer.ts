import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import { sameBytes } from "../conformance/assert.js";
import type { Listener, Peer, SecurePeer, ServerOptions } from "../conformance/host.js";
import { bytes } from "../conformance/pattern.js";

/** The far side of connections for tests, on Node. */
export async function listen(): Promise<Listener> {
  const waiting: net.Socket[] = [];
  const all = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    all.add(socket);
    waiting.push(socket);
    server.emit("waiting");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as net.AddressInfo).port,
    accept: async () => {
      while (waiting.length === 0) {
        await once(server, "waiting");
      }
      return new NodePeer(waiting.shift() as net.Socket);
    },
    close: async () => {
      server.close();
      for (const socket of all) {
        socket.destroy();
      }
      await once(server, "close");
    },
  };
}

/** TLS 1.1 and what OpenSSL wants to be told before it does that. */
const OLD_TLS = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;

class NodePeer<Stream extends net.Socket = net.Socket> implements Peer {
  protected readonly stream: Stream;
  protected readonly connection: net.Socket;

  /** @param connection what is below the stream, if it is not that itself */
  constructor(stream: Stream, connection: net.Socket = stream) {
    this.stream = stream;
    this.connection = connection;
    stream.on("error", () => {}); // what it means shows in the calls below
  }

  async send(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  flood(count: number): Promise<void> {
    return this.send(bytes(count));
  }

  async receive(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const wanted = Math.min(count - filled, this.stream.readableLength);
      const chunk: Buffer | null = this.stream.read(wanted);
      if (chunk !== null) {
        bytes.set(chunk, filled);
        filled += chunk.length;
      } else if (this.stream.readable) {
        await this.#next("readable");
      } else {
        throw new Error(`the connection ended after ${filled} of ${count} bytes`);
      }
    }
    return bytes;
  }

  async drain(count: number): Promise<void> {
    sameBytes(await this.receive(count), bytes(count));
  }

  async ended(): Promise<void> {
    this.stream.resume();
    if (!this.stream.readableEnded && !this.stream.destroyed) {
      await this.#next("end");
    }
  }

  end(): void {
    this.stream.end();
  }

  reset(): void {
    this.connection.resetAndDestroy();
  }

  async secure({ certificate, key, protocols, isOld }: ServerOptions): Promise<SecurePeer> {
    const stream = new tls.TLSSocket(this.stream, {
      isServer: true,
      cert: certificate,
      key,
      ...(protocols && { ALPNProtocols: [...protocols] }),
      ...(isOld && OLD_TLS),
    });
    await new Promise<void>((resolve, reject) => {
      const ended = () => reject(new Error("the connection ended in the handshake"));
      stream.on("secure", resolve).on("error", reject).on("end", ended).on("close", ended);
    });
    return new SecureNodePeer(stream, this.connection);
  }

  /** Waits for an event, or for the end of everything. */
  async #next(event: "readable" | "end"): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        this.stream.off(event, done).off("close", done);
        resolve();
      };
      this.stream.on(event, done).on("close", done);
    });
  }
}

class SecureNodePeer extends NodePeer<tls.TLSSocket> implements SecurePeer {
  get serverName(): string | undefined {
    return (this.stream as tls.TLSSocket & { servername?: string | false }).servername || undefined;
  }

  get protocol(): string | undefined {
    return this.stream.alpnProtocol || undefined;
  }
}
