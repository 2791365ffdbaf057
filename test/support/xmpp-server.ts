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

export const DOMAIN = "example.org";
export const PASSWORD = "pencil";

/** Answers every connection. Whatever a client must not do throws, and is among the network's violations. */
export class FakeServer {
  readonly sessions: Session[] = [];
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
  #restarts = false;
  #isEnded = false;

  constructor(server: FakeServer, network: FakeNetwork, peer: Peer) {
    this.#server = server;
    this.#network = network;
    this.peer = peer;
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
    for (let at = 0; at < bytes.length; ) {
      at += this.#tokenizer.write(bytes.subarray(at));
      if (!this.#restarts) continue;
      this.#restarts = false;
      this.#tokenizer = this.#newTokenizer();
    }
  }

  #newTokenizer(): Tokenizer {
    return new Tokenizer(new ElementBuilder(this, () => true), LIMITS);
  }

  #restart(): void {
    this.#restarts = true;
    this.#tokenizer.stop();
  }

  onHeader(header: Element): void {
    if (header.attr("to") !== DOMAIN) this.#network.refuse(`a stream to ${header.attr("to")}`);
    if (this.#server.intercept("stream", this, header)) return;
    this.send(
      `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'
        version='1.0' from='${DOMAIN}' id='s' xml:lang='en'><stream:features>${this.#features()}</stream:features>`,
    );
  }

  #features(): string {
    if (!this.#isSecure) return "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    if (this.#isAuthenticated) return "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
    const list = this.#server.mechanisms.map((name) => `<mechanism>${name}</mechanism>`);
    return `<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${list.join("")}</mechanisms>`;
  }

  onElement(element: Element): void {
    const isStanza = element.namespace === "jabber:client";
    const isBind = element.child("bind", "urn:ietf:params:xml:ns:xmpp-bind") !== undefined;
    if (isStanza && !this.#isAuthenticated)
      this.#network.refuse(`a stanza outside of a session: ${write(element, "")}`);
    if (isStanza && this.jid === "" && !isBind) this.#network.refuse("a stanza before binding");
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
    this.#restart();
    this.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    this.#isSecure = true;
    const whenTaken = (): void => {
      if (this.peer.isClosed) return;
      if (this.peer.tls === undefined) this.#network.soon(whenTaken);
      else if (!this.#server.intercept("tls", this)) this.peer.accept();
    };
    this.#network.soon(whenTaken);
  }

  #authenticate(auth: Element): void {
    const [, , password] = decode(decodeBase64(auth.text()) as Uint8Array).split("\0");
    const sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
    if (!this.#server.mechanisms.includes(auth.attr("mechanism") ?? ""))
      return this.send(`<failure ${sasl}><invalid-mechanism/></failure>`);
    if (password !== PASSWORD) return this.send(`<failure ${sasl}><not-authorized/></failure>`);
    this.#restart();
    this.#isAuthenticated = true;
    this.send(`<success ${sasl}/>`);
  }

  #bind(iq: Element): void {
    const resource = iq.elements()[0]?.childText("resource") ?? "chosen";
    this.jid = `juliet@${DOMAIN}/${resource}`;
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
