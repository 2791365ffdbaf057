/** Answers to stanzas. */

import { StanzaError, type StanzaErrorType } from "../../firmware/xmpp/errors.js";
import { NS_CLIENT } from "../../firmware/xmpp/namespaces.js";
import { stanzaErrorElement } from "../../firmware/xmpp/stanza/error.js";
import { type Element, xml } from "../../firmware/xmpp/xml/element.js";

/** A stanza error with a condition of an extension's on top (RFC 6120 8.3.4). */
export class DetailedError extends StanzaError {
  readonly detail: Element;

  constructor(condition: string, type: StanzaErrorType, detail: Element, text = "") {
    super(condition, type, text, detail.name);
    this.detail = detail;
  }
}

/** The result of an iq. */
export function resultReply(iq: Element, payload?: Element): Element {
  return xml("iq", { xmlns: NS_CLIENT, type: "result", ...turned(iq) }, payload);
}

/** The stanza that answers `stanza` with an error, without what was in it. */
export function errorReply(stanza: Element, error: StanzaError): Element {
  let element = stanzaErrorElement(error);
  if (error instanceof DetailedError)
    element = xml("error", { type: error.type }, ...element.children, error.detail);
  return xml(stanza.name, { xmlns: NS_CLIENT, type: "error", ...turned(stanza) }, element);
}

function turned(stanza: Element): Record<"id" | "from" | "to", string | undefined> {
  return { id: stanza.attr("id"), from: stanza.attr("to"), to: stanza.attr("from") };
}

/** Whether nobody answers the stanza: it is itself an answer (RFC 6120 8.2.3, 8.3.1). */
export function isAnswer(stanza: Element): boolean {
  const type = stanza.attr("type");
  return type === "error" || (type === "result" && stanza.name === "iq");
}
