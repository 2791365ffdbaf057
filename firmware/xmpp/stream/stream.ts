/**
 * One XMPP stream over one connection, seen from the client (RFC 6120 section 4): bytes in, bytes and events
 * out. It owns no socket and no timer; whoever does calls `open`, `receive`, `secured` and `close`.
 */

import { StanzaError, StreamError, TransportError, XmppError } from "../errors.js";
import type { JID } from "../jid.js";
import { NS_CLIENT, NS_STREAM } from "../namespaces.js";
import { stanzaErrorElement } from "../stanza/error.js";
import { encode } from "../utf8.js";
import { ElementBuilder, type StreamSink } from "../xml/builder.js";
import { Element } from "../xml/element.js";
import { type Limits, OUTGOING_STANZA_BYTES } from "../xml/limits.js";
import type { Names } from "../xml/names.js";
import { excess } from "../xml/refusals.js";
import { Tokenizer } from "../xml/tokenizer.js";
import { writeBytes } from "../xml/writer.js";
import {
  checkHeader,
  clientHeader,
  parseStreamError,
  STREAM_END,
  streamErrorElement,
} from "./header.js";
import type { Monitor, Negotiation, Step } from "./step.js";

/** What a stream tells its owner. An owner that throws loses this stream, and nothing more. */
export interface StreamEvents {
  /** Bytes for the peer, in order. */
  onSend(bytes: Uint8Array): void;
  /** TLS is to begin on the connection; `secured()` is to be called when it stands. */
  onStartTLS(): void;
  /** Stanzas may be sent: once for each stream, before `onOnline` when pipelining. */
  onWritable(): void;
  /** Negotiation is complete. */
  onOnline(jid: JID): void;
  /** A stanza, or another first-level element, has come. */
  onElement(element: Element): void;
  /**
   * The stream is over and the connection may be dropped: nothing more is sent or told. Without an error, it
   * was closed from our side and the peer agreed.
   */
  onClosed(error?: XmppError): void;
}

export interface StreamOptions {
  domain: string;
  /** The default `xml:lang` of what is sent (RFC 6120 4.7.4). */
  lang: string;
  /** The stream clears this list when negotiation is complete: a device has other uses for the memory. */
  steps: Step[];
  monitor?: Monitor;
  limits: Limits;
  /** Shared among the streams of a process. */
  names: Names;
  /** Sees every element in both directions, for a log; whoever writes it down redacts it. */
  onTrace?: ((direction: "in" | "out", element: Element) => void) | undefined;
  /** A stanza was beyond the limit of bytes, and was read over. */
  onTooBig?: ((error: StreamError) => void) | undefined;
}

export class Stream implements Negotiation, StreamSink {
  readonly domain: string;
  secure = false;
  authenticated = false;
  jid: JID | undefined;
  resumed = false;

  readonly #options: StreamOptions;
  readonly #events: StreamEvents;
  #tokenizer: Tokenizer;
  #features: Element | "used" | undefined;
  /** The step that has the turn, until there is none left. */
  #step: Step | undefined;
  #writable = false;
  /** Set while a new stream must begin before more input is read: over TLS, or over the same connection. */
  #pending: "nothing" | "restart" | "tls" = "nothing";
  /** Whether the owner has yet to be told that stanzas may be sent, and that negotiation is complete. */
  #newlyWritable = false;
  #newlyOnline = false;
  /** What was read last, and has yet to be handled. */
  #element: Element | undefined;
  /** Whether that, or what is being read, is too big to be kept. */
  #isExcess = false;
  #ended = false;
  #endSent = false;
  #closed = false;
  #lang: string | undefined;

  constructor(options: StreamOptions, events: StreamEvents) {
    this.#options = options;
    this.#events = events;
    this.domain = options.domain;
    this.#tokenizer = this.#newTokenizer();
  }

  /** The language of what the peer sends without saying in which (RFC 6120 4.7.4). */
  get lang(): string | undefined {
    return this.#lang;
  }

  /** Whether stanzas may be sent. */
  get takesStanzas(): boolean {
    return this.#writable && !this.#endSent;
  }

  /** Opens the stream. @param secure whether the connection is inside TLS from its start (XEP-0368) */
  open(secure: boolean): void {
    this.secure = secure;
    this.#start();
  }

  /** TLS stands. Everything learned before is forgotten (RFC 6120 5.4.3.3). */
  secured(): void {
    this.#pending = "nothing";
    this.#lang = undefined;
    this.secure = true;
    this.#start();
  }

