/** What SASL mechanisms have in common, seen from the server (RFC 4422). */

import { SaslError } from "../../../firmware/xmpp/errors.js";
import { JID } from "../../../firmware/xmpp/jid.js";
import type { Account, Realm } from "./realm.js";

/** What a mechanism makes of a message: it wants another, or the client has proved who it is. */
export type Reply =
  | { readonly challenge: Uint8Array }
  | { readonly username: string; readonly proof: Uint8Array | undefined };

/** One authentication exchange. Each object serves once. */
export interface ServerMechanism {
  /**
   * Takes a message of the client's.
   * @throws SaslError when the client is not who it says, or breaks the protocol
   */
  receive(data: Uint8Array): Reply;
}

/**
 * The text of a message.
 * @throws SaslError `malformed-request` when it is not UTF-8
 */
export function readText(data: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new SaslError("malformed-request", "the message is not UTF-8");
  }
}

/**
 * Checks whom the client wants to act as. That may only be itself, by the bare JID (RFC 6120 6.3.8).
 * @throws SaslError `invalid-authzid`
 */
export function checkAuthzid(authzid: string, account: Account, realm: Realm): void {
  if (authzid === "") return;
  const own = `${account.username}@${realm.domain}`;
  try {
    if (JID.parse(authzid).toString() === own) return;
  } catch {
    // It is no JID, and so not the account's.
  }
  throw new SaslError("invalid-authzid", "an account can only act as itself");
}
