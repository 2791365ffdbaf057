/** Stream management on a stream: XEP-0198, version 1.6.1. The counting is `stream-management.ts`. */

import { StreamError } from "../errors.js";
import { JID } from "../jid.js";
import type { Element } from "../xml/element.js";
import type { Monitor, Negotiation, Step } from "./step.js";
import { NS_SM, type StreamManagement } from "./stream-management.js";

export interface ManagementEvents {
  /** Whether the server offers stream management on a new session. */
  onOffer(isOffered: boolean): void;
  /** The session goes on, on a new stream. Comes before the stream is online. */
  onResumed(): void;
  /** The session could not be resumed; a new one begins. What was not acknowledged is lost with it. */
  onLost(): void;
  /** There is something that the server has not acknowledged. */
  onUnacknowledged(): void;
  /** The server has said what it has. */
  onAcknowledged(): void;
}

/** Counts what goes over one stream, and answers for it. */
export class Management implements Monitor {
  /** As bytes: a publish of 16 readings takes 850 bytes of a microcontroller so, and 5,260 as an element. */
  readonly state: StreamManagement<Uint8Array>;
  readonly events: ManagementEvents;

  /** @param state the session, which outlives the stream */
  constructor(state: StreamManagement<Uint8Array>, events: ManagementEvents) {
    this.state = state;
    this.events = events;
  }

  sending(bytes: Uint8Array): void {
    this.state.sent(bytes.slice()); // what they lie in may be twice as long
  }

  sent(): void {
    if (this.state.isEnabled) this.events.onUnacknowledged();
  }

  handled(): void {
    this.state.handledOne();
  }

  receive(element: Element, stream: Negotiation): boolean {
    if (element.namespace !== NS_SM) return false;
    switch (element.name) {
      case "r":
        stream.send(this.state.answer());
        return true;
      case "a":
        this.state.acknowledge(element);
        this.events.onAcknowledged();
        return true;
      case "enabled":
        if (stream.jid === undefined)
          throw new StreamError("undefined-condition", "<enabled/> before an address was bound");
        this.state.enabled(element, stream.jid.toString());
        if (this.state.unacknowledged.length > 0) this.events.onUnacknowledged();
        return true;
      case "failed":
        // The server would not enable it. Results of iq stanzas are what counts then.
        this.state.reset();
        this.events.onAcknowledged();
        return true;
    }
    return false;
  }
}

/** Goes on with a session instead of binding a resource (section 5). */
export class Resume implements Step {
  readonly #management: Management;
  readonly #pipelined: boolean;
  #asked = false;

  /** @param pipelined whether to ask before the features have come */
  constructor(management: Management, pipelined: boolean) {
    this.#management = management;
    this.#pipelined = pipelined;
  }

  applies(stream: Negotiation): boolean {
    const { isResumable } = this.#management.state;
    return stream.authenticated && stream.jid === undefined && isResumable;
  }

  opened(stream: Negotiation): void {
    if (this.#pipelined) this.#ask(stream);
  }

  begin(features: Element, stream: Negotiation): void {
    if (this.#asked) return;
    if (features.child("sm", NS_SM) !== undefined) return this.#ask(stream);
    this.#management.state.reset();
    this.#management.events.onLost();
    stream.done();
  }

  #ask(stream: Negotiation): void {
    this.#asked = true;
    stream.send(this.#management.state.resume());
  }

  receive(element: Element, stream: Negotiation): boolean {
    const { state, events } = this.#management;
    if (element.is("resumed", NS_SM)) {
      const unacknowledged = state.resumed(element);
      stream.jid = JID.parse(state.jid);
      stream.resumed = true;
      events.onResumed();
      // It was counted when it was sent first.
      unacknowledged.forEach((bytes) => {
        stream.sendAgain(bytes);
      });
      stream.done();
      return true;
    }
    if (!element.is("failed", NS_SM)) return false;
    // How much of it the server had (`h`, section 5) says nothing about what became of that: the replies are lost with
    // the session. Whoever asked has to ask again, and a publish under its old id does no harm.
    state.reset();
    events.onLost();
    stream.done();
    return true;
  }
}

/** Asks for stream management on a new session. The answer need not be waited for. */
export class Enable implements Step {
  readonly #management: Management;
  #asked = false;
  #finished = false;

  constructor(management: Management) {
    this.#management = management;
  }

  applies(stream: Negotiation): boolean {
    return stream.jid !== undefined && !this.#finished && !this.#management.state.isEnabled;
  }

  begin(features: Element, stream: Negotiation): void {
    this.#finished = true;
    const isOffered = features.child("sm", NS_SM) !== undefined;
    this.#management.events.onOffer(isOffered);
    if (isOffered) {
      if (!this.#asked) this.ask(stream);
    } else {
      // It was asked for in vain, if at all: nothing will be acknowledged, so nothing is kept for it.
      this.#management.state.reset();
      this.#management.events.onAcknowledged();
    }
    stream.done();
  }

  /** Asks now, right behind a pipelined bind, so that what is sent behind both is counted. */
  ask(stream: Negotiation): void {
    this.#asked = true;
    stream.send(this.#management.state.enable());
  }

  receive(): boolean {
    return false;
  }
}
