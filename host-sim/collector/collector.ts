/**
 * Subscribes to nodes and stores the readings on them.
 *
 * Nothing is lost as long as it is on its node. What is stored is known by the ids of its items, so whatever
 * goes wrong (no connection, a server or a collector that was killed, a store that is full, items that come
 * faster than they are stored), the answer is the same: to see later which items on the node are not in the
 * store, and to retrieve them.
 */

import { Client, type ClientOptions } from "../../firmware/client/client.js";
import type { Reading } from "../../firmware/telemetry/senml.js";
import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import { StanzaError, XmppError } from "../../firmware/xmpp/errors.js";
import { ping } from "../../firmware/xmpp/extensions/ping.js";
import { type Item, PubSub, type PubSubEvent } from "../../firmware/xmpp/extensions/pubsub.js";
import { Feed } from "./feed.js";
import { fingerprint } from "./fingerprint.js";
import { MAX_NAME_LENGTH, MAX_UNIT_LENGTH, READER_LIMITS } from "./limits.js";
import type { MissedItems } from "./missed.js";
import { NodeNames } from "./node-names.js";
import { type CollectedItem, type Retention, type Store, StoreError } from "./store.js";

export interface CollectorOptions {
  readonly client: Omit<ClientOptions, "extensions" | "limits" | "presence">;
  readonly service: string;
  /** The nodes: names, and patterns in which `*` stands for any characters and `?` for one. */
  readonly nodes: readonly string[];
  readonly store: Store;
  /** For ever when absent. */
  readonly retention?: Retention;
  /** Items that are new, once they are stored: what is shown live. */
  readonly onStored?: (items: readonly CollectedItem[]) => void;
  /** So many nodes are subscribed to, and what was missed is stored. In each session, and when the number changes. */
  readonly onReady?: (nodes: number) => void;
  /** Something is wrong with a node. It is tried again in a while. */
  readonly onNodeTrouble?: (node: string, what: string) => void;
  /** The store fails; or works again, when there is no error. */
  readonly onStore?: (error: StoreError | undefined) => void;
  /** The connection was lost, and is made again in `delay` milliseconds. */
  readonly onLost?: (error: XmppError, delay: number) => void;
}

/** What has been taken, since the collector was made. */
export interface Counts {
  /** Items that were stored, and the readings in them. */
  items: number;
  readings: number;
  /** Items that came again. */
  repeated: number;
  /** Items without a reading: no SenML, or no good SenML. */
  unreadable: number;
}

/** Milliseconds between looks at what nodes there are, and at those in trouble. */
const LOOK_INTERVAL = 60_000;
/** Milliseconds between looks at all items of all nodes, though none should be missing. */
const CARE_INTERVAL = 3_600_000;
/** Milliseconds until a store that fails is tried again. */
const STORE_RETRY = 5_000;

/** Nodes that are asked about at once. */
const CONCURRENCY = 4;
/** Items that are stored in one transaction. */
const BATCH = 500;
/** Items that wait to be stored; who retrieves more has to wait. */
const QUEUE = 1_000;
/** The same, for those that come by themselves: what is beyond is retrieved later. */
const MAX_QUEUE = 20_000;

/** Ids of items are known for so many seconds, at least, after they have left their node. */
const MEMORY = 7 * 86_400;

