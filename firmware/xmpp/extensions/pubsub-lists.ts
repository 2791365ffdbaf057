/**
 * XEP-0060: Publish-Subscribe, version 1.27.0, sections 5.2 and 5.5: what there is on a service. Those who read
 * need it; devices, which publish, do not.
 */

import type { XmppError } from "../errors.js";
import { type DiscoItem, discoverItems } from "./disco-items.js";
import type { Item, PubSub } from "./pubsub.js";
import { type PagedList, readList } from "./rsm.js";

type Done = (error: XmppError | undefined, list?: string[]) => void;

/** The names of the nodes there are (5.2). */
export function listNodes(pubsub: PubSub, done: Done): void {
  list(pubsub, undefined, (error, found) => {
    if (found === undefined) return done(error);
    done(
      undefined,
      found.entries.flatMap(({ node }) => node ?? []),
    );
  });
}

/**
 * The ids of the items on a node (5.5), the oldest first: far less to read than the items. Where the service does
 * pages, the order is that of publication, so it is known. Prosody 0.12 does none and sends the newest first; that
 * it does so is found out by asking for the newest.
 */
export function listItemIds(pubsub: PubSub, node: string, done: Done): void {
  listInOrder(pubsub, node, undefined, done);
}

/** @param recent the id of an item that was the newest a moment ago, if one is known */
function listInOrder(pubsub: PubSub, node: string, recent: string | undefined, done: Done): void {
  list(pubsub, node, (error, found) => {
    if (found === undefined) return done(error);
    const ids = found.entries.flatMap(({ name }) => name ?? []);
    if (found.isPaged || ids.length < 2) return done(undefined, ids);
    const orient = (id: string): boolean => {
      const at = ids.indexOf(id);
      if (at >= 0) done(undefined, at < ids.length / 2 ? ids.reverse() : ids);
      return at >= 0;
    };
    if (recent !== undefined && orient(recent)) return;
    const take = (refusal: XmppError | undefined, items?: Item[]): void => {
      const newest = items?.at(-1)?.id;
      if (refusal !== undefined) done(refusal);
      // What was published after the list was made is in the next one.
      else if (newest === undefined || !orient(newest)) listInOrder(pubsub, node, newest, done);
    };
    attempt(() => pubsub.items(node, 1, take), done);
  });
}

/** Requests may be refused at once when the connection is lost meanwhile. */
function attempt(request: () => void, done: Done): void {
  try {
    request();
  } catch (refusal) {
    done(refusal as XmppError);
  }
}

function list(
  pubsub: PubSub,
  node: string | undefined,
  done: (error: XmppError | undefined, list?: PagedList<DiscoItem>) => void,
): void {
  const { service, stanzas } = pubsub;
  readList<DiscoItem>((set, take) => discoverItems(stanzas, service, node, set, take), done);
}
