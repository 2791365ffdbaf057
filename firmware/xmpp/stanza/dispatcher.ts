/**
 * Brings what comes in to whoever is in charge of it, by kind, name and namespace. Extensions register here;
 * this file knows none of them.
 */

import type { Crypto, Timer } from "../../io.js";
import { encodeBase64 } from "../base64.js";
import { StanzaError, TransportError, XmppError } from "../errors.js";
import { JID } from "../jid.js";
import { NS_CLIENT } from "../namespaces.js";
import { type Element, xml } from "../xml/element.js";
import { errorReply } from "./error.js";
import { type Done, Requests } from "./requests.js";

/**
 * Answers an iq.
 * @param payload the one child of the iq
 * @returns the child of the result, if it is to have one
 * @throws StanzaError for an error instead of a result
 */
export type IqHandler = (payload: Element, iq: Element) => Element | undefined;

/** Takes a message. @param payload the child it was registered for */
export type MessageHandler = (payload: Element, message: Element) => void;

export type PresenceHandler = (presence: Element) => void;

/** What an extension may do with the stream it is part of. */
export interface Stanzas {
  /** The address the server has bound, or the account's while it has bound none. */
  readonly jid: JID;
  /**
   * Sends a stanza.
   * @throws TransportError `not-connected`, or `queue-full` when the connection does not keep up
   * @throws ConfigError `stanza-too-big`
   */
  send(stanza: Element): void;
  /**
   * Sends an iq and waits for the reply.
   * @throws as `send` does, and ConfigError `jid-malformed`; `done` is not called then
   * @param type what is asked: `get` or `set`
   * @param to the address; `undefined` for our own account at our server
   * @param done called once, later: with the reply, or with a
   *   StanzaError from the peer, or a TransportError
   * @param timeout milliseconds
   */
  request(
    type: "get" | "set",
    to: string | undefined,
    payload: Element,
    done: Done,
    timeout?: number,
  ): void;
  /** Answers iq stanzas that carry this payload. One handler for each. */
  onIq(type: "get" | "set", name: string, namespace: string, handler: IqHandler): void;
  /**
   * Takes messages, errors excepted, that carry this payload; of several alike in one message, the first.
   * One handler for each.
   */
  onMessage(name: string, namespace: string, handler: MessageHandler): void;
  /** Takes every presence stanza. */
  onPresence(handler: PresenceHandler): void;
  /** Adds to every presence that is broadcast. */
  onSendPresence(decorate: () => Element): void;
  /** Says in service discovery that this feature is there (XEP-0030). */
  addFeature(namespace: string): void;
  /** The features added so far. */
  readonly features: readonly string[];
}

/** An extension is a file that exports one of these, or what makes one. */
export interface Extension {
  install(stanzas: Stanzas): void;
}

/** How long to wait for a reply. Well above the ten seconds for which servers fall silent to throttle. */
export const REQUEST_TIMEOUT = 30_000;

const PREFIX_BYTES = 9;

export interface DispatcherOptions {
  /** The account, before a resource is bound. */
  jid: JID;
  timer: Timer;
  crypto: Crypto;
  /** Sends as {@link Stanzas.send} does. @param urgent whether it goes even if the connection does not keep up */
  send(stanza: Element, urgent: boolean): void;
}

export class Dispatcher implements Stanzas {
  jid: JID;
  readonly #send: (stanza: Element, urgent: boolean) => void;
  readonly #requests: Requests;
  readonly #handlers = new Map<string, IqHandler | MessageHandler>();
  // Made anew when something is added, because what engines reserve for arrays that grow is more than is in these.
  #presence: readonly PresenceHandler[] = [];
  #decorations: readonly (() => Element)[] = [];
  #features: readonly string[] = [];
  /** Ids cannot be guessed, so that nobody else can answer (RFC 6120 8.1.3). */
  readonly #prefix: string;
  #counter = 0;

  constructor(options: DispatcherOptions) {
    this.jid = options.jid;
    this.#send = options.send;
    this.#requests = new Requests(options.timer);
    this.#prefix = encodeBase64(options.crypto.random(PREFIX_BYTES));
  }

  get features(): readonly string[] {
    return this.#features;
  }

  send(stanza: Element): void {
    this.#send(stanza, false);
  }

