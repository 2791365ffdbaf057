/**
 * One stream over one connection, seen from the server (RFC 6120 section 4): bytes in, bytes and events out.
 * It owns no socket and no timer; whoever does calls `receive`, `secured`, `fail` and `lost`.
 */

import { StreamError } from "../../../firmware/xmpp/errors.js";
import type { JID } from "../../../firmware/xmpp/jid.js";
import { NS_CLIENT, NS_STREAM, NS_TLS } from "../../../firmware/xmpp/namespaces.js";
import { STREAM_END, streamErrorElement } from "../../../firmware/xmpp/stream/header.js";
import { ElementBuilder, type StreamSink } from "../../../firmware/xmpp/xml/builder.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import { LIMITS, type Limits } from "../../../firmware/xmpp/xml/limits.js";
import type { Names } from "../../../firmware/xmpp/xml/names.js";
import { Tokenizer } from "../../../firmware/xmpp/xml/tokenizer.js";
import { write } from "../../../firmware/xmpp/xml/writer.js";
import { bind } from "./bind.js";
import type { Feature } from "./feature.js";
import { checkClientHeader, serverHeader } from "./header.js";

/** What a stream tells whoever owns the connection. */
export interface StreamEvents {
  /** Bytes for the client, in order. */
  onSend(bytes: Uint8Array): void;
  /** TLS is to begin on the connection; `secured()` is to be called when it stands. */
  onStartTLS(): void;
  /** The stream is over: nothing more is sent, and the connection may be closed. */
  onClosed(): void;
}

/** The session that a stream belongs to, once a resource is bound. */
export interface BoundSession {
  /** Takes a stanza of the client's. */
  receive(stanza: Element): void;
  /** The stream is over. */
  end(): void;
  /** The connection is gone, without an end of the stream. */
  lost(): void;
}

export interface StreamOptions {
  readonly domain: string;
  /** Makes the features of one stream. */
  features(): readonly Feature[];
  /** What may come in once the client is authenticated. */
  readonly limits: Limits;
  /** Shared among the streams of a server. */
  readonly names: Names;
  /** Gives bytes that nobody can predict. */
  random(count: number): Uint8Array;
  /** Begins a session with this address. */
  bind(jid: JID, stream: ServerStream): BoundSession;
}

const ID_BYTES = 12;

export class ServerStream implements StreamSink {
  /** Whether TLS protects the connection. */
  secure: boolean;
  readonly #options: StreamOptions;
  readonly #events: StreamEvents;
  readonly #features: readonly Feature[];
  #tokenizer: Tokenizer;
  #username: string | undefined;
  #session: BoundSession | undefined;
  #lang: string | undefined;
  #headerSent = false;
  /**
   * What must happen before more input is read: a new stream, or TLS, of which `handshake` says that the
   * client has been told to go ahead, so that nothing may be sent in the clear any more.
   */
  #pending: "nothing" | "restart" | "tls" | "handshake" = "nothing";
  #closed = false;

  /** @param secure whether the connection is inside TLS from its start (XEP-0368) */
  constructor(options: StreamOptions, events: StreamEvents, secure: boolean) {
    this.#options = options;
    this.#events = events;
    this.secure = secure;
    this.#features = options.features();
    this.#tokenizer = this.#newTokenizer();
  }

  get domain(): string {
    return this.#options.domain;
  }

  /** The local part of the client's account, once the client has proved that it is its own. */
  get username(): string | undefined {
    return this.#username;
  }

  /** Whether negotiation is complete. */
  get bound(): boolean {
    return this.#session !== undefined;
  }

  /** What the stream belongs to. */
  get session(): BoundSession | undefined {
    return this.#session;
  }

  /** The language of what the client sends without saying in which (RFC 6120 4.7.4). */
  get lang(): string | undefined {
    return this.#lang;
  }

  random(count: number): Uint8Array {
    return this.#options.random(count);
  }

  // The connection

  /** Bytes from the client. What is wrong with them is told to the client, never thrown. */
  receive(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length && !this.#closed; ) {
        if (this.#pending === "tls" || this.#pending === "handshake")
          // In the clear, to be taken for something said inside TLS (CVE-2011-0411).
          throw new StreamError("policy-violation", "nothing may follow <starttls/> but TLS");
        at += this.#tokenizer.write(bytes.subarray(at));
        if (this.#pending === "restart") this.#restart();
      }
      if (this.#pending === "tls" && !this.#closed) {
        this.send(xml("proceed", { xmlns: NS_TLS }));
        this.#pending = "handshake";
        this.#events.onStartTLS();
      }
    } catch (error) {
      this.fail(error instanceof StreamError ? error : faulty(error));
    }
  }

