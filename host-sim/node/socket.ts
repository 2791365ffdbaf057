import type * as net from "node:net";
import type { Bytes, Socket, SocketCallbacks } from "../../firmware/io.js";
import type { TransportError } from "../../firmware/xmpp/errors.js";
import { ByteQueue } from "./bytequeue.js";
import { copyOf } from "./bytes.js";
import { closedByPeer, connectionFailure, type SocketError } from "./failures.js";
import { checkCallbacks } from "./validate.js";

/** Bytes that may be written and not yet be on their way. */
const SEND_WINDOW = 16 * 1024;

/** Unread bytes from which on the peer is held back. */
const RECEIVE_WINDOW = 64 * 1024;

const OWNER = Symbol("owner");

/**
 * A socket of Node that knows which of ours its events are for. The pointer stands in for listeners
 * that close over the owner: thousands of sockets share four functions, a takeover is an assignment,
 * and the events of a socket without an owner go nowhere.
 */
type OwnedSocket = net.Socket & { [OWNER]?: NodeSocket | undefined };

/**
 * The ECMA-419 socket (section 12.3) over a socket of Node: flow control by counts, one error, silence
 * after `close()`. Its subclasses say where the connection comes from.
 *
 * The end of a connection is reported once everything received has been read, as on lwIP, so that it
 * cannot overtake data. What is written after the connection failed is dropped, as there.
 */
export abstract class NodeSocket implements Socket {
  /** What the events of every socket of Node go to. */
  static readonly #listeners = {
    connected(this: OwnedSocket): void {
      const owner = this[OWNER];
      if (owner !== undefined) {
        owner.#earn(SEND_WINDOW);
      }
    },

    data(this: OwnedSocket, chunk: Buffer): void {
      const owner = this[OWNER];
      if (owner !== undefined) {
        owner.#received.push(chunk);
        if (owner.#received.length >= RECEIVE_WINDOW) {
          this.pause();
        }
        owner.#announceReadable();
      }
    },

    /** The peer's FIN. A `close` that no error came before tells no more than that. */
    end(this: OwnedSocket): void {
      const owner = this[OWNER];
      if (owner !== undefined) {
        owner.#fail(closedByPeer());
      }
    },

