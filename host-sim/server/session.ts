/** A bound resource: where its stanzas go from, and come to. */

import type { Timer, TimerHandle } from "../../firmware/io.js";
import { StanzaError, StreamError } from "../../firmware/xmpp/errors.js";
import type { JID } from "../../firmware/xmpp/jid.js";
import { NS_CLIENT } from "../../firmware/xmpp/namespaces.js";
import { parsePresence } from "../../firmware/xmpp/stanza/presence.js";
import { StreamManagement } from "../../firmware/xmpp/stream/stream-management.js";
import { type Element, xml } from "../../firmware/xmpp/xml/element.js";
import { errorReply } from "./reply.js";
import type { Router } from "./router.js";
import { LANG } from "./stream/header.js";
import type { BoundSession, ServerStream } from "./stream/stream.js";

/**
 * Sees every stanza from (`in`) and to (`out`) a client, for tests. What it returns takes the stanza's
 * place; with `undefined` the stanza is lost.
 */
export type Filter = (
  stanza: Element,
  direction: "in" | "out",
  session: Session,
) => Element | undefined;

/** How sessions without a stream are kept. */
export interface Resumption {
  readonly timer: Timer;
  /** Milliseconds. */
  readonly time: number;
}

/** Stanzas after which the client is asked for an acknowledgement, and above which it is given up. */
const REQUEST_AFTER = 8;
const MAX_UNACKNOWLEDGED = 1_000;

/** Others whom a client may have sent presence of its own; they hear of its end (RFC 6121 4.6.3). */
const MAX_DIRECTED = 100;

export class Session implements BoundSession {
  readonly jid: JID;
  /** The full JID. */
  readonly address: string;
  /** The bare JID. */
  readonly account: string;
  /** What is counted on its streams, of which there is one at a time, or none for a while. */
  readonly management = new StreamManagement<Element>();
  /** Called when the session ends, whatever the reason. */
  onEnd: () => void = () => {};
  #stream: ServerStream | undefined;
  readonly #router: Router;
  readonly #resumption: Resumption;
  #expiry: TimerHandle | undefined;
  readonly #filter: Filter | undefined;
  #presence: Element | undefined;
  #priority = 0;
  readonly #directed = new Set<string>();

  constructor(
    jid: JID,
    stream: ServerStream,
    router: Router,
    resumption: Resumption,
    filter?: Filter,
  ) {
    this.jid = jid;
    this.address = jid.toString();
    this.account = jid.bare.toString();
    this.#stream = stream;
    this.#router = router;
    this.#resumption = resumption;
    this.#filter = filter;
  }

  /** What the client has broadcast last, unless it is unavailable (RFC 6121 section 4). */
  get presence(): Element | undefined {
    return this.#presence;
  }

  /** Whether messages to the account may go here (RFC 6121 8.5.2.1.1). */
  get attractsMessages(): boolean {
    return this.#presence !== undefined && this.#priority >= 0;
  }

  /** A stanza for the client. */
  deliver(stanza: Element): void {
    const passed = this.#filter === undefined ? stanza : this.#filter(stanza, "out", this);
    if (passed === undefined) return;
    this.management.sent(passed);
    this.#stream?.send(passed);
    const waiting = this.management.unacknowledged.length;
    if (waiting > MAX_UNACKNOWLEDGED) this.#giveUp();
    else if (waiting >= REQUEST_AFTER && !this.management.isRequested)
      this.#stream?.send(this.management.request());
  }

  /** A stanza from the client. */
  receive(stanza: Element): void {
    const passed = this.#filter === undefined ? stanza : this.#filter(stanza, "in", this);
    if (passed !== undefined) this.#take(passed);
    this.management.handledOne();
  }

