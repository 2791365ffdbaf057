/**
 * XEP-0060: Publish-Subscribe, version 1.27.0: a service with leaf nodes.
 *
 * Everything REQUIRED and what telemetry needs besides. There are two affiliations, owner and none; one owner
 * to a node, which is whoever created it. A subscription is that of an account.
 */

import { StanzaError } from "../../../firmware/xmpp/errors.js";
import { NS_DISCO_INFO, NS_DISCO_ITEMS } from "../../../firmware/xmpp/extensions/disco.js";
import { NS_PUBSUB, NS_PUBSUB_OWNER } from "../../../firmware/xmpp/extensions/pubsub.js";
import { NS_RSM } from "../../../firmware/xmpp/extensions/rsm.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import { discoInfo, type IqRequest, IqService } from "../iq-service.js";
import { bareOf, type Component } from "../router.js";
import { DEFAULT_CONFIG, type NodeConfig } from "./config.js";
import { unsupported } from "./errors.js";
import { PubSubNode, type SavedNode } from "./node.js";
import { type Action, Nodes, type NodesOptions } from "./nodes.js";
import { create, deleteNode, getConfig, getDefaultConfig, purge, setConfig } from "./owner.js";
import { publish, retract } from "./publisher.js";
import { page } from "./rsm.js";
import {
  affiliations,
  checkAccess,
  items,
  subscribe,
  subscriptions,
  unsubscribe,
} from "./subscriber.js";

/** By type, namespace and name of the element that says what to do. */
const ACTIONS: Readonly<Record<string, Action>> = {
  [`get ${NS_PUBSUB} affiliations`]: affiliations,
  [`get ${NS_PUBSUB} items`]: items,
  [`get ${NS_PUBSUB} subscriptions`]: subscriptions,
  [`set ${NS_PUBSUB} create`]: create,
  [`set ${NS_PUBSUB} publish`]: publish,
  [`set ${NS_PUBSUB} retract`]: retract,
  [`set ${NS_PUBSUB} subscribe`]: subscribe,
  [`set ${NS_PUBSUB} unsubscribe`]: unsubscribe,
  [`get ${NS_PUBSUB_OWNER} configure`]: getConfig,
  [`get ${NS_PUBSUB_OWNER} default`]: getDefaultConfig,
  [`set ${NS_PUBSUB_OWNER} configure`]: setConfig,
  [`set ${NS_PUBSUB_OWNER} delete`]: deleteNode,
  [`set ${NS_PUBSUB_OWNER} purge`]: purge,
};

/** What is optional and left out, by its feature in section 10. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  [`${NS_PUBSUB} default`]: "retrieve-default-sub",
  [`${NS_PUBSUB} options`]: "subscription-options",
  [`${NS_PUBSUB_OWNER} affiliations`]: "modify-affiliations",
  [`${NS_PUBSUB_OWNER} subscriptions`]: "manage-subscriptions",
};

const FEATURES = [
  "access-open",
  "config-node",
  "create-and-configure",
  "create-nodes",
  "delete-items",
  "delete-nodes",
  "instant-nodes",
  "item-ids",
  "multi-items",
  "persistent-items",
  "publish",
  "publish-options",
  "purge-nodes",
  "retract-items",
  "retrieve-affiliations",
  "retrieve-default",
  "retrieve-items",
  "retrieve-subscriptions",
  "rsm",
  "subscribe",
].map((feature) => `${NS_PUBSUB}#${feature}`);

export class PubSubService implements Component {
  readonly address: string;
  readonly #nodes: Nodes;
  readonly #iqs: IqService;

  constructor(options: NodesOptions) {
    this.address = options.address;
    this.#nodes = new Nodes(options);
    this.#iqs = new IqService((stanza) => options.router.route(stanza));
    const features = [NS_PUBSUB, NS_RSM, ...FEATURES];
    this.#iqs.introduce({ category: "pubsub", type: "service" }, features, (node) =>
      this.#describe(node),
    );
    this.#iqs.on("get", "query", NS_DISCO_ITEMS, (request) => this.#list(request));
    for (const namespace of [NS_PUBSUB, NS_PUBSUB_OWNER])
      for (const type of ["get", "set"] as const)
        this.#iqs.on(type, "pubsub", namespace, (request) => this.#act(type, request));
  }

  /**
   * Creates a node as its owner would.
   * @param owner a bare JID
   * @throws StanzaError `conflict` when there is a node of that name
   */
  createNode(name: string, owner: string, config: Partial<NodeConfig> = {}): void {
    this.#nodes.create(name, owner, { ...DEFAULT_CONFIG, ...config });
  }

  /** All nodes with their items, for {@link restore}. */
  save(): SavedNode[] {
    return [...this.#nodes].map((node) => node.save());
  }

  /** Puts nodes in place, of the same names or besides. */
  restore(nodes: readonly SavedNode[]): void {
    for (const saved of nodes) this.#nodes.add(PubSubNode.restore(saved));
  }

  receive(stanza: Element): void {
    this.#iqs.receive(stanza);
  }

  #act(type: "get" | "set", { iq, payload, reply }: IqRequest): void {
    const action = payload.elements()[0];
    if (action === undefined)
      throw new StanzaError("bad-request", "modify", "<pubsub/> says nothing to do");
    const key = `${payload.namespace} ${action.name}`;
    const act = action.namespace === payload.namespace ? ACTIONS[`${type} ${key}`] : undefined;
    if (act === undefined) {
      if (key in UNSUPPORTED) throw unsupported(UNSUPPORTED[key] as string);
      throw new StanzaError("bad-request", "modify", `no <${action.name}/> in a ${type}`);
    }
    const from = iq.attr("from") as string;
    act({ action, pubsub: payload, from, account: bareOf(from), reply }, this.#nodes);
  }

  /** 5.3 */
  #describe(name: string): Element | undefined {
    if (this.#nodes.get(name) === undefined) return undefined;
    const identity = { category: "pubsub", type: "leaf" };
    return discoInfo(name, identity, [NS_PUBSUB, NS_DISCO_INFO, NS_DISCO_ITEMS]);
  }

  /** The nodes there are (5.2), or the items of one (5.5). */
  #list({ iq, payload, reply }: IqRequest): void {
    const jid = this.address;
    const isNode = payload.attr("node") !== undefined;
    const node = isNode ? this.#nodes.find(payload) : undefined;
    if (node !== undefined) checkAccess(node, bareOf(iq.attr("from") as string));
    const { ids, set } = page([...(node?.items.keys() ?? this.#nodes.names())], payload);
    const list = ids.map((id) => xml("item", isNode ? { jid, name: id } : { jid, node: id }));
    const query = { xmlns: NS_DISCO_ITEMS, node: payload.attr("node") };
    reply(xml("query", query, ...list, set));
  }
}
