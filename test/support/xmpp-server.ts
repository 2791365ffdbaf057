/** As much of an XMPP server as a client needs to log in to it, on the far side of a network in memory. */

import { decodeBase64 } from "../../firmware/xmpp/base64.js";
import { decode } from "../../firmware/xmpp/utf8.js";
import { ElementBuilder, type StreamSink } from "../../firmware/xmpp/xml/builder.js";
import type { Element } from "../../firmware/xmpp/xml/element.js";
import { LIMITS } from "../../firmware/xmpp/xml/limits.js";
import { Tokenizer } from "../../firmware/xmpp/xml/tokenizer.js";
import { write } from "../../firmware/xmpp/xml/writer.js";
import type { FakeNetwork, Peer } from "./network.js";

/** What a client does: it connects, opens or ends a stream, or sends an element, which goes by its name. */
export type Event = "connect" | "stream" | "end" | (string & {});

/** How a stream begins, as this client writes it. */
const NEW_STREAM = "<stream:s";

export const DOMAIN = "example.org";
export const PASSWORD = "pencil";

/** Answers every connection. Whatever a client must not do throws, and is among the network's violations. */
export class FakeServer {
  readonly sessions: Session[] = [];
  domain = DOMAIN;
  /** How many bytes a client may write at once. */
  window = 16_384;
  mechanisms: readonly string[] = ["PLAIN"];
  /** Looks at everything before the server does. @returns `true` to leave the server out of it */
  intercept: (event: Event, session: Session, element?: Element) => boolean = () => false;

  constructor(network: FakeNetwork) {
    network.onConnect = (peer) => {
      const session = new Session(this, network, peer);
      this.sessions.push(session);
      session.connect();
    };
  }

  /** The session that was begun last. */
  get last(): Session {
    return this.sessions[this.sessions.length - 1] as Session;
  }
}

export class Session implements StreamSink {
  readonly peer: Peer;
  /** Messages, presences, and iq stanzas other than those of negotiation. */
  readonly stanzas: Element[] = [];
  jid = "";
  readonly #server: FakeServer;
  readonly #network: FakeNetwork;
  #tokenizer = this.#newTokenizer();
  #isSecure = false;
  #isAuthenticated = false;
  #mayStanzas = false;
  /** Whether a new stream is to begin, and what has come of it. */
  #restarts = false;
  readonly #opening: number[] = [];
  #isEnded = false;

  constructor(server: FakeServer, network: FakeNetwork, peer: Peer) {
    this.#server = server;
    this.#network = network;
    this.peer = peer;
    peer.window = server.window;
    this.#isSecure = peer.tls !== undefined;
    peer.onReceive = (bytes) => this.#read(bytes);
  }

  connect(): void {
    if (!this.#server.intercept("connect", this)) this.peer.accept();
  }

  send(text: string): void {
    this.peer.send(text);
  }

  /** The local names and types of what the client has sent, negotiation apart. */
  get summary(): string[] {
    return this.stanzas.map((stanza) => `${stanza.name} ${stanza.attr("type") ?? ""}`.trim());
  }

  #read(bytes: Uint8Array): void {
    if (this.#isEnded) this.#network.refuse("data behind </stream:stream>");
    if (this.#restarts) {
      // The client may end the old stream while it is told that a new one is to begin.
      this.#opening.push(...bytes);
      if (this.#opening.length < NEW_STREAM.length) return;
      this.#restarts = false;
      const opening = Uint8Array.from(this.#opening.splice(0));
      if (decode(opening).startsWith(NEW_STREAM)) this.#tokenizer = this.#newTokenizer();
      this.#tokenizer.write(opening);
    } else {
      this.#tokenizer.write(bytes);
    }
  }

  #newTokenizer(): Tokenizer {
    return new Tokenizer(new ElementBuilder(this, () => true), LIMITS);
  }

  onHeader(header: Element): void {
    const { domain } = this.#server;
    if (header.attr("to") !== domain) this.#network.refuse(`a stream to ${header.attr("to")}`);
    if (this.#server.intercept("stream", this, header)) return;
    this.send(
      `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'
        version='1.0' from='${domain}' id='s' xml:lang='en'><stream:features>${this.#features()}</stream:features>`,
    );
  }

  #features(): string {
    if (!this.#isSecure) return "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    if (this.#isAuthenticated) return "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
    const list = this.#server.mechanisms.map((name) => `<mechanism>${name}</mechanism>`);
    return `<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${list.join("")}</mechanisms>`;
  }

  onElement(element: Element): void {
    if (element.is("error", "http://etherx.jabber.org/streams")) return;
    const isStanza = element.namespace === "jabber:client";
    const isBind = element.child("bind", "urn:ietf:params:xml:ns:xmpp-bind") !== undefined;
    if (isStanza && !this.#isAuthenticated)
      this.#network.refuse(`a stanza outside of a session: ${write(element, "")}`);
    if (isBind) this.#mayStanzas = true;
    if (isStanza && !this.#mayStanzas) this.#network.refuse("a stanza before binding");
    if (!this.#isSecure && element.name !== "starttls")
      this.#network.refuse(`in the clear: ${write(element, "")}`);
    if (isStanza && !isBind) this.stanzas.push(element);
    if (this.#server.intercept(isBind ? "bind" : element.name, this, element)) return;
    if (element.name === "starttls") this.#startTLS();
    else if (element.name === "auth") this.#authenticate(element);
    else if (isBind) this.#bind(element);
    else if (element.name === "iq" && element.attr("type") !== "result") this.#reply(element);
  }

  onEnd(): void {
    this.#isEnded = true;
    if (!this.#server.intercept("end", this)) this.send("</stream:stream>");
  }

  #startTLS(): void {
    this.#restarts = true;
    this.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    this.#isSecure = true;
    this.peer.onSecure = () => {
      if (!this.#server.intercept("tls", this)) this.peer.accept();
    };
  }

  #authenticate(auth: Element): void {
    const [, , password] = decode(decodeBase64(auth.text()) as Uint8Array).split("\0");
    const sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
    if (!this.#server.mechanisms.includes(auth.attr("mechanism") ?? ""))
      return this.send(`<failure ${sasl}><invalid-mechanism/></failure>`);
    if (password !== PASSWORD) return this.send(`<failure ${sasl}><not-authorized/></failure>`);
    this.#restarts = true;
    this.#isAuthenticated = true;
    this.send(`<success ${sasl}/>`);
  }

  #bind(iq: Element): void {
    const resource = iq.elements()[0]?.childText("resource") ?? "chosen";
    this.jid = `juliet@${this.#server.domain}/${resource}`;
    this.send(
      `<iq id='${iq.attr("id")}' type='result'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>` +
        `<jid>${this.jid}</jid></bind></iq>`,
    );
  }

  #reply(iq: Element): void {
    const from = iq.attr("to") === undefined ? "" : ` from='${iq.attr("to")}'`;
    this.send(`<iq id='${iq.attr("id")}' type='result'${from}/>`);
  }
}
