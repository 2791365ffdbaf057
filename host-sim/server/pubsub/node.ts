/** A leaf node with its items and subscribers (XEP-0060). */

import type { Element } from "../../../firmware/xmpp/xml/element.js";
import { DEFAULT_CONFIG, type NodeConfig } from "./config.js";

export interface StoredItem {
  readonly id: string;
  readonly payload: Element | undefined;
  /** The full JID that published it. */
  readonly publisher: string;
  /** When; milliseconds since the epoch. */
  readonly published: number;
}

/** All that there is to a node. */
export interface SavedNode {
  readonly name: string;
  readonly owner: string;
  readonly config: NodeConfig;
  readonly subscribers: readonly string[];
  /** The oldest first. */
  readonly items: readonly StoredItem[];
}

export class PubSubNode {
  readonly name: string;
  /** The bare JID that created it. */
  readonly owner: string;
  /** Bare JIDs. */
  readonly subscribers = new Set<string>();
  #config: NodeConfig;
  /** By id, the oldest first. */
  readonly #items = new Map<string, StoredItem>();

  constructor(name: string, owner: string, config: NodeConfig = DEFAULT_CONFIG) {
    this.name = name;
    this.owner = owner;
    this.#config = config;
  }

  static restore({ name, owner, config, subscribers, items }: SavedNode): PubSubNode {
    const node = new PubSubNode(name, owner, config);
    for (const account of subscribers) node.subscribers.add(account);
    for (const item of items) node.store(item);
    return node;
  }

  get config(): NodeConfig {
    return this.#config;
  }

  get items(): ReadonlyMap<string, StoredItem> {
    return this.#items;
  }

  save(): SavedNode {
    const { name, owner, config } = this;
    return {
      name,
      owner,
      config,
      subscribers: [...this.subscribers],
      items: [...this.#items.values()],
    };
  }

  /** Whether an account may subscribe and retrieve items. */
  mayRead(account: string): boolean {
    return this.#config.access_model === "open" || account === this.owner;
  }

  mayPublish(account: string): boolean {
    return this.#config.publish_model === "open" || account === this.owner;
  }

  /** Items that no longer fit are dropped. */
  configure(config: NodeConfig): void {
    this.#config = config;
    while (this.#items.size > this.#capacity()) this.#dropOldest();
  }

  /**
   * Stores an item as the newest; one with the same id gives way to it.
   * @returns the id of the item that was dropped to make room, if any
   */
  store(item: StoredItem): string | undefined {
    this.#items.delete(item.id);
    this.#items.set(item.id, item);
    return this.#items.size > this.#capacity() ? this.#dropOldest() : undefined;
  }

  remove(id: string): void {
    this.#items.delete(id);
  }

  purge(): void {
    this.#items.clear();
  }

  #capacity(): number {
    return this.#config.persist_items ? this.#config.max_items : 0;
  }

  #dropOldest(): string {
    const id = this.#items.keys().next().value as string;
    this.#items.delete(id);
    return id;
  }
}
