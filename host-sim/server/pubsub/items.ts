/** Items as they stand in stanzas. */

import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import type { StoredItem } from "./node.js";

/**
 * An item as it is sent. It says who published it (XEP-0060 7.1.2.3): on a node where everybody may, that is
 * the only thing a publisher cannot make up.
 */
export function itemElement({ id, payload, publisher }: StoredItem, withPayload = true): Element {
  return xml("item", { id, publisher }, withPayload ? payload : undefined);
}

/** The ids of the `<item/>`s in an element. */
export function itemIds(element: Element): string[] {
  return element.childrenNamed("item").flatMap((item) => item.attr("id") ?? []);
}
