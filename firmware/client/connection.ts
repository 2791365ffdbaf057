/**
 * One connection: a stream joined to the sockets it runs over. It ends once, with or without an error, and
 * says so by `onClosed`; what to do then is for the client to decide.
 */

import type {
  SecureOptions,
  Socket,
  SocketCallbacks,
  SocketSource,
  TCPConstructor,
  Timer,
  TimerHandle,
  TLSConstructor,
} from "../io.js";
import { StreamError, TransportError, XmppError } from "../xmpp/errors.js";
import type { JID } from "../xmpp/jid.js";
import { Stream, type StreamEvents, type StreamOptions } from "../xmpp/stream/stream.js";
import type { Element } from "../xmpp/xml/element.js";
import { OUTGOING_STANZA_BYTES } from "../xmpp/xml/limits.js";

/** The `tls` option, as Moddable's clients take it: the class, the TCP it is to use, and its settings. */
export interface TLSProvider {
  io: TLSConstructor;
  TCP: { io: TCPConstructor };
  /** Whom to trust; the rest of what {@link SecureOptions} says is for the connection to say. */
  secure?: Pick<SecureOptions, "certificate">;
}

/** How long it may take to reach the server and, with direct TLS, to agree on keys. Milliseconds. */
const CONNECT_TIMEOUT = 30_000;

/**
 * How long negotiation may take. Servers that throttle fall silent for ten seconds at a time, and deriving
 * keys takes a slow chip as long.
 */
const NEGOTIATION_TIMEOUT = 60_000;

/** How long to wait for the server to close its side of the stream after we have closed ours. */
const CLOSE_TIMEOUT = 5_000;

/** Bytes that wait to be sent, above which no more stanzas are taken. */
const QUEUE_BYTES = 8_192;

/**
 * Bytes that wait to be sent, above which nothing more is read: so many are there only if answers pile up. A
 * full queue does not stop the reading, or both sides could wait for each other.
 */
const ANSWER_BYTES = QUEUE_BYTES + OUTGOING_STANZA_BYTES;

/** Bytes to take out of the socket at once: this is what a device has a buffer for. */
const READ_BYTES = 2_048;

/** XEP-0368: the name of the protocol in ALPN. */
const ALPN = Object.freeze(["xmpp-client"]);

export interface ConnectionEvents {
  /** Stanzas may be sent: first when the stream takes them, then whenever the queue has emptied. */
  onWritable(): void;
  onOnline(jid: JID): void;
  onElement(element: Element): void;
  /** Bytes have come from the peer. */
  onHeard(): void;
  /** The connection is no more. Without an error, it was closed from our side. */
  onClosed(error?: XmppError): void;
}

export interface ConnectionOptions {
  address: string;
  port: number;
  /** Whether TLS begins with the connection (XEP-0368), or by STARTTLS. */
  direct: boolean;
  tcp: { io: TCPConstructor };
  tls: TLSProvider;
  timer: Timer;
  stream: StreamOptions;
}

