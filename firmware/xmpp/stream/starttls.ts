/** STARTTLS (RFC 6120 section 5). */

import { StreamError } from "../errors.js";
import { NS_TLS } from "../namespaces.js";
import { type Element, xml } from "../xml/element.js";
import type { Negotiation, Step } from "./step.js";

/**
 * Asks for TLS whatever the server says of it. That it be required is our policy and not the server's
 * choice, so a features element from which somebody has struck it out changes nothing (CVE-2016-10027).
 */
export class StartTLS implements Step {
  readonly #pipelined: boolean;
  #asked = false;

  /** @param pipelined whether to ask before the features have come */
  constructor(pipelined: boolean) {
    this.#pipelined = pipelined;
  }

  applies(stream: Negotiation): boolean {
    return !stream.secure;
  }

  opened(stream: Negotiation): void {
    if (this.#pipelined) this.#ask(stream);
  }

  begin(features: Element, stream: Negotiation): void {
    if (features.child("starttls", NS_TLS) === undefined)
      throw new StreamError(
        "policy-violation",
        "the server does not offer TLS on this port, and nothing is sent without it",
        "later",
      );
    if (!this.#asked) this.#ask(stream);
  }

  #ask(stream: Negotiation): void {
    this.#asked = true;
    stream.send(xml("starttls", { xmlns: NS_TLS }));
  }

  receive(element: Element, stream: Negotiation): boolean {
    if (element.namespace !== NS_TLS) return false;
    if (element.name !== "proceed")
      throw new StreamError("policy-violation", "the server failed to start TLS", "later");
    stream.startTLS();
    return true;
  }
}
