/** All nodes of a service, and the way to their subscribers. */

import { StanzaError } from "../../../firmware/xmpp/errors.js";
import { NS_PUBSUB_EVENT } from "../../../firmware/xmpp/extensions/pubsub.js";
import { NS_CLIENT } from "../../../firmware/xmpp/namespaces.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import type { Router } from "../router.js";
import type { NodeConfig } from "./config.js";
import { forbidden, itemNotFound, pubsubError } from "./errors.js";
import { PubSubNode } from "./node.js";

export interface NodesOptions {
  /** The domain of the service. */
  readonly address: string;
  readonly router: Router;
  /** Who may create nodes, by bare JID. */
  mayCreateNodes(account: string): boolean;
  /** Gives bytes that nobody can predict. */
  random(count: number): Uint8Array;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** A request to the service. */
export interface PubSubRequest {
  /** The element that says what to do, such as `<publish/>`. */
  readonly action: Element;
  /** The `<pubsub/>` around it. */
  readonly pubsub: Element;
  /** The full JID that asks. */
  readonly from: string;
  /** Its bare JID. */
  readonly account: string;
  /** Sends the result. */
  reply(payload?: Element): void;
}

/**
 * Does what a request asks for, and replies.
 * @throws StanzaError instead
 */
export type Action = (request: PubSubRequest, nodes: Nodes) => void;

const ID_BYTES = 12;

export class Nodes {
  readonly options: NodesOptions;
  readonly #nodes = new Map<string, PubSubNode>();
  #messages = 0;

  constructor(options: NodesOptions) {
    this.options = options;
  }

  get size(): number {
    return this.#nodes.size;
  }

  names(): Iterable<string> {
    return this.#nodes.keys();
  }

  [Symbol.iterator](): Iterator<PubSubNode> {
    return this.#nodes.values();
  }

  get(name: string): PubSubNode | undefined {
    return this.#nodes.get(name);
  }

  /**
   * The node that an element names.
   * @throws StanzaError `bad-request` with `nodeid-required`, or `item-not-found`
   */
  find(element: Element): PubSubNode {
    const name = element.attr("node");
    if (name === undefined) throw pubsubError("nodeid-required");
    const node = this.#nodes.get(name);
    if (node === undefined) throw itemNotFound(`there is no node ${name}`);
    return node;
  }

  /**
   * The node that a request names, if it comes from its owner.
   * @throws StanzaError as `find`, or `forbidden`
   */
  findOwned({ action, account }: PubSubRequest): PubSubNode {
    const node = this.find(action);
    if (node.owner !== account) throw forbidden(`${node.name} belongs to somebody else`);
    return node;
  }

  /** @throws StanzaError `conflict` when there is a node of that name */
  create(name: string, owner: string, config?: NodeConfig): PubSubNode {
    if (this.#nodes.has(name))
      throw new StanzaError("conflict", "cancel", `${name} exists already`);
    const node = new PubSubNode(name, owner, config);
    this.add(node);
    return node;
  }

  add(node: PubSubNode): void {
    this.#nodes.set(node.name, node);
  }

  delete(node: PubSubNode): void {
    this.#nodes.delete(node.name);
  }

  /** An id for what came without one. */
  newId(): string {
    return Buffer.from(this.options.random(ID_BYTES)).toString("base64url");
  }

  /** Tells the subscribers of a node what has happened. */
  notify(node: PubSubNode, happening: Element): void {
    if (node.subscribers.size === 0) return;
    const event = xml("event", { xmlns: NS_PUBSUB_EVENT }, happening);
    for (const account of node.subscribers) this.#send(account, event);
  }

  /** Tells one subscriber of something earlier (XEP-0203). */
  notifyLate(account: string, happening: Element, time: number): void {
    const stamp = new Date(time).toISOString();
    const event = xml("event", { xmlns: NS_PUBSUB_EVENT }, happening);
    this.#send(account, event, xml("delay", { xmlns: "urn:xmpp:delay", stamp }));
  }

  /**
   * To the bare JID, so that it reaches the resources which take messages for the account, and nobody if there
   * are none, as is the way of headlines (RFC 6121 8.5.2): like Prosody and ejabberd, to be no easier than they.
   */
  #send(account: string, ...children: Element[]): void {
    const { address, router } = this.options;
    const id = `event-${++this.#messages}`;
    const attributes = { xmlns: NS_CLIENT, type: "headline", from: address, to: account, id };
    router.route(xml("message", attributes, ...children));
  }
}
