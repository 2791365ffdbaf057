/** Messages (RFC 6121 section 5). */

import { NS_CLIENT } from "../namespaces.js";
import { type Element, xml } from "../xml/element.js";

export interface Message {
  /** Who sent it; empty for our own server. */
  from: string;
  type: "chat" | "groupchat" | "headline" | "normal";
  body: string;
  /** The language of the body, as far as anything says (RFC 6120 8.1.5). */
  lang: string | undefined;
}

const TYPES: readonly string[] = Object.freeze(["chat", "groupchat", "headline"]);

/** Builds a message of type `normal`, or of `type`. */
export function messageStanza(
  to: string,
  body: string,
  options: { type?: Message["type"]; lang?: string } = {},
): Element {
  const { type, lang } = options;
  return xml("message", { xmlns: NS_CLIENT, to, type, "xml:lang": lang }, xml("body", {}, body));
}

/**
 * Reads a message that has a body. Where it has several in different languages, the first is taken.
 * @param lang the language of the stream, which is that of everything that names none
 */
export function parseMessage(stanza: Element, lang: string | undefined): Message {
  const body = stanza.child("body");
  const type = stanza.attr("type") ?? "";
  return {
    from: stanza.attr("from") ?? "",
    // RFC 6121 5.2.2: an unknown type is read as normal.
    type: TYPES.includes(type) ? (type as Message["type"]) : "normal",
    body: body?.text() ?? "",
    lang: body?.attr("xml:lang") ?? stanza.attr("xml:lang") ?? lang,
  };
}