  #take(passed: Element): void {
    const stamped = this.#stamp(passed);
    try {
      this.#handle(stamped);
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      this.deliver(errorReply(stamped, error));
    }
  }

  /** Ends the session because another took its address (RFC 6120 7.7.2.2). */
  replace(): void {
    const stream = this.#stream;
    if (stream === undefined) this.end();
    else stream.fail(new StreamError("conflict", "the resource was bound by another stream"));
  }

  /** The connection is gone. A session that can be resumed waits for its client to come back. */
  lost(): void {
    this.#stream = undefined;
    if (!this.management.isResumable) return this.end();
    const { timer, time } = this.#resumption;
    this.#expiry = timer.set(() => this.end(), time);
  }

  /** Goes on with another stream. */
  attach(stream: ServerStream): void {
    this.#resumption.timer.clear(this.#expiry);
    const old = this.#stream;
    this.#stream = stream;
    old?.abandon();
  }

  /** The client has left more unacknowledged than there is room for. */
  #giveUp(): void {
    if (this.#stream === undefined) this.end();
    else this.#stream.fail(new StreamError("resource-constraint", "nothing is acknowledged"));
  }

  end(): void {
    this.#resumption.timer.clear(this.#expiry);
    this.management.reset();
    this.onEnd();
    this.#router.remove(this);
    this.#becomeUnavailable(xml("presence", { xmlns: NS_CLIENT, type: "unavailable" }));
  }

  /** RFC 6120 8.1.2.1: whatever the client says, it is from the client. And 8.1.5, for the language. */
  #stamp(stanza: Element): Element {
    const lang = this.#stream?.lang;
    if (lang === undefined || lang === LANG || stanza.attr("xml:lang") !== undefined)
      return stanza.with({ from: this.address });
    return stanza.with({ from: this.address, "xml:lang": lang });
  }

  #handle(stanza: Element): void {
    if (stanza.name === "presence") return this.#onPresence(stanza);
    if (stanza.name === "iq") checkIq(stanza);
    else if (stanza.name !== "message")
      throw new StreamError("unsupported-stanza-type", `<${stanza.name}/> is no stanza`);
    this.#router.route(stanza);
  }

  // Presence (RFC 6121 section 4). There are no rosters, so nobody is subscribed to anybody.

  #onPresence(presence: Element): void {
    const type = presence.attr("type");
    const to = presence.attr("to");
    const isUnavailable = type === "unavailable";
    if (type !== undefined && type !== "error" && !isUnavailable)
      throw new StanzaError("feature-not-implemented", "cancel", "there are no subscriptions");
    if (to !== undefined) {
      if (isUnavailable) this.#directed.delete(to);
      else if (type === undefined) this.#remember(to);
      this.#router.route(presence);
    } else if (isUnavailable) {
      this.#becomeUnavailable(presence);
    } else if (type === undefined) {
      this.#becomeAvailable(presence);
    }
  }

  #remember(to: string): void {
    if (this.#directed.size >= MAX_DIRECTED && !this.#directed.has(to))
      throw new StanzaError("resource-constraint", "wait", `presence to ${MAX_DIRECTED} at most`);
    this.#directed.add(to);
  }

  /** The client's other resources hear of it, and it of them; itself it hears too (4.2.2, 4.4.2). */
  #becomeAvailable(presence: Element): void {
    const isInitial = this.#presence === undefined;
    this.#presence = presence;
    this.#priority = parsePresence(presence).priority ?? 0;
    this.#router.broadcast(this.account, presence.with({ to: this.account }));
    if (!isInitial) return;
    for (const other of this.#router.sessions(this.account))
      if (other !== this && other.presence !== undefined)
        this.deliver(other.presence.with({ to: this.address }));
  }

  #becomeUnavailable(presence: Element): void {
    const stamped = presence.with({ from: this.address });
    if (this.#presence !== undefined) {
      this.#presence = undefined;
      this.#router.broadcast(this.account, stamped.with({ to: this.account }));
    }
    for (const to of this.#directed) this.#router.route(stamped.with({ to }));
    this.#directed.clear();
  }
}

/** RFC 6120 8.2.3. */
function checkIq(iq: Element): void {
  const type = iq.attr("type");
  if (iq.attr("id") === undefined)
    throw new StanzaError("bad-request", "modify", "an iq has an id");
  if (type === "result" || type === "error") return;
  if (type !== "get" && type !== "set")
    throw new StanzaError("bad-request", "modify", "an iq is a get, set, result or error");
  if (iq.elements().length !== 1)
    throw new StanzaError("bad-request", "modify", `an iq ${type} has one child element`);
}
