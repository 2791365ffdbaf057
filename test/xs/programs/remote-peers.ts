/**
 * The far side of connections, in another process (../peers.ts), by calls over a connection of the very host
 * that is tested: lines of JSON, `{id, object, method, args}`, each answered by `{id, value}` or `{id, error}`.
 * Bytes are `{bytes}` in base64, and an object that a call returns is `{object}`, the number to call it by.
 */

import type { Socket, TCPConstructor } from "../../../firmware/io.js";
import { decodeBase64, encodeBase64 } from "../../../firmware/xmpp/base64.js";
import { decode, encode } from "../../../firmware/xmpp/utf8.js";
import type { Listener, Peer, SecurePeer, ServerOptions } from "../../conformance/host.js";

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

interface RemoteObject {
  readonly object: number;
  readonly port: number;
  readonly serverName: string | undefined;
  readonly protocol: string | undefined;
}

const NEWLINE = 10;

export class RemotePeers {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #unsent = new Uint8Array();
  #credit = 0;
  #received = new Uint8Array();
  #calls = 0;

  /** @param TCP connects to the other process, at a port of 127.0.0.1 */
  constructor(TCP: TCPConstructor, port: number) {
    const peers = this;
    this.#socket = new TCP({
      address: "127.0.0.1",
      port,
      noDelay: true,
      onReadable: () => peers.#receive(),
      onWritable(count) {
        peers.#credit = count;
        peers.#send();
      },
      onError(reason) {
        throw reason ?? new Error("the peers are gone");
      },
    });
  }

  async listen(): Promise<Listener> {
    const { object, port } = (await this.call(0, "listen")) as RemoteObject;
    return {
      port,
      accept: async () => new RemotePeer(this, (await this.call(object, "accept")) as RemoteObject),
      close: async () => {
        await this.call(object, "close");
      },
    };
  }

  close(): void {
    this.#socket.close();
  }

  async call(object: number, method: string, ...args: unknown[]): Promise<unknown> {
    this.#calls += 1;
    const id = this.#calls;
    const line = encode(`${JSON.stringify({ id, object, method, args: args.map(toJSON) })}\n`);
    this.#unsent = join(this.#unsent, line);
    this.#send();
    const { value, error } = await new Promise<Reply>((resolve) => {
      this.#waiting.set(id, resolve);
    });
    if (error !== undefined) throw new Error(error);
    return fromJSON(value);
  }

  #send(): void {
    const piece = this.#unsent.slice(0, this.#credit);
    if (piece.length === 0) return;
    this.#unsent = this.#unsent.slice(piece.length);
    this.#credit = this.#socket.write(piece) ?? 0;
  }

  #receive(): void {
    this.#received = join(this.#received, new Uint8Array(this.#socket.read() as ArrayBuffer));
    for (let end = this.#next(); end >= 0; end = this.#next()) {
      const reply = JSON.parse(decode(this.#received.slice(0, end))) as Reply;
      this.#received = this.#received.slice(end + 1);
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    }
  }

  #next(): number {
    return this.#received.indexOf(NEWLINE);
  }
}

class RemotePeer implements SecurePeer {
  readonly #peers: RemotePeers;
  readonly #object: number;
  readonly serverName: string | undefined;
  readonly protocol: string | undefined;

  constructor(peers: RemotePeers, { object, serverName, protocol }: RemoteObject) {
    this.#peers = peers;
    this.#object = object;
    this.serverName = serverName;
    this.protocol = protocol;
  }

  async send(bytes: Uint8Array): Promise<void> {
    await this.#call("send", bytes);
  }

  async flood(count: number): Promise<void> {
    await this.#call("flood", count);
  }

  async receive(count: number): Promise<Uint8Array> {
    return (await this.#call("receive", count)) as Uint8Array;
  }

  async drain(count: number): Promise<void> {
    await this.#call("drain", count);
  }

  async ended(): Promise<void> {
    await this.#call("ended");
  }

  end(): void {
    this.#call("end");
  }

  reset(): void {
    this.#call("reset");
  }

  async secure(options: ServerOptions): Promise<SecurePeer> {
    return new RemotePeer(this.#peers, (await this.#call("secure", options)) as RemoteObject);
  }

  #call(method: keyof Peer, ...args: unknown[]): Promise<unknown> {
    return this.#peers.call(this.#object, method, ...args);
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

function toJSON(value: unknown): unknown {
  return value instanceof Uint8Array ? { bytes: encodeBase64(value) } : value;
}

function fromJSON(value: unknown): unknown {
  const { bytes } = (value ?? {}) as { bytes?: string };
  return bytes === undefined ? value : decodeBase64(bytes);
}
