import { createHash } from "node:crypto";
import { NS_CLIENT } from "../../firmware/xmpp/namespaces.js";
import type { Element } from "../../firmware/xmpp/xml/element.js";
import { write } from "../../firmware/xmpp/xml/writer.js";

/** What tells the payload of an item from any other, however long it is: 22 characters. */
export function fingerprint(payload: Element): string {
  return createHash("sha256").update(write(payload, NS_CLIENT)).digest("base64url").slice(0, 22);
}