  /** TLS stands. Everything said before is forgotten (RFC 6120 5.4.3.3). */
  secured(): void {
    this.secure = true;
    this.#restart();
  }

  /** Ends the stream with an error. */
  fail(error: StreamError): void {
    if (this.#closed) return;
    if (!this.#headerSent) this.#sendHeader();
    this.send(streamErrorElement(error));
    this.#finish();
  }

  /** The connection is gone. */
  lost(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#end();
    session?.lost();
  }

  // As a feature or a session sees it

  send(element: Element): void {
    this.#write(write(element, NS_CLIENT));
  }

  /** The client asks for TLS, and gets it if nothing follows in the clear. */
  startTLS(): void {
    this.#pending = "tls";
    this.#tokenizer.stop();
  }

  /** The client has proved that the account is its own; it begins a new stream now (RFC 6120 6.4.6). */
  authenticated(username: string): void {
    this.#username = username;
    this.#pending = "restart";
    this.#tokenizer.stop();
  }

  /** Begins a session. */
  bind(jid: JID): void {
    this.#session = this.#options.bind(jid, this);
  }

  /** Takes over a session that began on another stream, which that one has lost by then or loses now. */
  adopt(session: BoundSession): void {
    this.#session = session;
  }

  /** The session goes on elsewhere. */
  abandon(): void {
    this.#session = undefined;
    this.fail(new StreamError("conflict", "the session was resumed on another stream"));
  }

  // What the client sends

  onHeader(header: Element): void {
    this.#sendHeader(header.attr("from"));
    checkClientHeader(header, this.domain);
    this.#lang = header.attr("xml:lang");
    const offers = this.#features.map((feature) => feature.offer(this));
    this.send(xml("features", { xmlns: NS_STREAM }, ...offers));
  }

  onElement(element: Element): void {
    if (element.namespace !== NS_CLIENT) this.#negotiate(element);
    else if (this.#session !== undefined) this.#session.receive(element);
    else if (this.#username !== undefined) bind.receive(element, this);
    else throw new StreamError("not-authorized", `<${element.name}/> comes after authentication`);
  }

  onEnd(): void {
    this.#finish();
  }

  #negotiate(element: Element): void {
    const { name, namespace } = element;
    const feature = this.#features.find((feature) => feature.namespace === namespace);
    if (feature !== undefined) return feature.receive(element, this);
    // RFC 6120 4.9.3.10: what looks like a stanza shows that the header declared another content namespace.
    const isStanza = name === "iq" || name === "message" || name === "presence";
    throw new StreamError(
      isStanza ? "invalid-namespace" : "unsupported-stanza-type",
      `<${name}/> in the namespace "${namespace}" means nothing here`,
    );
  }

  #restart(): void {
    this.#pending = "nothing";
    this.#headerSent = false;
    this.#lang = undefined;
    this.#tokenizer = this.#newTokenizer();
  }

  #newTokenizer(): Tokenizer {
    const limits = this.#username === undefined ? LIMITS : this.#options.limits;
    return new Tokenizer(new ElementBuilder(this, keepAll), limits, this.#options.names);
  }

  #sendHeader(to?: string): void {
    this.#headerSent = true;
    const id = Buffer.from(this.random(ID_BYTES)).toString("base64url");
    this.#write(serverHeader(this.domain, id, to));
  }

  #write(text: string): void {
    if (!this.#closed && this.#pending !== "handshake") this.#events.onSend(Buffer.from(text));
  }

  #finish(): void {
    this.#write(STREAM_END);
    this.#end();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#tokenizer.stop();
    // Once: when the connection is gone as well, its address may be another session's.
    const session = this.#session;
    this.#session = undefined;
    session?.end();
    this.#events.onClosed();
  }
}

function keepAll(): boolean {
  return true;
}

/** A fault of the server's own. Nobody is harmed by hearing which: it runs on the same machine. */
function faulty(error: unknown): StreamError {
  return new StreamError("internal-server-error", String(error));
}
