import { createHash } from "node:crypto";
import type { Element } from "../../firmware/xmpp/xml/element.js";

/**
 * What tells the payload of an item from any other, however long it is: 22 characters. In which order attributes
 * stand makes no difference (XML 1.0, 3.1): Prosody puts them into another one when it has stored an item.
 */
export function fingerprint(payload: Element): string {
  const text = JSON.stringify(canonical(payload));
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

function canonical({ name, namespace, attributes, children }: Element): unknown[] {
  const sorted = [];
  for (let i = 0; i < attributes.length; i += 2) sorted.push(attributes.slice(i, i + 2));
  sorted.sort(([one = ""], [other = ""]) => (one < other ? -1 : 1));
  const inside = children.map((child) => (typeof child === "string" ? child : canonical(child)));
  return [name, namespace, sorted, inside];
}