export class Collector {
  /**
   * Resolves when `close()` has done its work.
   * @throws XmppError when connecting is of no use; StoreError when the store fails in a way that does not pass
   */
  readonly ended: Promise<void>;
  readonly counts: Counts = { items: 0, readings: 0, repeated: 0, unreadable: 0 };
  readonly #options: CollectorOptions;
  readonly #names: NodeNames;
  readonly #client: Client;
  readonly #pubsub: PubSub;
  readonly #feeds = new Map<string, Feed>();
  /** Nodes of which something may be missing. */
  readonly #behind = new Set<string>();
  /** What is wrong with nodes, as it was last told; and with the list of nodes, under their pattern. */
  readonly #troubles = new Map<string, string>();
  /** How many nodes were last said to be ready in this session. */
  #ready: number | undefined;
  #queue: CollectedItem[] = [];
  #storing: Promise<void> | undefined;
  /** Why nothing is stored at present, and whether it has been told that there was such a time. */
  #failure: StoreError | undefined;
  #isToldOfFailure = false;
  #working: Promise<void> | undefined;
  #isMoreToDo = false;
  /** Whether it is to be seen what nodes there are, and averages are to be made. */
  #shallLook = false;
  #shallCondense = false;
  /** When nothing was missing last, in seconds since the epoch. */
  #completeAt = Date.now() / 1000;
  #looking: NodeJS.Timeout;
  #caring: NodeJS.Timeout;
  #retry: NodeJS.Timeout | undefined;
  #error: Error | undefined;
  #end: () => void = () => {};

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#names = new NodeNames(options.nodes);
    this.ended = new Promise((resolve, reject) => {
      this.#end = () => (this.#error === undefined ? resolve() : reject(this.#error));
    });
    this.#pubsub = new PubSub(options.service, (event) => this.#happened(event));
    this.#client = new Client({
      ...options.client,
      limits: READER_LIMITS,
      // Services send events to the bare address, where a negative priority does not get them (RFC 6121 8.5.2).
      presence: { priority: 0 },
      extensions: [ping, this.#pubsub],
      onOnline: () => {
        this.#ready = undefined;
        this.#care();
      },
      onOffline: (error, delay) => {
        if (delay === undefined) this.#fail(error);
        else options.onLost?.(error, delay);
      },
      onClosed: () => this.#finish(),
    });
    this.#looking = setInterval(() => this.#look(), LOOK_INTERVAL);
    this.#caring = setInterval(() => this.#care(), CARE_INTERVAL);
    for (const node of this.#names.plain) this.#add(node);
  }

  /** Stores what has come, and closes the stream in good order; `ended` tells when. Subscriptions stay. */
  close(): void {
    this.#client.close();
  }

  #fail(error: Error): void {
    this.#error ??= error;
    if (this.#client.state === "closed") this.#finish();
    else this.#client.close();
  }

  #finish(): void {
    clearInterval(this.#looking);
    clearInterval(this.#caring);
    void Promise.resolve(this.#working)
      .then(() => this.#storing)
      .then(() => {
        clearTimeout(this.#retry);
        this.#end();
      });
  }

  // Nodes

  #happened(event: PubSubEvent): void {
    const { kind, node } = event;
    // A subscription that others have made tells of nodes that are new.
    if (!this.#feeds.has(node) && this.#names.match(node)) this.#add(node);
    const feed = this.#feeds.get(node);
    if (feed === undefined) return;
    if (kind === "item" && event.item.payload !== undefined) feed.take(event.item);
    // What events do not hold has to be retrieved; a node that was deleted may be there anew.
    else if (kind === "item" || kind === "delete") this.#fallBehind(node);
  }

  #add(node: string): void {
    this.#feeds.set(node, this.#feed(node));
    this.#fallBehind(node);
  }

  #fallBehind(node: string): void {
    this.#behind.add(node);
    this.#work();
  }

  #remove(node: string): void {
    this.#feeds.delete(node);
    this.#troubles.delete(node);
  }

  /** Looks what nodes there are, and tries again those that are in trouble. */
  #look(): void {
    this.#shallLook = true;
    for (const node of this.#troubles.keys()) if (this.#feeds.has(node)) this.#behind.add(node);
    this.#work();
  }

  /** Looks again at everything. */
  #care(): void {
    this.#shallCondense = true;
    for (const node of this.#feeds.keys()) this.#behind.add(node);
    this.#look();
  }

  /** Whether there is a service to ask, and a store for what it says. */
  get #isActive(): boolean {
    return this.#client.state === "online" && this.#failure === undefined;
  }

  /** Subscribes to nodes that are new, catches up where something may be missing, and makes averages. */
  #work(): void {
    this.#isMoreToDo = true;
    if (this.#isActive) this.#working ??= this.#workOff();
  }

  async #workOff(): Promise<void> {
    while (this.#isMoreToDo && this.#isActive) {
      this.#isMoreToDo = false;
      try {
        if (this.#shallLook) await this.#lookForNodes();
        await this.#beginAll();
        await this.#conclude();
      } catch (error) {
        if (error instanceof StoreError) this.#storeFailed(error);
        else if (!(error instanceof XmppError)) this.#fail(error as Error);
        // else the connection was lost, and all is begun anew on the next
      }
    }
    this.#working = undefined;
  }

  /** @throws TransportError when the connection is lost */
  async #lookForNodes(): Promise<void> {
    this.#shallLook = false;
    const patterns = this.#options.nodes.join(", ");
    try {
      const found = new Set(await this.#names.find(this.#pubsub));
      this.#troubles.delete(patterns);
      for (const node of found) if (!this.#feeds.has(node)) this.#add(node);
      // Those that are not there any more say so when they are asked.
      for (const node of this.#feeds.keys())
        if (this.#names.match(node) && !found.has(node)) this.#behind.add(node);
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      this.#trouble(patterns, error.message);
    }
  }

  /** @throws TransportError when the connection is lost */
  async #beginAll(): Promise<void> {
    const nodes = [...this.#behind].values();
    const workers = Array.from({ length: CONCURRENCY }, async () => {
      for (const node of nodes) await this.#begin(node);
    });
    for (const outcome of await Promise.allSettled(workers))
      if (outcome.status === "rejected") throw outcome.reason;
    await this.#storing;
  }

  /** @throws TransportError when the connection is lost */
  async #begin(node: string): Promise<void> {
    if (!this.#isActive) return;
    this.#behind.delete(node);
    try {
      await this.#feeds.get(node)?.begin();
      this.#troubles.delete(node);
    } catch (error) {
      if (error instanceof StanzaError) return this.#refused(node, error);
      this.#behind.add(node);
      if (!(error instanceof StoreError)) throw error;
      if (error !== this.#failure) this.#storeFailed(error);
    }
  }

  #refused(node: string, error: StanzaError): void {
    this.#trouble(node, error.message);
    // What a pattern stands for may go. It is found again when it is there again.
    if (error.condition === "item-not-found" && this.#names.match(node)) this.#remove(node);
  }

  /** Tells that nothing is missing, as far as nodes are not in trouble. @throws StoreError */
  async #conclude(): Promise<void> {
    const { retention, store, onReady } = this.#options;
    if (!this.#isActive) return;
    this.#completeAt = Date.now() / 1000;
    const ready = [...this.#feeds.keys()].filter((node) => !this.#troubles.has(node)).length;
    if (ready !== this.#ready) onReady?.(ready);
    this.#ready = ready;
    if (retention !== undefined && this.#shallCondense)
      await store.condense(retention, this.#completeAt, () => this.#isActive);
    this.#shallCondense = false;
  }

  /** Says it once, though the node is tried every minute. */
  #trouble(node: string, what: string): void {
    if (this.#troubles.get(node) === what) return;
    this.#troubles.set(node, what);
    this.#options.onNodeTrouble?.(node, what);
  }

  #feed(node: string): Feed {
    const { store, onNodeTrouble } = this.#options;
    return new Feed({
      pubsub: this.#pubsub,
      node,
      memory: {
        unknown: (_node, ids) => store.unknown(node, ids),
        // What comes while it is caught up with does not count.
        hasHad: () => store.hasHad(node, this.#completeAt),
      },
      onItem: (item) => this.#take(node, item),
      onCaughtUp: (missed) => this.#caughtUp(node, missed),
      onNoCatchingUp: (error) =>
        onNodeTrouble?.(node, `what was missed cannot be retrieved: ${error.message}`),
    });
  }

  async #caughtUp(node: string, { listed, gone, isTruncated }: MissedItems): Promise<void> {
    const { store, retention, onNodeTrouble } = this.#options;
    if (isTruncated || gone.length > 0)
      onNodeTrouble?.(node, "it has dropped its oldest items; some may be missing here");
    if (retention === undefined) return;
    const memory = Math.max(MEMORY, retention.keep);
    await store.forget(node, listed, Date.now() / 1000 - memory);
  }

  // Items

  /** @throws StoreError while the store fails: there is no use in retrieving more */
  #take(node: string, item: Item): void | Promise<void> {
    if (this.#failure !== undefined) {
      this.#behind.add(node);
      return Promise.reject(this.#failure);
    }
    if (this.#queue.length >= MAX_QUEUE) this.#behind.add(node);
    else this.#queue.push(this.#read(node, item));
    this.#storing ??= this.#store();
    if (this.#queue.length > QUEUE) return this.#storing;
  }

  /**
   * What is no SenML has no readings, but an id that is known from now on. Times that SenML counts from when it
   * was sent are counted from now, though the item may have been missed: no service says when it came.
   */
  #read(node: string, { id, payload, publisher }: Item): CollectedItem {
    const received = Date.now() / 1000;
    let readings: readonly Reading[] = [];
    try {
      if (payload !== undefined) readings = decodeSenml(payload, received);
      if (!readings.every(hasGoodName)) readings = [];
    } catch {
      // It is counted when it is stored, so once.
    }
    return {
      node,
      id,
      fingerprint: payload === undefined ? "" : fingerprint(payload),
      ...(publisher === undefined ? {} : { publisher }),
      received,
      readings,
    };
  }

  /** Stores what waits, until nothing does. */
  async #store(): Promise<void> {
    const { store, onStored } = this.#options;
    // Those that come in one read go into one transaction.
    await new Promise(setImmediate);
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue.slice(0, BATCH);
        const isNew = await store.add(batch);
        this.#queue.splice(0, batch.length);
        this.#storeWorks();
        const added = batch.filter((_item, at) => isNew[at]);
        this.counts.repeated += batch.length - added.length;
        this.counts.items += added.length;
        for (const { readings } of added) {
          this.counts.readings += readings.length;
          if (readings.length === 0) this.counts.unreadable++;
        }
        if (added.length > 0) onStored?.(added);
      }
    } catch (error) {
      this.#storeFailed(error as StoreError);
    } finally {
      this.#storing = undefined;
    }
  }

  /** What waited is on its node still, and is retrieved when the store works again. */
  #storeFailed(error: StoreError): void {
    for (const { node } of this.#queue.splice(0)) this.#behind.add(node);
    if (!(error instanceof StoreError && error.mayPass)) return this.#fail(error);
    this.#failure = error;
    if (!this.#isToldOfFailure) this.#options.onStore?.(error);
    this.#isToldOfFailure = true;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#failure = undefined;
      this.#work();
    }, STORE_RETRY);
  }

  #storeWorks(): void {
    if (!this.#isToldOfFailure) return;
    this.#isToldOfFailure = false;
    this.#options.onStore?.(undefined);
  }
}

function hasGoodName({ name, unit = "" }: Reading): boolean {
  return name.length <= MAX_NAME_LENGTH && unit.length <= MAX_UNIT_LENGTH;
}
