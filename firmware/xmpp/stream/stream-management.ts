/**
 * XEP-0198: Stream Management, version 1.6.1: the counting. A plain object without I/O, which can be saved
 * and restored, so that a device which reboots goes on with the session it had.
 *
 * An acknowledgement says that the server took a stanza, and nothing about what became of it: only the result
 * of a publish says that an item is published.
 */

import { StreamError } from "../errors.js";
import { type Element, xml } from "../xml/element.js";

export const NS_SM = "urn:xmpp:sm:3";

/** Counters wrap here (section 4). */
const MODULUS = 2 ** 32;

/** What it takes to go on with a session on another connection. */
export interface SavedSession {
  /** The server's name for the session. */
  readonly id: string;
  /** The address bound to it. */
  readonly jid: string;
  /** Stanzas handled that came from the server, modulo 2^32. */
  readonly handled: number;
  /** Stanzas that the server has acknowledged, modulo 2^32. */
  readonly acknowledged: number;
  /** Where the server would like to be connected to for it: `host:port`, or empty. */
  readonly location: string;
}

export class StreamManagement<Stanza> {
  /** The session that can be resumed; empty when there is none. */
  #id = "";
  #jid = "";
  #location = "";
  #enabled = false;
  #restored = false;
  /** Whether `<enable/>` was sent on this stream: what is sent from there on counts (section 4). */
  #counting = false;
  #handled = 0;
  #acknowledged = 0;
  /** Sent and not acknowledged, in order. */
  #unacknowledged: Stanza[] = [];
  #requested = false;

  /**
   * Goes on where a saved session stood. What was sent since it was saved is not known any more, so the
   * server's word is taken for how much it has; and what it has sent since will come again.
   */
  static restore<Stanza>(saved: SavedSession): StreamManagement<Stanza> {
    const state = new StreamManagement<Stanza>();
    state.#id = saved.id;
    state.#jid = saved.jid;
    state.#location = saved.location;
    state.#handled = saved.handled;
    state.#acknowledged = saved.acknowledged;
    state.#counting = true;
    state.#restored = true;
    return state;
  }

  /** What to save; `undefined` while there is nothing that could be resumed. */
  save(): SavedSession | undefined {
    if (!this.isResumable) return undefined;
    return {
      id: this.#id,
      jid: this.#jid,
      handled: this.#handled,
      acknowledged: this.#acknowledged,
      location: this.#location,
    };
  }

  get isResumable(): boolean {
    return this.#id !== "";
  }

  /** Whether the server has agreed to it on the present stream. */
  get isEnabled(): boolean {
    return this.#enabled;
  }

  get jid(): string {
    return this.#jid;
  }

  get location(): string {
    return this.#location;
  }

  get unacknowledged(): readonly Stanza[] {
    return this.#unacknowledged;
  }

  /** Whether an acknowledgement was asked for and has not come. */
  get isRequested(): boolean {
    return this.#requested;
  }

  /** Begins a session: what is sent behind this counts. */
  enable(): Element {
    this.reset();
    this.#counting = true;
    return xml("enable", { xmlns: NS_SM, resume: "true" });
  }

  /** The server has agreed. What it sends behind this counts. */
  enabled(element: Element, jid: string): void {
    this.#enabled = true;
    this.#jid = jid;
    this.#handled = 0;
    const resumable = element.attr("resume") === "true" || element.attr("resume") === "1";
    this.#id = resumable ? (element.attr("id") ?? "") : "";
    this.#location = element.attr("location") ?? "";
  }

  /** A stanza was sent, or will be as soon as the stream is resumed. */
  sent(stanza: Stanza): void {
    if (this.#counting) this.#unacknowledged.push(stanza);
  }

  /** A stanza from the server was handled: not just received, for then nobody else has it any more. */
  handledOne(): void {
    if (this.#enabled) this.#handled = (this.#handled + 1) % MODULUS;
  }

  /** Asks for an acknowledgement. */
  request(): Element {
    this.#requested = true;
    return xml("r", { xmlns: NS_SM });
  }

  /** Says what was handled: the answer to `<r/>`. */
  answer(): Element {
    return xml("a", { xmlns: NS_SM, h: String(this.#handled) });
  }

  /**
   * The server acknowledges.
   * @returns the stanzas that it has now, in order
   * @throws StreamError when it acknowledges what was never sent, or takes an acknowledgement back
   */
  acknowledge(element: Element): Stanza[] {
    this.#requested = false;
    return this.#release(parseCount(element));
  }

  /** Asks to go on with the session, instead of binding a resource. */
  resume(): Element {
    this.#enabled = false;
    this.#requested = false;
    return xml("resume", { xmlns: NS_SM, previd: this.#id, h: String(this.#handled) });
  }

  /**
   * The session goes on. The counters do, too, so what is sent again is not counted again.
   * @returns what the server does not have, to be sent again in this order
   * @throws StreamError as `acknowledge` does
   */
  resumed(element: Element): readonly Stanza[] {
    const h = parseCount(element);
    if (this.#restored) this.#acknowledged = h;
    this.#restored = false;
    this.#release(h);
    this.#enabled = true;
    this.#requested = false;
    return this.#unacknowledged;
  }

  /** Forgets the session. */
  reset(): void {
    this.#id = "";
    this.#jid = "";
    this.#location = "";
    this.#enabled = false;
    this.#restored = false;
    this.#counting = false;
    this.#requested = false;
    this.#handled = 0;
    this.#acknowledged = 0;
    this.#unacknowledged = [];
  }

  #release(h: number): Stanza[] {
    const count = (h - this.#acknowledged + MODULUS) % MODULUS;
    if (count > this.#unacknowledged.length)
      // Section 4 has this end the stream: one of the two has lost count.
      throw new StreamError(
        "undefined-condition",
        `the server acknowledges ${h} stanzas, of ${this.#acknowledged + this.#unacknowledged.length} sent`,
      );
    this.#acknowledged = h;
    return this.#unacknowledged.splice(0, count);
  }
}

function parseCount(element: Element): number {
  const text = element.attr("h") ?? "";
  const count = /^[0-9]{1,10}$/.test(text) ? Number(text) : MODULUS;
  if (count >= MODULUS)
    throw new StreamError("undefined-condition", `"${text}" is no number of stanzas`);
  return count;
}
