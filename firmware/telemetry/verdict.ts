/** What an error says about an item that was to be published. */

import { ConfigError, StanzaError, TransportError, type XmppError } from "../xmpp/errors.js";

/**
 * - `again`: only the reply is missing. The same item, under the same id, goes again at once.
 * - `offline`: there is no stream to send on, or it takes no more. The client says when that is over.
 * - `wait`: the item is not at fault. The node is not there (yet, or any more), it is not for us to publish
 *   to, or the service is overloaded: somebody can mend that, and until then all items wait.
 * - `unfit`: the item itself is at fault, and always will be. In parts it may be taken.
 * - `unclear`: it may be the one or the other. Prosody 0.12 says `not-acceptable` when the node that it is to make by
 *   itself is configured as it does not want it, ejabberd 23.01 the same when a privacy list is in the way; and a
 *   `policy-violation` may be about the item, or about how many there were of late.
 */
export type Verdict = "again" | "offline" | "wait" | "unfit" | "unclear";

/** Conditions of type `modify` that are about the address of the service, and not about the item (RFC 6120 8.3.3). */
const ADDRESS: readonly string[] = Object.freeze(["gone", "jid-malformed", "redirect"]);

export function verdictOn(error: XmppError): Verdict {
  // Too big for any stanza, so it was not even sent.
  if (error instanceof ConfigError) return "unfit";
  if (!(error instanceof StanzaError)) {
    const isReplyMissing =
      error instanceof TransportError && error.condition === "remote-server-timeout";
    return isReplyMissing ? "again" : "offline";
  }
  // XEP-0060 7.1.3.4: that is about how the node is configured, which servers take up with a publish that made
  // no condition, too (and with whatever type: ejabberd's issues 3044, 3664 and 4106).
  if (error.specific === "precondition-not-met" || ADDRESS.includes(error.condition)) return "wait";
  // XEP-0060 7.1.3.5 and 7.1.3.6: `not-acceptable` and `bad-request`, with whatever type.
  if (error.specific === "payload-too-big" || error.specific === "invalid-payload") return "unfit";
  return error.type === "modify" ? "unclear" : "wait";
}
