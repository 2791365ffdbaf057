/** Stanza errors (RFC 6120 8.3). */

import { StanzaError, type StanzaErrorType } from "../errors.js";
import { NS_CLIENT, NS_STANZA_ERRORS } from "../namespaces.js";
import { type Element, xml } from "../xml/element.js";

const TYPES: readonly string[] = Object.freeze(["auth", "cancel", "continue", "modify", "wait"]);

/** Reads the error out of a stanza of type `error`; what is missing gets the blandest value there is. */
export function parseStanzaError(stanza: Element): StanzaError {
  const error = stanza.child("error", NS_CLIENT);
  const type = error?.attr("type") ?? "";
  let condition = "undefined-condition";
  let text = "";
  let specific: string | undefined;
  error?.elements().forEach((child) => {
    if (child.namespace !== NS_STANZA_ERRORS) specific ??= child.name;
    else if (child.name === "text") text = child.text();
    else condition = child.name;
  });
  return new StanzaError(
    condition,
    TYPES.includes(type) ? (type as StanzaErrorType) : "cancel",
    text,
    specific,
  );
}

/** The `<error/>` that says so to a peer. */
export function stanzaErrorElement(error: StanzaError): Element {
  return xml(
    "error",
    { type: error.type },
    xml(error.condition, { xmlns: NS_STANZA_ERRORS }),
    error.text === "" ? undefined : xml("text", { xmlns: NS_STANZA_ERRORS }, error.text),
  );
}

/** The stanza that answers `stanza` with an error, without what was in it. */
export function errorReply(stanza: Element, error: StanzaError): Element {
  return xml(
    stanza.name,
    { xmlns: NS_CLIENT, type: "error", id: stanza.attr("id"), to: stanza.attr("from") },
    stanzaErrorElement(error),
  );
}
