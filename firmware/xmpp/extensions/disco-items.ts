/** XEP-0030: Service Discovery, version 2.5.0, section 4: the items that an entity has. Devices have no use for it. */

import type { Stanzas } from "../stanza/dispatcher.js";
import type { Done } from "../stanza/requests.js";
import { type Element, xml } from "../xml/element.js";
import { NS_DISCO_ITEMS } from "./disco.js";
import { readPage, type TakePage } from "./rsm.js";

/** One of the items an entity has. */
export interface DiscoItem {
  jid: string;
  node?: string;
  name?: string;
}

/**
 * Asks an entity, or one of its nodes, for the items it has: of a pub/sub service, its nodes.
 * @param set the page that is asked for, where there may be many (XEP-0059)
 */
export function discoverItems(
  stanzas: Stanzas,
  to: string,
  node: string | undefined,
  set: Element | undefined,
  done: TakePage<DiscoItem>,
): void {
  const take: Done = (error, reply) => {
    if (error !== undefined) return done(error);
    const query = reply?.child("query", NS_DISCO_ITEMS);
    const items = query?.childrenNamed("item") ?? [];
    done(undefined, items.map(parseItem), query && readPage(query));
  };
  stanzas.request("get", to, xml("query", { xmlns: NS_DISCO_ITEMS, node }, set), take);
}

function parseItem(item: Element): DiscoItem {
  const node = item.attr("node");
  const name = item.attr("name");
  return {
    jid: item.attr("jid") ?? "",
    ...(node === undefined ? {} : { node }),
    ...(name === undefined ? {} : { name }),
  };
}