    error(this: OwnedSocket, error: SocketError): void {
      const owner = this[OWNER];
      if (owner !== undefined) {
        owner.#fail(owner.explain(error, this));
      }
    },
  };

  readonly #onReadable: SocketCallbacks["onReadable"];
  readonly #onWritable: SocketCallbacks["onWritable"];
  readonly #onError: SocketCallbacks["onError"];

  /** Absent once this socket is closed, or another has taken its connection over. */
  #socket: OwnedSocket | undefined;
  #received = new ByteQueue();
  /** How many bytes may be written. Absent until the connection stands. */
  #credit: number | undefined;
  /** Why the connection is no more. */
  #failure: TransportError | undefined;
  #isFailureTold = false;
  #isReadableDue = false;

  /** @throws TypeError when a callback is not a function */
  constructor({ onReadable, onWritable, onError }: SocketCallbacks) {
    checkCallbacks({ onReadable, onWritable, onError });
    this.#onReadable = onReadable;
    this.#onWritable = onWritable;
    this.#onError = onError;
  }

  read(count?: number): ArrayBuffer | undefined;
  read(buffer: Uint8Array): number | undefined;
  read(wanted?: number | Uint8Array): ArrayBuffer | number | undefined {
    const socket = this.#open();
    const available = this.#received.length;
    if (available === 0) {
      return undefined;
    }
    const count = wanted instanceof Uint8Array ? wanted.length : (wanted ?? available);
    if (!Number.isInteger(count) || count <= 0 || count > available) {
      throw new RangeError(`cannot read ${count} bytes of the ${available} received`);
    }
    const target = wanted instanceof Uint8Array ? wanted : new Uint8Array(count);
    this.#received.take(target);
    if (socket.isPaused() && this.#received.length < RECEIVE_WINDOW) {
      socket.resume();
    }
    if (this.#failure !== undefined) {
      this.#announceFailure();
    }
    return target === wanted ? count : (target.buffer as ArrayBuffer);
  }

  write(data: Bytes): number | undefined {
    const socket = this.#open();
    if (this.#credit === undefined) {
      throw new Error("not ready: nothing can be written before the first onWritable");
    }
    const bytes = copyOf(data);
    if (bytes.length > this.#credit) {
      throw new Error(`would block: ${bytes.length} bytes, but ${this.#credit} may be written`);
    }
    if (!socket.writable) {
      return undefined;
    }
    this.#credit -= bytes.length;
    socket.write(bytes, (error) => {
      const owner = socket[OWNER];
      if (owner !== undefined && !error) {
        owner.#earn(bytes.length);
      }
    });
    return this.#credit;
  }

  close(): void {
    if (this.#socket !== undefined) {
      this.#release().destroy();
    }
  }

  /** Begins with a socket of Node; `event` is the one by which it says that the connection stands. */
  protected attach(socket: net.Socket, event: "connect" | "secureConnect"): net.Socket {
    socket.on(event, NodeSocket.#listeners.connected);
    socket.on("data", NodeSocket.#listeners.data);
    socket.on("end", NodeSocket.#listeners.end);
    socket.on("close", NodeSocket.#listeners.end);
    socket.on("error", NodeSocket.#listeners.error);
    return this.#own(socket);
  }

  /**
   * Takes over the connection of another socket, with what was not read from it. That one is closed.
   * @throws Error when it was closed before
   */
  protected takeOver(from: NodeSocket): net.Socket {
    const socket = this.#own(from.#release());
    this.#received = from.#received;
    this.#credit = from.#credit;
    this.#failure = from.#failure;
    this.#announceWritable();
    this.#announceReadable();
    this.#announceFailure();
    return socket;
  }

  /**
   * Puts a layer on the connection of another socket; the layer gets what was not read from it. That
   * one is closed.
   * @throws Error when it was closed before
   */
  protected layOver(from: NodeSocket, layer: (below: net.Socket) => net.Socket): void {
    const below = from.#release();
    if (from.#failure !== undefined) {
      this.#own(below);
      this.#failure = from.#failure;
      this.#announceFailure();
      return;
    }
    const unread = new Uint8Array(from.#received.length);
    from.#received.take(unread);
    below.pause();
    below.unshift(unread);
    this.attach(layer(below), "secureConnect");
  }

  /** Says what an error of Node's means. */
  protected explain(error: SocketError, _socket: net.Socket): TransportError {
    return connectionFailure(error);
  }

  #open(): OwnedSocket {
    if (this.#socket === undefined) {
      throw new Error("the socket is closed");
    }
    return this.#socket;
  }

  #own(socket: OwnedSocket): OwnedSocket {
    socket[OWNER] = this;
    this.#socket = socket;
    return socket;
  }

  #release(): OwnedSocket {
    const socket = this.#open();
    socket[OWNER] = undefined;
    this.#socket = undefined;
    return socket;
  }

  #fail(reason: TransportError): void {
    this.#failure ??= reason;
    this.#announceFailure();
  }

  #earn(credit: number): void {
    this.#credit = (this.#credit ?? 0) + credit;
    this.#announceWritable();
  }

  // Callbacks have a tick of their own. Were they called from an event, and threw, then what Node does
  // after the event would be left out: to read on, to complete the other writes.

  #announceWritable(): void {
    process.nextTick(() => {
      if (this.#socket !== undefined && this.#credit !== undefined && !this.#isFailureTold) {
        this.#onWritable?.(this.#credit);
      }
    });
  }

  #announceReadable(): void {
    if (this.#isReadableDue) {
      return;
    }
    this.#isReadableDue = true;
    process.nextTick(() => {
      this.#isReadableDue = false;
      if (this.#socket !== undefined && this.#received.length > 0) {
        this.#onReadable?.(this.#received.length);
      }
    });
  }

  #announceFailure(): void {
    process.nextTick(() => {
      const isDue = this.#failure !== undefined && this.#received.length === 0;
      if (this.#socket !== undefined && isDue && !this.#isFailureTold) {
        this.#isFailureTold = true;
        this.#onError?.(this.#failure);
      }
    });
  }
}
