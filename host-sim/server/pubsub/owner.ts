/** What owners do (XEP-0060 section 8). */

import { StanzaError } from "../../../firmware/xmpp/errors.js";
import { NS_PUBSUB, NS_PUBSUB_OWNER } from "../../../firmware/xmpp/extensions/pubsub.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import { configForm, configure, DEFAULT_CONFIG } from "./config.js";
import { forbidden, unsupported } from "./errors.js";
import type { Action } from "./nodes.js";

/** 8.1. Without a name, the service chooses one. */
export const create: Action = ({ action, pubsub, account, reply }, nodes) => {
  if (!nodes.options.mayCreateNodes(account))
    throw forbidden(`${account} may not create nodes here`);
  const form = pubsub.child("configure");
  if (form?.attr("node") !== undefined)
    throw new StanzaError("bad-request", "modify", "<configure/> takes no node of its own");
  const config = form && configure(DEFAULT_CONFIG, form);
  const { name } = nodes.create(action.attr("node") || nodes.newId(), account, config);
  reply(xml("pubsub", { xmlns: NS_PUBSUB }, xml("create", { node: name })));
};

/** 8.2.1 */
export const getConfig: Action = (request, nodes) => {
  const { name, config } = nodes.findOwned(request);
  request.reply(inOwner(xml("configure", { node: name }, configForm(config))));
};

/** 8.2.4 */
export const setConfig: Action = (request, nodes) => {
  const node = nodes.findOwned(request);
  node.configure(configure(node.config, request.action));
  request.reply();
};

/** 8.3 */
export const getDefaultConfig: Action = ({ reply }) => {
  reply(inOwner(xml("default", {}, configForm(DEFAULT_CONFIG))));
};

/** 8.4 */
export const deleteNode: Action = (request, nodes) => {
  const node = nodes.findOwned(request);
  nodes.delete(node);
  request.reply();
  nodes.notify(node, xml("delete", { node: node.name }));
};

/** 8.5 */
export const purge: Action = (request, nodes) => {
  const node = nodes.findOwned(request);
  if (!node.config.persist_items) throw unsupported("persistent-items");
  node.purge();
  request.reply();
  nodes.notify(node, xml("purge", { node: node.name }));
};

function inOwner(element: Element): Element {
  return xml("pubsub", { xmlns: NS_PUBSUB_OWNER }, element);
}
