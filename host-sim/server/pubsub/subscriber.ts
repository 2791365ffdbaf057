/** What subscribers do (XEP-0060 sections 5.6, 5.7 and 6). */

import { StanzaError } from "../../../firmware/xmpp/errors.js";
import { NS_PUBSUB } from "../../../firmware/xmpp/extensions/pubsub.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import { bareOf } from "../router.js";
import { forbidden, pubsubError, unsupported } from "./errors.js";
import { itemElement, itemIds } from "./items.js";
import type { PubSubNode } from "./node.js";
import type { Action, Nodes } from "./nodes.js";
import { page } from "./rsm.js";

/** 6.1. A subscription is the account's, not a resource's. */
export const subscribe: Action = ({ action, pubsub, account, reply }, nodes) => {
  const jid = action.attr("jid");
  const node = nodes.find(action);
  if (jid !== account) throw pubsubError("invalid-jid", `only ${account} can be subscribed`);
  if (pubsub.child("options") !== undefined) throw unsupported("subscription-options");
  checkAccess(node, account);
  const isNew = !node.subscribers.has(account);
  node.subscribers.add(account);
  reply(inPubSub(subscription(node, account, "subscribed")));
  const last = [...node.items.values()].at(-1);
  if (!isNew || node.config.send_last_published_item === "never" || last === undefined) return;
  const item = itemElement(last, node.config.deliver_payloads);
  nodes.notifyLate(account, xml("items", { node: node.name }, item), last.published);
};

/** 6.2 */
export const unsubscribe: Action = ({ action, account, reply }, nodes) => {
  const node = nodes.find(action);
  const jid = action.attr("jid") ?? "";
  if (bareOf(jid) !== account) throw forbidden("a subscription is its account's");
  if (jid !== account || !node.subscribers.delete(account)) throw pubsubError("not-subscribed");
  reply(inPubSub(subscription(node, account, "none")));
};

/** 5.6 */
export const subscriptions: Action = ({ action, account, reply }, nodes) => {
  const list = nodesOf(action, nodes).filter((node) => node.subscribers.has(account));
  const elements = list.map((node) => subscription(node, account, "subscribed"));
  reply(inPubSub(xml("subscriptions", { node: action.attr("node") }, ...elements)));
};

/** 5.7 */
export const affiliations: Action = ({ action, account, reply }, nodes) => {
  const list = nodesOf(action, nodes).filter((node) => node.owner === account);
  const elements = list.map(({ name }) => xml("affiliation", { node: name, affiliation: "owner" }));
  reply(inPubSub(xml("affiliations", { node: action.attr("node") }, ...elements)));
};

/** 6.5 */
export const items: Action = ({ action, pubsub, account, reply }, nodes) => {
  const node = nodes.find(action);
  checkAccess(node, account);
  if (!node.config.persist_items) throw unsupported("persistent-items");
  const { ids, set } = page(wantedIds(action, node), pubsub);
  const found = ids.flatMap((id) => node.items.get(id) ?? []).map((item) => itemElement(item));
  reply(xml("pubsub", { xmlns: NS_PUBSUB }, xml("items", { node: node.name }, ...found), set));
};

/** Those that are asked for by id (6.5.8), the most recent ones (6.5.7), or all. */
function wantedIds(action: Element, node: PubSubNode): readonly string[] {
  const named = new Set(itemIds(action));
  if (named.size > 0) return [...named];
  const ids = [...node.items.keys()];
  const most = action.attr("max_items");
  if (most === undefined) return ids;
  if (!/^[1-9][0-9]{0,8}$/.test(most))
    throw new StanzaError("bad-request", "modify", `at most "${most}" items`);
  return ids.slice(-Number(most));
}

/** 6.1.3.4, 6.5.9.8 */
export function checkAccess(node: PubSubNode, account: string): void {
  if (!node.mayRead(account)) throw pubsubError("closed-node");
}

function nodesOf(action: Element, nodes: Nodes): PubSubNode[] {
  return action.attr("node") === undefined ? [...nodes] : [nodes.find(action)];
}

function subscription(node: PubSubNode, jid: string, state: "subscribed" | "none"): Element {
  return xml("subscription", { node: node.name, jid, subscription: state });
}

function inPubSub(element: Element): Element {
  return xml("pubsub", { xmlns: NS_PUBSUB }, element);
}
