/** What was published to a node while nobody listened (XEP-0060 6.5). */

import type { Item, PubSub } from "../../firmware/xmpp/extensions/pubsub.js";
import { listItemIds } from "../../firmware/xmpp/extensions/pubsub-lists.js";
import { promised } from "../cli/session.js";

/** Items that are asked for at once, and the length of their ids together: a request has to fit a stanza. */
const MOST_ITEMS = 20;
const MOST_ID_LENGTH = 3_000;

/** Which items somebody has had. Each may take its time, and the answers may come as promises. */
export interface Memory {
  /** Those of the ids whose items are wanted, in any order. */
  unknown(node: string, ids: readonly string[]): Iterable<string> | Promise<Iterable<string>>;
  /** Whether there has been any item of the node before. */
  hasHad(node: string): boolean | Promise<boolean>;
}

/**
 * The items on a node that are not known yet, the oldest first. It compares ids, all those on the node: which
 * were missed cannot be told from which came last, since a publisher whose acknowledged item a server has lost
 * publishes that again (and ejabberd does lose them). Ids come in pages where the service does those.
 *
 * An item that was overwritten while nobody listened still has its id, and counts as known.
 */
export class MissedItems implements AsyncIterable<Item> {
  /** All ids on the node, the oldest first, when the iteration began. */
  listed: readonly string[] = [];
  /** Ids that were on the node, but no more when their items were to be retrieved. */
  readonly gone: string[] = [];
  /**
   * Whether items may have been missed for good. Nodes hold so many items, and drop the oldest: so nothing is
   * missing if the oldest that is left is known. `false` as well for who has had nothing of the node before.
   */
  isTruncated = false;
  readonly #pubsub: PubSub;
  readonly #node: string;
  readonly #memory: Memory;

  constructor(pubsub: PubSub, node: string, memory: Memory) {
    this.#pubsub = pubsub;
    this.#node = node;
    this.#memory = memory;
  }

  /** @throws XmppError when the service refuses, or the connection is lost */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    this.listed = await promised<string[]>((done) => listItemIds(this.#pubsub, this.#node, done));
    const hasHad = await this.#memory.hasHad(this.#node);
    const unknown = new Set(await this.#memory.unknown(this.#node, this.listed));
    const wanted = this.listed.filter((id) => unknown.has(id));
    this.isTruncated = hasHad && wanted.length > 0 && wanted[0] === this.listed[0];
    for (const ids of portions(wanted)) {
      const items = await promised<Item[]>((done) => this.#pubsub.items(this.#node, ids, done));
      // Services answer in what order they like.
      const found = new Map(items.map((item) => [item.id, item]));
      for (const id of ids) {
        const item = found.get(id);
        if (item === undefined) this.gone.push(id);
        else yield item;
      }
    }
  }
}

function* portions(ids: readonly string[]): Generator<string[]> {
  let portion: string[] = [];
  let length = 0;
  for (const id of ids) {
    if (
      portion.length === MOST_ITEMS ||
      (portion.length > 0 && length + id.length > MOST_ID_LENGTH)
    ) {
      yield portion;
      portion = [];
      length = 0;
    }
    portion.push(id);
    length += id.length;
  }
  if (portion.length > 0) yield portion;
}
