/** Resource binding (RFC 6120 section 7), and the session that RFC 3921 had behind it. */

import { StreamError, TransportError } from "../errors.js";
import { JID } from "../jid.js";
import { NS_BIND, NS_CLIENT, NS_SESSION } from "../namespaces.js";
import { parseStanzaError } from "../stanza/error.js";
import { isFromServer } from "../stanza/requests.js";
import { type Element, xml } from "../xml/element.js";
import type { Negotiation, Step } from "./step.js";

const BIND_ID = "bind";
const SESSION_ID = "session";

export class Bind implements Step {
  readonly #resource: string;
  readonly #pipelined: boolean;
  readonly #behind: ((stream: Negotiation) => void) | undefined;
  #asked = false;

  /**
   * @param resource the resource to ask for; empty to have the server choose. A device asks for the same one
   *   each time, so that the server ends the session that a lost connection left behind.
   * @param pipelined whether to ask before the features have come, with stanzas behind it
   * @param behind sends what is to come between the two then
   */
  constructor(resource: string, pipelined: boolean, behind?: (stream: Negotiation) => void) {
    this.#resource = resource;
    this.#pipelined = pipelined;
    this.#behind = behind;
  }

  applies(stream: Negotiation): boolean {
    return stream.authenticated && stream.jid === undefined;
  }

  opened(stream: Negotiation): void {
    if (!this.#pipelined) return;
    this.#ask(stream);
    this.#behind?.(stream);
    stream.allowStanzas();
  }

  begin(features: Element, stream: Negotiation): void {
    if (this.#asked) return;
    if (features.child("bind", NS_BIND) === undefined)
      throw new StreamError("undefined-condition", "the server offers no resource binding");
    this.#ask(stream);
  }

  #ask(stream: Negotiation): void {
    this.#asked = true;
    const resource = this.#resource === "" ? undefined : xml("resource", {}, this.#resource);
    stream.send(
      xml(
        "iq",
        { xmlns: NS_CLIENT, type: "set", id: BIND_ID },
        xml("bind", { xmlns: NS_BIND }, resource),
      ),
    );
  }

  receive(element: Element, stream: Negotiation): boolean {
    if (!isReply(element, BIND_ID)) return false;
    const jid = element.child("bind", NS_BIND)?.childText("jid");
    if (jid === undefined || !jid.includes("/"))
      throw new StreamError("undefined-condition", "no full address was bound");
    stream.jid = parseAddress(jid);
    stream.done();
    return true;
  }
}

/**
 * Session establishment. RFC 6120 did away with it, but old servers insist; those that mark it `<optional/>`
 * are taken at their word, which saves a round trip.
 */
export class LegacySession implements Step {
  #finished = false;

  applies(stream: Negotiation): boolean {
    return stream.jid !== undefined && !stream.resumed && !this.#finished;
  }

  begin(features: Element, stream: Negotiation): void {
    const session = features.child("session", NS_SESSION);
    if (session === undefined || session.child("optional") !== undefined) {
      this.#finished = true;
      stream.done();
      return;
    }
    stream.send(
      xml(
        "iq",
        { xmlns: NS_CLIENT, type: "set", id: SESSION_ID },
        xml("session", { xmlns: NS_SESSION }),
      ),
    );
  }

  receive(element: Element, stream: Negotiation): boolean {
    // A resource is bound, so strangers may be heard already.
    if (!isFromServer(element.attr("from"), stream.jid as JID)) return false;
    if (!isReply(element, SESSION_ID)) return false;
    this.#finished = true;
    stream.done();
    return true;
  }
}

/** The address that the server has bound, which may be one that this engine cannot compare with others. */
function parseAddress(jid: string): JID {
  try {
    return JID.parse(jid);
  } catch (error) {
    throw new StreamError("undefined-condition", `the address bound is no use: ${error}`, "later");
  }
}

/** Whether `element` is the good answer to the iq with this id. @throws TransportError for a bad one */
function isReply(element: Element, id: string): boolean {
  if (!element.is("iq", NS_CLIENT) || element.attr("id") !== id) return false;
  if (element.attr("type") === "error") {
    const error = parseStanzaError(element);
    throw new TransportError(error.condition, `no resource was bound. ${error.text}`, "later");
  }
  return element.attr("type") === "result";
}
