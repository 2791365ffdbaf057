/** A network in memory, by a virtual clock: the sockets of devices, and one server that they reach. */

import type {
  Bytes,
  Socket,
  SocketCallbacks,
  TCPConstructor,
  TCPOptions,
  TLSConstructor,
  TLSOptions,
} from "../../../firmware/io.js";
import { ByteQueue } from "../../node/bytequeue.js";
import type { Server } from "../../server/server.js";
import type { ServerStream } from "../../server/stream/stream.js";
import type { VirtualClock } from "./clock.js";

/** Milliseconds from one end to the other. */
const LATENCY = 5;

/** Bytes that may be written at once. */
const WINDOW = 16 * 1024;

export class VirtualNetwork {
  readonly TCP: TCPConstructor;
  readonly TLS: TLSConstructor;
  /** Whom connections reach; nobody while the server is down. */
  server: Server | undefined;
  readonly #clock: VirtualClock;
  readonly #sockets = new Set<VirtualSocket>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    const network = this;
    this.TCP = class extends VirtualSocket {
      constructor(options: TCPOptions) {
        super(network, options);
      }
    };
    // Nobody listens in on it, so TLS is no more than the time that it takes.
    this.TLS = class extends VirtualSocket {
      constructor(options: TLSOptions) {
        super(network, options);
      }
    };
  }

  /** The server's machine closes all connections, as it does when the server's process is killed. */
  drop(): void {
    this.server = undefined;
    for (const socket of this.#sockets) socket.drop();
  }

  later(action: () => void, latencies = 1): void {
    this.#clock.later(latencies * LATENCY, action);
  }

  opened(socket: VirtualSocket): void {
    this.#sockets.add(socket);
  }

  closed(socket: VirtualSocket): void {
    this.#sockets.delete(socket);
  }
}

/** The device's end of a connection, inside of TLS from its start. */
class VirtualSocket implements Socket {
  readonly #network: VirtualNetwork;
  readonly #callbacks: SocketCallbacks;
  readonly #unread = new ByteQueue();
  /** What the server has sent in this moment. */
  #sending: Uint8Array[] = [];
  #stream: ServerStream | undefined;
  #isClosed = false;
  #end: Error | undefined;
  #isEndTold = false;

  constructor(network: VirtualNetwork, callbacks: SocketCallbacks) {
    this.#network = network;
    this.#callbacks = callbacks;
    network.opened(this);
    network.later(() => this.#connect(), 4);
  }

  read(count?: number): ArrayBuffer | undefined;
  read(buffer: Uint8Array): number | undefined;
  read(wanted?: number | Uint8Array): ArrayBuffer | number | undefined {
    if (this.#isClosed) throw new Error("the socket is closed");
    const available = this.#unread.length;
    if (available === 0) return undefined;
    const target = wanted instanceof Uint8Array ? wanted : new Uint8Array(wanted ?? available);
    this.#unread.take(target);
    if (this.#unread.length === 0) this.#network.later(() => this.#tellEnd(), 0);
    return target === wanted ? target.length : (target.buffer as ArrayBuffer);
  }

  write(data: Bytes): number | undefined {
    if (this.#isClosed) throw new Error("the socket is closed");
    const bytes = new Uint8Array(data).slice();
    this.#network.later(() => this.#stream?.receive(bytes));
    return WINDOW;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#network.later(() => {
      this.#network.closed(this);
      this.#loseStream();
    });
  }

  /** The server is gone. */
  drop(): void {
    this.#stream = undefined;
    this.#finish(new Error("the peer closed the connection"));
  }

  #connect(): void {
    if (this.#isClosed) return;
    const { server } = this.#network;
    if (server === undefined) return this.#finish(new Error("nothing accepts connections"));
    this.#stream = server.connect(
      {
        onSend: (bytes) => this.#send(bytes),
        onStartTLS: () => {},
        onClosed: () => this.#finish(new Error("the peer closed the connection")),
      },
      true,
    );
    this.#callbacks.onWritable?.call(this, WINDOW);
  }

  #send(bytes: Uint8Array): void {
    this.#sending.push(bytes);
    if (this.#sending.length > 1) return;
    this.#network.later(() => {
      for (const piece of this.#sending.splice(0)) this.#unread.push(piece);
      if (!this.#isClosed) this.#callbacks.onReadable?.call(this, this.#unread.length);
    });
  }

  #finish(reason: Error): void {
    this.#network.later(() => {
      this.#end ??= reason;
      this.#tellEnd();
      this.#loseStream();
    });
  }

  #tellEnd(): void {
    if (this.#isClosed || this.#end === undefined || this.#unread.length > 0 || this.#isEndTold)
      return;
    this.#isEndTold = true;
    this.#callbacks.onError?.call(this, this.#end);
  }

  #loseStream(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.lost();
  }
}
