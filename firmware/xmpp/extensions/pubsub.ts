/**
 * XEP-0060: Publish-Subscribe, version 1.27.0, from the side of publishers, subscribers and owners.
 *
 * Where servers differ (Prosody 0.12 and ejabberd 23 were measured) this takes the way that works on all:
 * one item for each publish, since Prosody acknowledges several and stores one; no `max_items` among the
 * publish options, since ejabberd refuses it there.
 */

import { ConfigError, StanzaError, type XmppError } from "../errors.js";
import { JID } from "../jid.js";
import type { Extension, Stanzas } from "../stanza/dispatcher.js";
import { type Attributes, type Element, xml } from "../xml/element.js";
import { type Fields, parseForm, submitForm } from "./data-forms.js";

export const NS_PUBSUB = "http://jabber.org/protocol/pubsub";
export const NS_PUBSUB_EVENT = "http://jabber.org/protocol/pubsub#event";
export const NS_PUBSUB_OWNER = "http://jabber.org/protocol/pubsub#owner";
export const NS_PUBSUB_ERRORS = "http://jabber.org/protocol/pubsub#errors";
const NODE_CONFIG = "http://jabber.org/protocol/pubsub#node_config";
const PUBLISH_OPTIONS = "http://jabber.org/protocol/pubsub#publish-options";

/** One item of a node. */
export interface Item {
  id: string;
  /** Exactly one element (XEP-0060 7.1.3.6), or `undefined` where a node delivers none. */
  payload: Element | undefined;
  /** Who published it, where the service says so. */
  publisher?: string;
}

/** What happens on a node that is subscribed to. */
export type PubSubEvent =
  | { kind: "item"; node: string; item: Item }
  | { kind: "retract"; node: string; id: string }
  | { kind: "purge" | "delete"; node: string };

/** Configuration of a node: field names without their `pubsub#`, such as `max_items`. */
export type NodeConfig = Readonly<Record<string, string>>;

/** A configuration for telemetry that every server measured takes. */
export const TELEMETRY_NODE: NodeConfig = Object.freeze({
  access_model: "open",
  publish_model: "open",
  persist_items: "true",
  max_items: "100",
  deliver_payloads: "true",
  send_last_published_item: "never",
  // Otherwise ejabberd sends a retraction for every item that a new one pushes out.
  notify_retract: "false",
});

type Done<T> = (error: XmppError | undefined, value?: T) => void;

/** A pub/sub service as seen by one client. */
export class PubSub implements Extension {
  /** The address of the service: a host such as `pubsub.example.org`, or an account for PEP (XEP-0163). */
  readonly service: string;
  readonly #onEvent: ((event: PubSubEvent) => void) | undefined;
  #stanzas: Stanzas | undefined;

  /**
   * @param onEvent is told of events, from this service only
   * @throws ConfigError `jid-malformed` when `service` is no address
   */
  constructor(service: string, onEvent?: (event: PubSubEvent) => void) {
    this.service = JID.parse(service).toString();
    this.#onEvent = onEvent;
  }

  install(stanzas: Stanzas): void {
    this.#stanzas = stanzas;
    const onEvent = this.#onEvent;
    if (onEvent === undefined) return;
    stanzas.onMessage("event", NS_PUBSUB_EVENT, (event, message) => {
      // An event from anyone else is a stranger's claim. No sender means our own account (RFC 6120 8.1.2.1).
      const sender = message.attr("from") ?? stanzas.jid.bare.toString();
      if (sender !== this.service) return;
      parseEvents(event).forEach((parsed) => {
        onEvent(parsed);
      });
    });
  }

  /**
   * Publishes one item (7.1). With an `id` that is on the node already, the item there is overwritten, so
   * publishing again after a lost reply does no harm.
   * @param options conditions on the node's configuration (7.1.5); a node that does not meet them gives the
   *   error `conflict` with `precondition-not-met`
   * @param done gets the id of the item. Only this says that the item is published.
   */
  publish(node: string, item: Item, done: Done<string>, options?: NodeConfig): void {
    const publish = xml("publish", { node }, xml("item", { id: item.id }, item.payload));
    const conditions =
      options === undefined
        ? undefined
        : xml("publish-options", {}, submitForm(PUBLISH_OPTIONS, prefixed(options)));
    const read = (reply: Element | undefined): string =>
      reply?.child("publish")?.child("item")?.attr("id") ?? item.id;
    this.#request("set", NS_PUBSUB, done, read, publish, conditions);
  }

  /** Removes an item (7.2). @param notify whether subscribers are told */
  retract(node: string, id: string, notify: boolean, done: Done<void>): void {
    const attributes = { node, notify: notify ? "true" : undefined };
    const retract = xml("retract", attributes, xml("item", { id }));
    this.#request("set", NS_PUBSUB, done, nothing, retract);
  }

  /**
   * Subscribes our account to a node (6.1). Services send the events to the account's bare address, so only
   * resources whose priority is not negative get them (RFC 6121 8.5.2.1.1).
   * @param done gets the error `not-authorized` when there will be none for now: the node's owner has to approve, or
   *   it has to be configured (6.1.4 and 6.1.5)
   */
  subscribe(node: string, done: Done<void>): void {
    const answered: Done<string | undefined> = (error, state = "subscribed") => {
      const why = `the subscription is ${state}, and brings no events yet`;
      done(state === "subscribed" ? error : new StanzaError("not-authorized", "auth", why));
    };
    const read = (reply: Element | undefined): string | undefined =>
      reply?.child("subscription")?.attr("subscription");
    this.#request("set", NS_PUBSUB, answered, read, xml("subscribe", this.#subscriber(node)));
  }

