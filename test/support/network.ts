/** A network in memory: the socket classes of a host, and the far side of every connection. */

import type {
  Bytes,
  DNSOptions,
  Resolver,
  ResolverConstructor,
  Socket,
  SocketSource,
  TCPConstructor,
  TCPOptions,
  TLSConstructor,
  TLSOptions,
  UDPConstructor,
  UDPSocket,
} from "../../firmware/io.js";
import { decode, encode } from "../../firmware/xmpp/utf8.js";
import type { FakeClock } from "./clock.js";

/** A datagram as it comes out of a socket. */
type Datagram = ArrayBuffer & { address: string; port: number };

/** What a name server is asked. */
export interface Query {
  bytes: Uint8Array;
  address: string;
  port: number;
  /** Sends a datagram back, from where the query went unless another sender is named. */
  reply(bytes: Uint8Array, from?: { address: string; port: number }): void;
}

/**
 * The network. Nothing in it happens at once: all that a socket tells its owner comes by the clock. What the
 * owner does that ECMA-419 forbids throws, and is remembered in `violations`.
 */
export class FakeNetwork {
  readonly #clock: FakeClock;
  /** Every connection that was tried, in order. */
  readonly peers: Peer[] = [];
  /** Is told of each of them. */
  onConnect: (peer: Peer) => void = () => {};
  /** Is told of every datagram. */
  onQuery: (query: Query) => void = () => {};
  /** What names resolve to; one that is not here has no address. */
  readonly addresses = new Map<string, string>();
  readonly violations: string[] = [];
  /** Sockets, datagram sockets and resolvers that were not closed yet. */
  readonly open = new Set<object>();
  /** Set to have the next constructor of this kind throw, as where memory is short. */
  failing: "TCP" | "TLS" | "UDP" | "Resolver" | undefined;

  readonly TCP: TCPConstructor;
  readonly TLS: TLSConstructor;
  readonly UDP: UDPConstructor;
  readonly Resolver: ResolverConstructor;

  constructor(clock: FakeClock) {
    this.#clock = clock;
    const network = this;
    this.TCP = class extends FakeSocket {
      constructor(options: TCPOptions) {
        network.#mayFail("TCP");
        super(network, options, network.#peerFor(options));
      }
    };
    this.TLS = class extends FakeSocket {
      constructor(options: TLSOptions) {
        network.#mayFail("TLS");
        const peer = network.#peerFor(options);
        peer.tls = options;
        super(network, options, peer);
        if ("from" in options) network.soon(() => peer.onSecure());
      }
    };
    this.UDP = class implements UDPSocket {
      readonly #received: Datagram[] = [];
      readonly #onReadable: ((packets: number) => void) | undefined;

      constructor(options: ConstructorParameters<UDPConstructor>[0]) {
        network.#mayFail("UDP");
        this.#onReadable = options.onReadable?.bind(this);
        network.open.add(this);
      }

      read(): Datagram | undefined {
        network.check(this, "read");
        return this.#received.shift();
      }

      write(data: Bytes, address: string, port: number): void {
        network.check(this, "write");
        const reply = (bytes: Uint8Array, from = { address, port }): void =>
          network.later(this, () => {
            this.#received.push(Object.assign(bytes.slice().buffer, from));
            this.#onReadable?.(this.#received.length);
          });
        network.onQuery({ bytes: copy(data), address, port, reply });
      }

      close(): void {
        network.open.delete(this);
      }
    };
    this.Resolver = class implements Resolver {
      constructor(_options: DNSOptions) {
        network.#mayFail("Resolver");
        network.open.add(this);
      }

      resolve(request: Parameters<Resolver["resolve"]>[0]): void {
        network.check(this, "resolve");
        const { host, onResolved, onError } = request;
        network.later(this, () => {
          const address = network.addresses.get(host);
          if (address === undefined) onError(host);
          else onResolved(host, address);
        });
      }

      close(): void {
        network.open.delete(this);
      }
    };
  }

  /** Lets `event` happen to an object soon, unless it is closed by then. */
  later(object: object, event: () => void): void {
    this.soon(() => {
      if (this.open.has(object)) event();
    });
  }

  soon(event: () => void): void {
    this.#clock.later(0, event);
  }

  check(object: object, action: string): void {
    if (!this.open.has(object)) this.refuse(`${action} after close`);
  }

  /** @throws Error always */
  refuse(what: string): never {
    this.violations.push(what);
    throw new Error(what);
  }

  #mayFail(kind: FakeNetwork["failing"]): void {
    if (this.failing !== kind) return;
    this.failing = undefined;
    throw new Error(`no memory for ${kind}`);
  }

