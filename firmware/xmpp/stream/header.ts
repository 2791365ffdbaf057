/** Stream headers and stream errors (RFC 6120 4.7 to 4.9). */

import { StreamError } from "../errors.js";
import { NS_CLIENT, NS_STREAM, NS_STREAM_ERRORS } from "../namespaces.js";
import { type Element, xml } from "../xml/element.js";
import { escapeAttribute } from "../xml/writer.js";

/**
 * The header that opens a stream from a client to `domain`. It has no `from`: RFC 6120 4.7.1 has that wait
 * for TLS, and after it no server needs it. It has no XML declaration: servers that read a pipelined restart
 * with the parser they had would take one for an error.
 */
export function clientHeader(domain: string, lang: string): string {
  return (
    `<stream:stream xmlns='${NS_CLIENT}' xmlns:stream='${NS_STREAM}' version='1.0'` +
    ` to='${escapeAttribute(domain)}' xml:lang='${escapeAttribute(lang)}'>`
  );
}

export const STREAM_END = "</stream:stream>";

/** Checks the header that the peer sent. */
export function checkHeader(header: Element): void {
  if (header.name !== "stream" || header.namespace !== NS_STREAM)
    throw new StreamError(
      "invalid-namespace",
      `the peer opened with <${header.name}/>: is this an XMPP port?`,
    );
  // RFC 6120 4.7.5: without a version it is a server from before XMPP 1.0, which knows neither TLS nor SASL.
  const version = /^([0-9]+)\.[0-9]+$/.exec(header.attr("version") ?? "0.9");
  if (version === null || Number(version[1]) < 1)
    throw new StreamError("unsupported-version", "the server does not speak XMPP 1.0");
}

/** Reads a `<stream:error/>`. For `see-other-host` the text is the host and port. */
export function parseStreamError(element: Element): StreamError {
  let condition = "undefined-condition";
  let text = "";
  let host: string | undefined;
  element.elements().forEach((child) => {
    if (child.namespace !== NS_STREAM_ERRORS) return;
    if (child.name === "text") text = child.text();
    else condition = child.name;
    if (child.name === "see-other-host") host = child.text();
  });
  return new StreamError(condition, host ?? text);
}

/** The `<stream:error/>` that says so to the peer. What went wrong inside is none of its business. */
export function streamErrorElement(error: StreamError): Element {
  const text = error.condition === "internal-server-error" ? "" : error.text;
  return xml(
    "error",
    { xmlns: NS_STREAM },
    xml(error.condition, { xmlns: NS_STREAM_ERRORS }),
    text === "" ? undefined : xml("text", { xmlns: NS_STREAM_ERRORS }, text),
  );
}
