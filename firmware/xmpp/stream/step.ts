/** Stream negotiation is a row of steps (RFC 6120 4.3); each is a file of its own. */

import type { XmppError } from "../errors.js";
import type { JID } from "../jid.js";
import type { Element } from "../xml/element.js";

/** The stream as a step sees it. */
export interface Negotiation {
  /** The XMPP domain that the stream goes to. */
  readonly domain: string;
  /** Whether TLS protects the connection. */
  secure: boolean;
  /** Whether the server has accepted our credentials. */
  authenticated: boolean;
  /** The address that the server has bound to the stream. */
  jid: JID | undefined;
  /** Whether that address, and all that goes with it, was taken over from an earlier stream. */
  resumed: boolean;
  send(element: Element): void;
  /** Sends what was written for an earlier stream. */
  sendAgain(bytes: Uint8Array): void;
  /** Asks for TLS on the connection; a new stream begins inside it (RFC 6120 5.4.3.3). */
  startTLS(): void;
  /** Begins a new stream on the same connection (RFC 6120 4.3.3). */
  restart(): void;
  /** This step has done its work; the next may begin. */
  done(): void;
  /** Stanzas may be sent from now on, though negotiation goes on. */
  allowStanzas(): void;
  fail(error: XmppError): void;
}

/** Watches what goes over a stream from its first element to its last. */
export interface Monitor {
  /** A stanza is about to be sent, as these bytes. */
  sending(bytes: Uint8Array): void;
  /** It was sent. */
  sent(): void;
  /** A stanza was received, and whoever it was for is done with it. */
  handled(): void;
  /** An element has come that no step has taken. @returns `false` when it is none of the monitor's either */
  receive(element: Element, stream: Negotiation): boolean;
}

/**
 * One step of negotiation. A step object serves one connection.
 *
 * Of the steps in order, the first one that applies has the turn. It is told when a new stream was opened,
 * and when the features have come, in which case it must begin, or be done at once.
 */
export interface Step {
  /** Whether this step still has something to do, as things stand. */
  applies(stream: Negotiation): boolean;
  /**
   * The stream header was sent and the features are not here yet. What is sufficiently sure to be wanted may
   * be sent now, and saves a round trip (XEP-0305).
   */
  opened?(stream: Negotiation): void;
  begin(features: Element, stream: Negotiation): void;
  /** An element has come while this step has the turn. @returns `false` when it is none of its own */
  receive(element: Element, stream: Negotiation): boolean;
}