  /** Bytes from the peer. Errors in them are told by `onClosed`, never thrown. */
  receive(bytes: Uint8Array): void {
    try {
      this.#read(bytes);
    } catch (error) {
      this.#caught(error);
    }
  }

  /** Sends a stanza. @throws ConfigError when it is too big; TransportError when the stream takes none now */
  sendStanza(stanza: Element): void {
    if (!this.takesStanzas)
      throw new TransportError("not-connected", "the stream takes no stanzas now");
    this.send(stanza);
  }

  /** Closes the stream in good order (RFC 6120 4.4). `onClosed` follows when the peer has closed its side. */
  close(): void {
    this.#sendEnd();
  }

  // As a step sees it

  /** RFC 6120 4.4: behind the end of our side nothing follows. */
  send(element: Element): void {
    if (this.#endSent) return;
    const bytes = writeBytes(element, NS_CLIENT, OUTGOING_STANZA_BYTES);
    this.#options.onTrace?.("out", element);
    const monitor = isStanza(element) ? this.#options.monitor : undefined;
    monitor?.sending(bytes);
    this.#events.onSend(bytes);
    monitor?.sent();
  }

  sendAgain(bytes: Uint8Array): void {
    if (this.#endSent) return;
    this.#events.onSend(bytes);
    this.#options.monitor?.sent();
  }

  startTLS(): void {
    this.#pending = "tls";
    this.#tokenizer.stop();
  }

  restart(): void {
    this.#pending = "restart";
    this.#tokenizer.stop();
  }

  done(): void {
    this.#step = this.#next();
    if (this.#step !== undefined) {
      const features = this.#features;
      if (typeof features === "object") this.#step.begin(features, this);
      return;
    }
    this.#features = "used"; // they take a kilobyte
    this.#options.steps.length = 0;
    this.allowStanzas();
    this.#newlyOnline = true;
  }

  allowStanzas(): void {
    if (this.#writable) return;
    this.#writable = true;
    this.#newlyWritable = true;
  }

  /** Ends the stream for an error found on this side, and tells the peer if it is about the stream. */
  fail(error: XmppError): void {
    if (this.#closed) return;
    if (error instanceof StreamError && this.#pending !== "tls")
      this.send(streamErrorElement(error));
    this.#finish(error);
  }

  // What the peer sends

  onHeader(header: Element): void {
    checkHeader(header);
    this.#lang = header.attr("xml:lang");
  }

  onElement(element: Element): void {
    this.#element = element;
    this.#tokenizer.stop();
  }

  /**
   * A stanza that is too big does not end the stream: a server that has it for us would give it to us again on the
   * next. What is no stanza belongs to the negotiation, which cannot do without.
   */
  onExcess(stanza: Element): boolean {
    this.#isExcess = this.jid !== undefined && isStanza(stanza);
    return this.#isExcess;
  }

  onEnd(): void {
    this.#ended = true;
    this.#tokenizer.stop();
  }

  /** Handles what was read. The tokenizer has returned by then: a microcontroller's stack is not deep. */
  #handle(): void {
    const element = this.#element;
    this.#element = undefined;
    if (element !== undefined) this.#take(element);
    if (!this.#ended || this.#closed) return;
    const orderly = this.#endSent;
    this.#sendEnd();
    this.#finish(
      orderly ? undefined : new StreamError("connection-closed", "the server ended the stream"),
    );
  }

  #take(read: Element): void {
    const isExcess = this.#isExcess;
    this.#isExcess = false;
    const element = isExcess ? withoutContent(read) : read;
    this.#options.onTrace?.("in", element);
    if (element.is("error", NS_STREAM)) return this.#finish(parseStreamError(element));
    // Once our side is closed, stanzas are still taken, but negotiation does not go on.
    if (this.#endSent && this.#step !== undefined) return;
    if (element.namespace === NS_STREAM) {
      if (element.name !== "features")
        throw new StreamError("unsupported-stanza-type", `<stream:${element.name}/>`);
      this.#onFeatures(element);
      return;
    }
    if (
      this.#step?.receive(element, this) !== true &&
      !this.#options.monitor?.receive(element, this)
    ) {
      // Stanzas come while the last steps are under way: answers with pipelining, others once we are bound.
      if (!this.#writable && this.jid === undefined)
        throw new StreamError("not-authorized", `<${element.name}/> came too early`, "now");
      try {
        if (isExcess) this.#options.onTooBig?.(this.#excess(element));
        this.#events.onElement(element);
      } catch (error) {
        throw internalError(error);
      }
    }
    if (isStanza(element)) this.#options.monitor?.handled();
  }

  #excess(stanza: Element): StreamError {
    const from = stanza.attr("from") ?? "the server";
    const { stanzaBytes } = this.#options.limits;
    return excess(`bytes in a stanza from ${from}, which was read over`, stanzaBytes);
  }

  #onFeatures(features: Element): void {
    if (this.#features !== undefined)
      throw new StreamError("undefined-condition", "the features came twice");
    this.#features = features;
    this.#step?.begin(features, this);
  }

  #read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#closed; ) {
      if (this.#pending === "tls")
        // Injected before TLS, to be taken for something said inside it (CVE-2011-0411).
        throw new StreamError("policy-violation", "the server went on behind <proceed/>");
      at += this.#tokenizer.write(at === 0 ? bytes : bytes.subarray(at));
      this.#handle();
      if (this.#pending === "restart") this.#begin();
      this.#announce();
    }
    if (this.#pending === "tls" && !this.#closed) this.#events.onStartTLS();
  }

  /** Tells the owner what the steps have brought about, once they have returned. */
  #announce(): void {
    try {
      if (this.#newlyWritable) {
        this.#newlyWritable = false;
        this.#events.onWritable();
      }
      // The owner may just have closed the stream.
      if (this.#newlyOnline && !this.#endSent) {
        this.#newlyOnline = false;
        this.#events.onOnline(this.jid as JID);
      }
    } catch (error) {
      throw internalError(error);
    }
  }

  #start(): void {
    try {
      this.#begin();
      this.#announce();
    } catch (error) {
      this.#caught(error);
    }
  }

  /** Something was found to be wrong: the peer's fault, or one of our own. */
  #caught(error: unknown): void {
    // There is nothing left to end when it is `onClosed` that throws.
    if (this.#closed) throw error;
    this.fail(error instanceof XmppError ? error : internalError(error));
  }

  #begin(): void {
    this.#pending = "nothing";
    if (this.#endSent) return;
    this.#features = undefined;
    this.#tokenizer = this.#newTokenizer();
    this.#events.onSend(encode(clientHeader(this.domain, this.#options.lang)));
    this.#step = this.#next();
    this.#step?.opened?.(this);
  }

  #next(): Step | undefined {
    return this.#options.steps.find((step) => step.applies(this));
  }

  #newTokenizer(): Tokenizer {
    const builder = new ElementBuilder(this, keepUnlessBounced);
    return new Tokenizer(builder, this.#options.limits, this.#options.names);
  }

  #sendEnd(): void {
    if (this.#endSent) return;
    this.#endSent = true;
    // Behind <proceed/> only TLS may follow, so an end in the clear is left out.
    if (this.#pending !== "tls") this.#events.onSend(encode(STREAM_END));
  }

  #finish(error?: XmppError): void {
    if (this.#closed) return;
    this.#sendEnd();
    this.#closed = true;
    this.#tokenizer.stop();
    this.#events.onClosed(error);
  }
}

/** Whether it is one of the three kinds of stanzas (RFC 6120 8.1). */
function isStanza(element: Element): boolean {
  const { name, namespace } = element;
  return namespace === NS_CLIENT && (name === "message" || name === "iq" || name === "presence");
}

/**
 * Of a stanza that came back with an error, only the error is kept. Some servers send the whole of it back,
 * which may be more than a device has room for, and nothing in it is news (RFC 6120 8.3.1).
 */
function keepUnlessBounced(stanza: Element, name: string, namespace: string): boolean {
  if (stanza.namespace !== NS_CLIENT || stanza.attr("type") !== "error") return true;
  return name === "error" && namespace === NS_CLIENT;
}

/** What is left of a stanza that was too big. As a result without content it would say that all is well. */
function withoutContent(stanza: Element): Element {
  if (stanza.attr("type") !== "result") return stanza;
  const error = stanzaErrorElement(
    new StanzaError("resource-constraint", "wait", "the reply is too big to be kept"),
  );
  return new Element(stanza.name, NS_CLIENT, stanza.with({ type: "error" }).attributes, [error]);
}

function internalError(error: unknown): StreamError {
  return new StreamError("internal-server-error", String(error));
}
