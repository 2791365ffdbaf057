/** Subscribes to a node and tells of the readings on it. */

import { Client, type ClientOptions } from "../../firmware/client/client.js";
import type { Reading } from "../../firmware/telemetry/senml.js";
import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import { StanzaError, type XmppError } from "../../firmware/xmpp/errors.js";
import { ping } from "../../firmware/xmpp/extensions/ping.js";
import { type Item, PubSub, type PubSubEvent } from "../../firmware/xmpp/extensions/pubsub.js";
import { Feed } from "../collector/feed.js";
import { fingerprint } from "../collector/fingerprint.js";
import { READER_LIMITS } from "../collector/limits.js";
import type { MissedItems } from "../collector/missed.js";

export interface WatcherOptions {
  client: ClientOptions;
  service: string;
  node: string;
  /** Whether to begin with what is on the node already; otherwise with what is published from now on. */
  fromStart?: boolean;
  /** One call for each item, with its readings resolved. */
  onReadings: (readings: readonly Reading[], item: Item) => void;
  /** An item that is not SenML, or not good SenML. */
  onUnreadable?: (item: Item, error: Error) => void;
  /** The subscription stands; events come from here on. Again after each reconnection. */
  onSubscribed?: () => void;
  /** What was published while there was no connection has been told, as far as it is still there. */
  onCaughtUp?: (missed: MissedItems) => void;
  /** What was published while there was no connection cannot be had. */
  onNoCatchingUp?: (error: XmppError) => void;
  /** The connection was lost, and is made again in `delay` milliseconds. */
  onLost: (error: XmppError, delay: number) => void;
}

/** Items that are remembered, so that one that is told of twice is passed on once: more than a node holds. */
const MEMORY = 20_000;

export class Watcher {
  /**
   * Resolves when `close()` has done its work.
   * @throws XmppError when the first connection fails, or the subscription is refused: a person who waits
   *   wants to know. Later, connections that are lost are made again.
   */
  readonly ended: Promise<void>;
  readonly #options: WatcherOptions;
  readonly #client: Client;
  readonly #feed: Feed;
  /** The fingerprint of each item when it was last told of; empty for one that was there before. */
  readonly #known = new Map<string, string>();
  #hasListed = false;
  #wasSubscribed = false;
  /** Why it ends, if not because it was asked to. */
  #error: XmppError | undefined;
  #end: () => void = () => {};

  constructor(options: WatcherOptions) {
    const { node, fromStart = false } = options;
    this.#options = options;
    this.ended = new Promise((resolve, reject) => {
      this.#end = () => (this.#error === undefined ? resolve() : reject(this.#error));
    });
    const pubsub = new PubSub(options.service, (event) => this.#take(event));
    this.#feed = new Feed({
      pubsub,
      node,
      memory: {
        hasHad: () => this.#hasListed,
        unknown: (_node, ids) => {
          if (!this.#hasListed && !fromStart) for (const id of ids) this.#remember(id, "");
          this.#hasListed = true;
          return ids.filter((id) => !this.#known.has(id));
        },
      },
      onItem: (item) => this.#read(item),
      onSubscribed: () => {
        this.#wasSubscribed = true;
        options.onSubscribed?.();
      },
      onCaughtUp: (missed) => options.onCaughtUp?.(missed),
      onNoCatchingUp: (error) => options.onNoCatchingUp?.(error),
    });
    this.#client = new Client({
      ...options.client,
      limits: READER_LIMITS,
      backoff: { start: 0 },
      // Services send events to the bare address, where a negative priority does not get them (RFC 6121 8.5.2).
      presence: { priority: 0 },
      extensions: [ping, pubsub],
      onOnline: () => this.#begin(),
      // The session goes on, and the subscription with it.
      onResumed: () => options.onSubscribed?.(),
      onOffline: (error, delay) => {
        if (delay === undefined || !this.#wasSubscribed) this.#fail(error);
        else options.onLost(error, delay);
      },
      onClosed: () => this.#end(),
    });
  }

  /**
   * Closes the stream in good order; `ended` tells when. The subscription stays: it is the account's, and
   * others may be watching by it.
   */
  close(): void {
    this.#client.close();
  }

  #fail(error: XmppError): void {
    this.#error ??= error;
    if (this.#client.state === "closed") this.#end();
    else this.#client.close();
  }

  #begin(): void {
    this.#feed.begin().catch((error: XmppError) => {
      if (error instanceof StanzaError || error.condition === "remote-server-timeout")
        this.#fail(error);
      // else the connection was lost, which `onOffline` tells
    });
  }

  #take(event: PubSubEvent): void {
    if (event.kind === "item" && event.node === this.#options.node) this.#feed.take(event.item);
  }

  #read(item: Item): void {
    let readings: Reading[];
    try {
      if (item.payload === undefined) throw new Error("the item has no payload");
      if (!this.#remember(item.id, fingerprint(item.payload))) return;
      readings = decodeSenml(item.payload, Date.now() / 1000);
    } catch (error) {
      this.#options.onUnreadable?.(item, error as Error);
      return;
    }
    this.#options.onReadings(readings, item);
  }

  /**
   * Publishers that got no reply publish again, and subscribers are told again (XEP-0060 7.1.2). ejabberd
   * tells an account of its own nodes twice anyway, once as the subscriber and once as the owner. An item
   * that was overwritten with something else is no repetition.
   * @returns whether it is new
   */
  #remember(id: string, fingerprint: string): boolean {
    if (this.#known.get(id) === fingerprint) return false;
    this.#known.delete(id);
    this.#known.set(id, fingerprint);
    if (this.#known.size > MEMORY) this.#known.delete(this.#known.keys().next().value as string);
    return true;
  }
}