  request(
    type: "get" | "set",
    to: string | undefined,
    payload: Element,
    done: Done,
    timeout: number = REQUEST_TIMEOUT,
    urgent = false,
  ): void {
    const id = `${this.#prefix}${(this.#counter++).toString(36)}`;
    // The reply comes from the address as the server writes it.
    const address = to === undefined ? undefined : JID.parse(to).toString();
    this.#requests.add(id, address ?? "", timeout, done);
    try {
      this.#send(xml("iq", { xmlns: NS_CLIENT, type, id, to: address }, payload), urgent);
    } catch (error) {
      this.#requests.cancel(id);
      throw error;
    }
  }

  /** The presence that is broadcast: what extensions add comes behind `children`. */
  presence(attributes: Readonly<Record<string, string>>, children: readonly Element[]): Element {
    const decorations = this.#decorations.map((decorate) => decorate());
    return xml("presence", { xmlns: NS_CLIENT, ...attributes }, ...children, ...decorations);
  }

  onIq(type: "get" | "set", name: string, namespace: string, handler: IqHandler): void {
    this.#register(`iq ${type}`, name, namespace, handler);
  }

  onMessage(name: string, namespace: string, handler: MessageHandler): void {
    this.#register("message", name, namespace, handler);
  }

  onPresence(handler: PresenceHandler): void {
    this.#presence = this.#presence.concat(handler);
  }

  onSendPresence(decorate: () => Element): void {
    this.#decorations = this.#decorations.concat(decorate);
  }

  addFeature(namespace: string): void {
    if (!this.#features.includes(namespace)) this.#features = this.#features.concat(namespace);
  }

  #register(
    kind: string,
    name: string,
    namespace: string,
    handler: IqHandler | MessageHandler,
  ): void {
    const key = `${kind} ${name} ${namespace}`;
    if (this.#handlers.has(key)) throw new Error(`two handlers for ${key}`);
    this.#handlers.set(key, handler);
  }

  /** Takes a stanza from the stream. What is no stanza is left alone: it belongs to an extension not used. */
  receive(stanza: Element): void {
    if (stanza.namespace !== NS_CLIENT) return;
    if (stanza.name === "iq") this.#receiveIq(stanza);
    else if (stanza.name === "message") this.#receiveMessage(stanza);
    else if (stanza.name === "presence")
      this.#presence.forEach((take) => {
        take(stanza);
      });
  }

  /** The connection is gone: requests under way end with `error`. */
  disconnected(error: XmppError | undefined): void {
    this.#requests.fail(error ?? new TransportError("not-connected", "the stream was closed"));
  }

  #receiveIq(iq: Element): void {
    const type = iq.attr("type");
    // RFC 6120 8.2.3: results and errors are never answered, whoever they are for.
    if (type === "result" || type === "error") {
      this.#requests.settle(iq, this.jid);
      return;
    }
    if (iq.attr("id") === undefined) return; // which cannot be answered
    const answer = this.#answer(iq, type);
    try {
      // Answers are as few as what is read, and reading stops while the connection does not keep up.
      this.#send(answer, true);
    } catch (error) {
      // It is too late, or the id and the address that must go back make it too big: a stranger chose them.
      if (!(error instanceof XmppError)) throw error;
    }
  }

  #answer(iq: Element, type: string | undefined): Element {
    try {
      const payloads = iq.elements();
      const payload = payloads[0];
      if (payload === undefined || payloads.length > 1 || (type !== "get" && type !== "set"))
        throw new StanzaError("bad-request", "modify");
      const handler = this.#handlers.get(`iq ${type} ${payload.name} ${payload.namespace}`);
      if (handler === undefined) throw new StanzaError("service-unavailable", "cancel");
      const result = (handler as IqHandler)(payload, iq);
      const attributes = {
        xmlns: NS_CLIENT,
        type: "result",
        id: iq.attr("id"),
        to: iq.attr("from"),
      };
      return xml("iq", attributes, result);
    } catch (error) {
      if (error instanceof StanzaError) return errorReply(iq, error);
      throw error;
    }
  }

  /** An error comes back with what was sent, which is not news from anybody (RFC 6120 8.3.1). */
  #receiveMessage(message: Element): void {
    if (message.attr("type") === "error") return;
    message.elements().forEach((payload) => {
      if (message.child(payload.name, payload.namespace) !== payload) return;
      const handler = this.#handlers.get(`message ${payload.name} ${payload.namespace}`);
      if (handler !== undefined) (handler as MessageHandler)(payload, message);
    });
  }
}
