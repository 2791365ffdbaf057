/**
 * Keeps a session through a planned restart or a deep sleep (XEP-0198 section 5), in storage.
 *
 * Only a planned one: what the server has sent is counted with every stanza, and a count that is out of date
 * is refused. Keeping it up to date for a loss of power would cost a write for every stanza received, more than
 * the readings themselves, and would win one round trip: no reading depends on the session.
 */

import type { KeyValue } from "../io.js";
import { JID } from "../xmpp/jid.js";
import type { SavedSession } from "../xmpp/stream/stream-management.js";
import { decode, encode } from "../xmpp/utf8.js";

const KEY = "session";

/**
 * One write.
 * @param longest how many bytes there is room for: the names in it are the server's to choose, and one that needs more
 *   is not kept
 * @throws whatever storage throws
 */
export function storeSession(storage: KeyValue, session: SavedSession, longest: number): void {
  const value = encode(JSON.stringify(session));
  if (value.length <= longest) storage.write(KEY, value);
}

/**
 * The session that was kept, if it is of this account. It is taken out, by one change of the storage: it cannot
 * be gone on with twice.
 */
export function takeSession(storage: KeyValue, account: string): SavedSession | undefined {
  try {
    const stored = storage.read(KEY);
    if (stored === undefined) return undefined;
    storage.delete(KEY);
    const session: SavedSession = JSON.parse(decode(new Uint8Array(stored)));
    const { id, jid, location, handled, acknowledged } = session;
    const isWhole = typeof id === "string" && typeof location === "string";
    const isCounted = Number.isInteger(handled) && Number.isInteger(acknowledged);
    const isOurs = JID.parse(jid).bare.equals(JID.parse(account).bare);
    return isWhole && isCounted && isOurs ? session : undefined;
  } catch {
    // Damaged, or of another firmware, or storage fails: a new session does as well.
    return undefined;
  }
}