export class Connection implements StreamEvents {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #stream: Stream;
  #socket: Socket | undefined;
  #deadline: TimerHandle | undefined;
  #failure: TimerHandle | undefined;
  /** Whether the present socket has said that it stands. */
  #connected = false;
  /** Whether the present socket took over a plain one. */
  #upgraded = false;
  #opened = false;
  #closing = false;
  #closed = false;

  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  /** Bytes of the present input that are still in the socket. */
  #unread = 0;
  /** How much the socket takes. */
  #credit = 0;
  /** Set while input is handled, so that everything it brings about leaves in one write. */
  #corked = false;
  /** Whether somebody was told that the queue is full, and is to hear when it is not. */
  #wasFull = false;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#stream = new Stream(options.stream, this);
    const { address, port, direct } = options;
    this.#socket = this.#openSocket(direct, { address, port });
    this.#setTimeout(CONNECT_TIMEOUT, `${address} port ${port} cannot be reached`);
  }

  /** The language of what the server sends without saying in which. */
  get lang(): string | undefined {
    return this.#stream.lang;
  }

  /** Whether stanzas may be sent: not before negotiation has come so far. */
  get takesStanzas(): boolean {
    return this.#stream.takesStanzas;
  }

  /** Whether a stream was opened, so that negotiation and not the connection is what failed. */
  get opened(): boolean {
    return this.#opened;
  }

  /**
   * Sends a stanza.
   * @param urgent whether to send it even if the queue is full
   * @throws TransportError `not-connected` or `queue-full`; ConfigError `stanza-too-big`
   */
  send(stanza: Element, urgent: boolean): void {
    if (this.#queued > QUEUE_BYTES && !urgent) {
      this.#wasFull = true;
      throw new TransportError(
        "queue-full",
        "the connection does not keep up; wait for onWritable",
      );
    }
    this.#stream.sendStanza(stanza);
  }

  /** Sends an element that is no stanza. */
  sendNonza(element: Element): void {
    this.#stream.send(element);
  }

  /** Closes the stream in good order, or drops a connection that has none yet. */
  close(): void {
    if (this.#closed || this.#closing) return;
    this.#closing = true;
    if (!this.#connected) return this.onClosed();
    this.#stream.close();
    this.#setDeadline(CLOSE_TIMEOUT, undefined);
  }

  /**
   * Drops the connection for a reason found outside of it. The stream is not ended: that would end the session,
   * which may go on with another connection.
   */
  fail(error: XmppError): void {
    this.onClosed(error);
  }

  // As the stream sees it

  onSend(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    this.#flush();
  }

  onStartTLS(): void {
    // What is unread was sent in the clear, and TLS must not take it for its own (CVE-2011-0411).
    if (this.#unread > 0)
      throw new StreamError("policy-violation", "the server went on behind <proceed/>");
    this.#connected = false;
    this.#upgraded = true;
    this.#credit = 0;
    this.#setTimeout(CONNECT_TIMEOUT, "the server does not answer in TLS");
    this.#socket = this.#openSocket(true, { from: this.#socket as Socket });
  }

  onWritable(): void {
    this.#events.onWritable();
  }

  onOnline(jid: JID): void {
    this.#options.timer.clear(this.#deadline);
    this.#deadline = undefined;
    this.#events.onOnline(jid);
  }

  onElement(element: Element): void {
    this.#events.onElement(element);
  }

  // Sockets

  /** @throws XmppError when the host refuses: it may have no memory for a socket, or a certificate is no good */
  #openSocket(secure: boolean, source: SocketSource): Socket {
    try {
      return secure ? this.#openTLS(source) : this.#openTCP(source);
    } catch (error) {
      throw error instanceof XmppError
        ? error
        : new TransportError("connection-failed", String(error));
    }
  }

  #openTCP(source: SocketSource): Socket {
    return new this.#options.tcp.io({ ...source, noDelay: true, ...this.#callbacks() });
  }

  #openTLS(source: SocketSource): Socket {
    const { io, TCP, secure: trust } = this.#options.tls;
    const secure: SecureOptions = {
      ...trust,
      serverName: this.#options.stream.domain,
      ...(this.#options.direct ? { applicationLayerProtocolNegotiation: ALPN } : {}),
    };
    return new io({ ...source, TCP, secure, noDelay: true, ...this.#callbacks() });
  }

  /** What a socket that was replaced still says is not heard: hosts end it, but that is one check. */
  #callbacks(): SocketCallbacks {
    const connection = this;
    return {
      onReadable(count): void {
        if (this === connection.#socket) connection.#onReadable(count);
      },
      onWritable(count): void {
        if (this === connection.#socket) connection.#onWritable(count);
      },
      onError(reason): void {
        if (this === connection.#socket) connection.#onError(reason);
      },
    };
  }

  #onWritable(count: number): void {
    this.#credit = count;
    if (this.#connected) {
      this.#flush();
      this.#read();
      return;
    }
    this.#connected = true;
    this.#setTimeout(NEGOTIATION_TIMEOUT, "the server does not answer");
    this.#opened = true;
    this.#corked = true;
    if (this.#upgraded) this.#stream.secured();
    else this.#stream.open(this.#options.direct);
    this.#uncork();
  }

  #onReadable(count: number): void {
    this.#events.onHeard();
    this.#unread = count;
    this.#read();
  }

  /** Reads what waits. A peer that does not take its answers is held back until it does. */
  #read(): void {
    const socket = this.#socket;
    while (this.#unread > 0 && this.#queued <= ANSWER_BYTES && socket === this.#socket) {
      const bytes = socket?.read(Math.min(this.#unread, READ_BYTES));
      if (bytes === undefined) break;
      this.#unread -= bytes.byteLength;
      this.#corked = true;
      this.#stream.receive(new Uint8Array(bytes));
      this.#uncork();
    }
  }

  #onError(reason: Error | undefined): void {
    if (this.#closing) this.onClosed();
    else if (reason instanceof XmppError) this.onClosed(reason);
    else this.onClosed(new TransportError("connection-lost", reason?.message ?? ""));
  }

  // Output

  /** What was sent since leaves in one write, which is one TLS record and mostly one segment. */
  #uncork(): void {
    this.#corked = false;
    this.#flush();
  }

  #flush(): void {
    if (this.#corked || this.#closed || !this.#connected) return;
    try {
      this.#write();
    } catch (error) {
      // A host may find out by this that the connection is lost. Whoever sends hears of it later.
      const lost = new TransportError("connection-lost", String(error));
      this.#credit = 0;
      this.#failure ??= this.#options.timer.set(() => this.onClosed(lost), 0);
    }
    if (!this.#wasFull || this.#queued > QUEUE_BYTES / 2) return;
    this.#wasFull = false;
    this.#events.onWritable();
  }

  #write(): void {
    while (this.#queued > 0 && this.#credit > 0) {
      const bytes = this.#dequeue(this.#credit);
      this.#queued -= bytes.length;
      this.#credit = (this.#socket as Socket).write(bytes) ?? this.#credit - bytes.length;
    }
  }

  /** The next bytes to send, `limit` at most. */
  #dequeue(limit: number): Uint8Array {
    const first = this.#queue[0] as Uint8Array;
    if (this.#queue.length === 1 && first.length <= limit) {
      this.#queue.length = 0;
      return first;
    }
    const bytes = new Uint8Array(Math.min(limit, this.#queued));
    let at = 0;
    while (at < bytes.length) {
      const next = this.#queue[0] as Uint8Array;
      const room = bytes.length - at;
      if (next.length <= room) this.#queue.shift();
      else this.#queue[0] = next.subarray(room);
      bytes.set(next.subarray(0, room), at);
      at += Math.min(next.length, room);
    }
    return bytes;
  }

  // The end

  #setTimeout(delay: number, text: string): void {
    this.#setDeadline(delay, new TransportError("remote-server-timeout", text));
  }

  /** Ends the connection in `delay` milliseconds, in place of an earlier deadline. */
  #setDeadline(delay: number, error: XmppError | undefined): void {
    const { timer } = this.#options;
    timer.clear(this.#deadline);
    this.#deadline = timer.set(() => this.onClosed(error), delay);
  }

  /** What ends the stream ends the connection, and so does what else may go wrong with it. */
  onClosed(error?: XmppError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.timer.clear(this.#deadline);
    this.#options.timer.clear(this.#failure);
    try {
      // The end of our side of the stream may still wait; TCP sends it after the socket is released.
      if (this.#connected) this.#write();
    } catch {
      // It mattered to the peer alone.
    }
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    this.#events.onClosed(error);
  }
}
