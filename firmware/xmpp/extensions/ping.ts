/** XEP-0199: XMPP Ping, version 2.0.1. */

import type { Extension, Stanzas } from "../stanza/dispatcher.js";
import type { Done } from "../stanza/requests.js";
import { xml } from "../xml/element.js";

export const NS_PING = "urn:xmpp:ping";

/** Answers pings. */
export const ping: Extension = Object.freeze({
  install(stanzas: Stanzas): void {
    stanzas.addFeature(NS_PING);
    stanzas.onIq("get", "ping", NS_PING, () => undefined);
  },
});

/**
 * Pings an address, or our own server. A StanzaError is as good an answer as a result: somebody was there to
 * send it (XEP-0199 4.1).
 * @param timeout milliseconds
 */
export function sendPing(
  stanzas: Stanzas,
  to: string | undefined,
  timeout: number,
  done: Done,
): void {
  stanzas.request("get", to, xml("ping", { xmlns: NS_PING }), done, timeout);
}