  /** Ends the subscription of our account (6.2). */
  unsubscribe(node: string, done: Done<void>): void {
    this.#request("set", NS_PUBSUB, done, nothing, xml("unsubscribe", this.#subscriber(node)));
  }

  /**
   * Retrieves items (6.5), as many as the service sends at once.
   * @param which their ids; or a number: the most recent ones; all when absent
   */
  items(node: string, which: readonly string[] | number | undefined, done: Done<Item[]>): void {
    const most = typeof which === "number" ? String(which) : undefined;
    const wanted = typeof which === "object" ? which.map((id) => xml("item", { id })) : [];
    const items = xml("items", { node, max_items: most }, ...wanted);
    const read = (reply: Element | undefined): Item[] =>
      reply?.child("items")?.childrenNamed("item").map(parseItem) ?? [];
    this.#request("get", NS_PUBSUB, done, read, items);
  }

  /**
   * Creates a node and configures it in one step (8.1.3).
   * @param done gets the error `conflict` when there is a node of that name
   */
  createNode(node: string, config: NodeConfig, done: Done<void>): void {
    const configure = xml("configure", {}, submitForm(NODE_CONFIG, prefixed(config)));
    this.#request("set", NS_PUBSUB, done, nothing, xml("create", { node }), configure);
  }

  /** The configuration of a node (8.2.1), for its owner. Field names come without their `pubsub#`. */
  getConfig(node: string, done: Done<Fields>): void {
    const read = (reply: Element | undefined): Fields => {
      const configure = reply?.child("configure");
      const fields = new Map<string, readonly string[]>();
      (configure && parseForm(configure))?.forEach((values, name) => {
        if (name.startsWith("pubsub#")) fields.set(name.slice(7), values);
      });
      return fields;
    };
    this.#request("get", NS_PUBSUB_OWNER, done, read, xml("configure", { node }));
  }

  /** Changes the configuration of a node (8.2.4), for its owner. */
  configure(node: string, config: NodeConfig, done: Done<void>): void {
    const form = submitForm(NODE_CONFIG, prefixed(config));
    this.#request("set", NS_PUBSUB_OWNER, done, nothing, xml("configure", { node }, form));
  }

  /** Deletes a node with all its items (8.4), for its owner. */
  deleteNode(node: string, done: Done<void>): void {
    this.#request("set", NS_PUBSUB_OWNER, done, nothing, xml("delete", { node }));
  }

  /**
   * For requests of other kinds to the service.
   * @throws ConfigError `not-installed` when this is not among the client's extensions
   */
  get stanzas(): Stanzas {
    return this.#client();
  }

  #client(): Stanzas {
    if (this.#stanzas === undefined)
      throw new ConfigError("not-installed", "this PubSub is not among the client's extensions");
    return this.#stanzas;
  }

  #subscriber(node: string): Attributes {
    return { node, jid: this.#client().jid.bare.toString() };
  }

  /** @param read makes what `done` gets of the `<pubsub/>` that comes back, which may be absent */
  #request<T>(
    type: "get" | "set",
    namespace: string,
    done: Done<T>,
    read: (reply: Element | undefined) => T,
    ...children: readonly (Element | undefined)[]
  ): void {
    const payload = xml("pubsub", { xmlns: namespace }, ...children);
    this.#client().request(type, this.service, payload, (error, reply) => {
      if (error !== undefined) return done(error);
      done(undefined, read(reply?.child("pubsub", namespace)));
    });
  }
}

/**
 * Creates a node unless it is there already, in which case its configuration is left alone. To be done before
 * the first publish, and not after a publish has failed: some servers answer that with `item-not-found`,
 * others create the node by themselves, with a configuration of their own choosing.
 *
 * Meant for whoever owns the nodes. The devices of a fleet leave it to them, because servers fall over when
 * thousands of clients create nodes at once.
 */
export function ensureNode(
  pubsub: PubSub,
  node: string,
  config: NodeConfig,
  done: Done<void>,
): void {
  pubsub.createNode(node, config, (error) => {
    const exists = error instanceof StanzaError && error.condition === "conflict";
    done(exists ? undefined : error);
  });
}

function nothing(): void {}

function prefixed(config: NodeConfig): Record<string, string> {
  const fields: Record<string, string> = {};
  Object.keys(config).forEach((name) => {
    fields[`pubsub#${name}`] = config[name] as string;
  });
  return fields;
}

function parseItem(element: Element): Item {
  const publisher = element.attr("publisher");
  return {
    id: element.attr("id") ?? "",
    payload: element.elements()[0],
    ...(publisher === undefined ? {} : { publisher }),
  };
}

/** An event tells of one node (7.1.2.1), but may tell of several items of it. */
function parseEvents(event: Element): PubSubEvent[] {
  const events: PubSubEvent[] = [];
  event.elements().forEach((child) => {
    if (child.namespace !== NS_PUBSUB_EVENT) return;
    const node = child.attr("node") ?? "";
    if (child.name === "purge" || child.name === "delete") events.push({ kind: child.name, node });
    if (child.name !== "items") return;
    child.elements().forEach((entry) => {
      if (entry.name === "item") events.push({ kind: "item", node, item: parseItem(entry) });
      else if (entry.name === "retract")
        events.push({ kind: "retract", node, id: entry.attr("id") ?? "" });
    });
  });
  return events;
}
