/** Stream headers as a server sees them (RFC 6120 4.7). */

import { StreamError } from "../../../firmware/xmpp/errors.js";
import { NS_CLIENT, NS_STREAM } from "../../../firmware/xmpp/namespaces.js";
import type { Element } from "../../../firmware/xmpp/xml/element.js";
import { escapeAttribute } from "../../../firmware/xmpp/xml/writer.js";

/** The language of what the server says (RFC 6120 4.7.4). */
export const LANG = "en";

/**
 * The header that answers a client's.
 * @param id what nobody can predict and no other stream has (RFC 6120 4.7.3)
 * @param to the address that the client says is its own
 */
export function serverHeader(domain: string, id: string, to: string | undefined): string {
  return (
    `<?xml version='1.0'?><stream:stream xmlns='${NS_CLIENT}' xmlns:stream='${NS_STREAM}'` +
    ` version='1.0' from='${escapeAttribute(domain)}' id='${escapeAttribute(id)}'` +
    `${to === undefined ? "" : ` to='${escapeAttribute(to)}'`} xml:lang='${LANG}'>`
  );
}

/** Checks the header that a client sent. */
export function checkClientHeader(header: Element, domain: string): void {
  if (header.namespace !== NS_STREAM)
    throw new StreamError(
      "invalid-namespace",
      `<${header.name}/> is not in the namespace ${NS_STREAM}`,
    );
  if (header.name !== "stream")
    throw new StreamError("bad-format", `a stream begins with <stream/>, not <${header.name}/>`);
  // RFC 6120 4.7.5: without a version it is a client from before XMPP 1.0, which knows no features.
  if (!/^[1-9][0-9]*\.[0-9]+$/.test(header.attr("version") ?? ""))
    throw new StreamError("unsupported-version", "this server speaks XMPP 1.0");
  const to = header.attr("to");
  if (to?.toLowerCase() !== domain)
    throw new StreamError("host-unknown", `this server is ${domain}, not ${to ?? "unnamed"}`);
}
