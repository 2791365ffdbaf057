/** What publishers do (XEP-0060 section 7). */

import { NS_PUBSUB } from "../../../firmware/xmpp/extensions/pubsub.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import { bareOf } from "../router.js";
import { checkPreconditions, type NodeConfig, readBoolean } from "./config.js";
import { forbidden, itemNotFound, pubsubError, unsupported } from "./errors.js";
import { itemElement } from "./items.js";
import type { PubSubNode } from "./node.js";
import type { Action, Nodes, PubSubRequest } from "./nodes.js";

/** 7.1 */
export const publish: Action = (request, nodes) => {
  const { action, pubsub, account } = request;
  const node = nodes.find(action);
  if (!node.mayPublish(account)) throw forbidden(`only its owner publishes to ${node.name}`);
  const options = pubsub.child("publish-options");
  if (options !== undefined) checkPreconditions(node.config, options);
  const item = checkItem(action, node.config);
  if (item === undefined) {
    request.reply(published(node.name, undefined));
    nodes.notify(node, xml("items", { node: node.name }));
  } else {
    publishItem(item, node, request, nodes);
  }
};

function publishItem(
  element: Element,
  node: PubSubNode,
  request: PubSubRequest,
  nodes: Nodes,
): void {
  const item = {
    id: element.attr("id") || nodes.newId(),
    payload: element.elements()[0],
    publisher: request.from,
    published: nodes.options.now(),
  };
  const { persist_items, deliver_payloads, notify_retract } = node.config;
  const dropped = persist_items ? node.store(item) : undefined;
  request.reply(published(node.name, item.id));
  nodes.notify(node, xml("items", { node: node.name }, itemElement(item, deliver_payloads)));
  if (dropped !== undefined && notify_retract) nodes.notify(node, retraction(node, dropped));
}

/** The item to publish, if there has to be one for such a node (4.3, 7.1.3.6, 7.1.3.7). */
function checkItem(action: Element, config: NodeConfig): Element | undefined {
  const [item, another] = action.childrenNamed("item");
  if (another !== undefined) throw pubsubError("invalid-payload", "one item at a time");
  if (!config.persist_items && !config.deliver_payloads) {
    if (item !== undefined) throw pubsubError("item-forbidden");
    return undefined;
  }
  if (item === undefined)
    throw pubsubError(config.persist_items ? "item-required" : "payload-required");
  const payloads = item.elements().length;
  if (payloads > 1) throw pubsubError("invalid-payload", "an item has one payload element");
  if (payloads === 0 && config.deliver_payloads) throw pubsubError("payload-required");
  return item;
}

function published(node: string, id: string | undefined): Element {
  const item = id === undefined ? undefined : xml("item", { id });
  return xml("pubsub", { xmlns: NS_PUBSUB }, xml("publish", { node }, item));
}

/** 7.2 */
export const retract: Action = ({ action, account, reply }, nodes) => {
  const node = nodes.find(action);
  if (!node.config.persist_items) throw unsupported("persistent-items");
  const [item, another] = action.childrenNamed("item");
  const id = item?.attr("id");
  if (id === undefined || another !== undefined)
    throw pubsubError("item-required", "one item, by its id");
  const stored = node.items.get(id);
  if (stored === undefined) throw itemNotFound(`${node.name} has no item ${id}`);
  if (account !== node.owner && account !== bareOf(stored.publisher))
    throw forbidden(`item ${id} is somebody else's`);
  node.remove(id);
  reply();
  if (node.config.notify_retract || readBoolean(action.attr("notify") ?? "") === true)
    nodes.notify(node, retraction(node, id));
};

function retraction(node: PubSubNode, id: string): Element {
  return xml("items", { node: node.name }, xml("retract", { id }));
}