  #peerFor(options: SocketSource): Peer {
    if ("from" in options) return (options.from as FakeSocket).release();
    const peer = new Peer(this, options.address, options.port);
    this.peers.push(peer);
    this.soon(() => this.onConnect(peer));
    return peer;
  }
}

/** The device's end of a connection. */
class FakeSocket implements Socket {
  readonly #network: FakeNetwork;
  readonly #options: TCPOptions;
  readonly #peer: Peer;

  constructor(network: FakeNetwork, options: TCPOptions, peer: Peer) {
    this.#network = network;
    this.#options = options;
    this.#peer = peer;
    network.open.add(this);
    peer.attach(this);
  }

  read(count?: number): ArrayBuffer | undefined;
  read(buffer: Uint8Array): number | undefined;
  read(count?: number | Uint8Array): ArrayBuffer | number | undefined {
    this.#network.check(this, "read");
    if (count instanceof Uint8Array) this.#network.refuse("read into a buffer");
    const { unread } = this.#peer;
    if (unread.length === 0) return undefined;
    if (count !== undefined && (count < 1 || count > unread.length))
      this.#network.refuse(`read ${count} of ${unread.length} bytes`);
    return Uint8Array.from(unread.splice(0, count ?? unread.length)).buffer;
  }

  write(data: Bytes): number | undefined {
    this.#network.check(this, "write");
    const bytes = copy(data);
    if (bytes.length > this.#peer.credit)
      this.#network.refuse(`write ${bytes.length} bytes of ${this.#peer.credit}`);
    return this.#peer.write(bytes);
  }

  close(): void {
    this.#network.open.delete(this);
  }

  tellReadable(): void {
    this.#network.later(this, () => {
      const count = this.#peer.unread.length;
      if (count > 0) this.#options.onReadable?.call(this, count);
    });
  }

  tellWritable(): void {
    this.#network.later(this, () => this.#options.onWritable?.call(this, this.#peer.credit));
  }

  tellError(reason: Error | undefined): void {
    this.#network.later(this, () => this.#options.onError?.call(this, reason));
  }

  /** Gives the connection away, to a socket that takes it over. */
  release(): Peer {
    this.#network.check(this, "take over");
    this.close();
    return this.#peer;
  }
}

/** The far side of one connection, and what is on the way between. */
export class Peer {
  readonly #network: FakeNetwork;
  readonly address: string;
  readonly port: number;
  /** The options of the TLS socket, once there is one. */
  tls: TLSOptions | undefined;
  /** Bytes the device may write. */
  credit = 0;
  /** How much it may write at once. */
  window = 0;
  /** Whether what is written is taken, so that credit comes back. */
  takes = true;
  /** Set to have writing throw, as some hosts do on a connection that was lost. */
  isBroken = false;
  /** Bytes on the way to the device. */
  readonly unread: number[] = [];
  readonly #received: Uint8Array[] = [];
  /** Is told of all that the device has sent. */
  onReceive: (bytes: Uint8Array) => void = () => {};
  /** Is told that the device begins TLS on a connection that it had in the clear. */
  onSecure: () => void = () => {};
  #socket: FakeSocket | undefined;

  constructor(network: FakeNetwork, address: string, port: number) {
    this.#network = network;
    this.address = address;
    this.port = port;
  }

  /** Whether the device has closed the connection. */
  get isClosed(): boolean {
    return this.#socket === undefined || !this.#network.open.has(this.#socket);
  }

  attach(socket: FakeSocket): void {
    if (this.unread.length > 0) this.#network.refuse("give TLS what came in the clear");
    this.#socket = socket;
    this.credit = 0;
  }

  /** The connection stands, or TLS on it does. */
  accept(): void {
    this.grant(this.window);
  }

  grant(count: number): void {
    this.credit += count;
    this.#socket?.tellWritable();
  }

  send(data: string | Uint8Array): void {
    this.unread.push(...(typeof data === "string" ? encode(data) : data));
    this.#socket?.tellReadable();
  }

  /** The connection fails, or ends in good order. */
  end(reason?: Error): void {
    this.#socket?.tellError(reason);
  }

  /** What the device has sent since the last call, as text. */
  take(): string {
    return decode(Buffer.concat(this.#received.splice(0)));
  }

  /** The device sends something. */
  write(bytes: Uint8Array): number {
    if (this.isBroken) throw new Error("write failed");
    this.credit -= bytes.length;
    this.#received.push(bytes);
    this.#network.soon(() => {
      this.onReceive(bytes);
      if (this.takes && this.credit < this.window) this.grant(this.window - this.credit);
    });
    return this.credit;
  }
}

function copy(data: Bytes): Uint8Array {
  return data instanceof Uint8Array ? data.slice() : new Uint8Array(data.slice(0));
}
