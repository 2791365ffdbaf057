/** Subscribes to a node and tells of the readings on it. */

import { Client, type ClientOptions } from "../../firmware/client/client.js";
import type { Reading } from "../../firmware/telemetry/senml.js";
import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import { StanzaError, type XmppError } from "../../firmware/xmpp/errors.js";
import { ping } from "../../firmware/xmpp/extensions/ping.js";
import { type Item, PubSub, type PubSubEvent } from "../../firmware/xmpp/extensions/pubsub.js";
import { NS_CLIENT } from "../../firmware/xmpp/namespaces.js";
import { write } from "../../firmware/xmpp/xml/writer.js";

export interface WatcherOptions {
  client: ClientOptions;
  service: string;
  node: string;
  /** One call for each item, with its readings resolved. */
  onReadings: (readings: readonly Reading[], item: Item) => void;
  /** An item that is not SenML, or not good SenML. */
  onUnreadable?: (item: Item, error: Error) => void;
  /** The subscription stands; events come from here on. Again after each reconnection. */
  onSubscribed?: () => void;
  /** The connection was lost, and is made again in `delay` milliseconds. */
  onLost: (error: XmppError, delay: number) => void;
}

/** Items that are remembered, so that one that is told of twice is passed on once. */
const MEMORY = 1000;

export class Watcher {
  /**
   * Resolves when `close()` has done its work.
   * @throws XmppError when the first connection fails, or the subscription is refused: a person who waits
   *   wants to know. Later, connections that are lost are made again.
   */
  readonly ended: Promise<void>;
  readonly #options: WatcherOptions;
  readonly #pubsub: PubSub;
  readonly #client: Client;
  readonly #seen = new Set<string>();
  #wasSubscribed = false;
  /** Why it ends, if not because it was asked to. */
  #error: XmppError | undefined;
  #end: () => void = () => {};

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#pubsub = new PubSub(options.service, (event) => this.#take(event));
    this.ended = new Promise((resolve, reject) => {
      this.#end = () => (this.#error === undefined ? resolve() : reject(this.#error));
    });
    this.#client = new Client({
      ...options.client,
      backoff: { start: 0 },
      // Services send events to the bare address, where a negative priority does not get them (RFC 6121 8.5.2).
      presence: { priority: 0 },
      extensions: [ping, this.#pubsub],
      onOnline: () => this.#subscribe(),
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

  /** Services forget subscriptions when they lose their data, and asking again changes nothing. */
  #subscribe(): void {
    this.#pubsub.subscribe(this.#options.node, (error) => {
      if (error === undefined) {
        this.#wasSubscribed = true;
        this.#options.onSubscribed?.();
      } else if (error instanceof StanzaError || error.condition === "remote-server-timeout") {
        this.#fail(error);
      } // else the connection was lost, which `onOffline` tells
    });
  }

  #take(event: PubSubEvent): void {
    if (event.kind !== "item" || event.node !== this.#options.node) return;
    const { item } = event;
    let readings: Reading[];
    try {
      if (item.payload === undefined) throw new Error("the item has no payload");
      if (this.#isRepeated(`${item.id} ${write(item.payload, NS_CLIENT)}`)) return;
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
   */
  #isRepeated(item: string): boolean {
    if (this.#seen.has(item)) return true;
    this.#seen.add(item);
    if (this.#seen.size > MEMORY) this.#seen.delete(this.#seen.values().next().value as string);
    return false;
  }
}
