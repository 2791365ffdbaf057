/** Subscribes to a node and tells of the readings on it. */

import { Client, type ClientOptions } from "../../firmware/client/client.js";
import type { Reading } from "../../firmware/telemetry/senml.js";
import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import type { XmppError } from "../../firmware/xmpp/errors.js";
import { ping } from "../../firmware/xmpp/extensions/ping.js";
import { type Item, PubSub, type PubSubEvent } from "../../firmware/xmpp/extensions/pubsub.js";

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
  /**
   * The connection was lost, or the subscription was refused.
   * @param delay milliseconds until it is tried again; `undefined` when it is not
   */
  onError: (error: XmppError, delay: number | undefined) => void;
}

export class Watcher {
  readonly #options: WatcherOptions;
  readonly #pubsub: PubSub;
  readonly #client: Client;
  #onClosed: () => void = () => {};

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#pubsub = new PubSub(options.service, (event) => this.#take(event));
    this.#client = new Client({
      ...options.client,
      // Services send events to the bare address, where a negative priority does not get them (RFC 6121 8.5.2).
      presence: { priority: 0 },
      extensions: [ping, this.#pubsub],
      onOnline: () => this.#subscribe(),
      onOffline: (error, delay) => {
        options.onError(error, delay);
        if (delay === undefined) this.#onClosed();
      },
      onClosed: () => this.#onClosed(),
    });
  }

  /** Closes the stream in good order. The subscription stays, so that nothing is missed by others. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#client.state === "closed") resolve();
      this.#onClosed = resolve;
      this.#client.close();
    });
  }

  /** Services forget subscriptions when they lose their data, and asking again changes nothing. */
  #subscribe(): void {
    this.#pubsub.subscribe(this.#options.node, (error) => {
      if (error === undefined) this.#options.onSubscribed?.();
      else this.#options.onError(error, undefined);
    });
  }

  #take(event: PubSubEvent): void {
    if (event.kind !== "item" || event.node !== this.#options.node) return;
    const { item } = event;
    let readings: Reading[];
    try {
      if (item.payload === undefined) throw new Error("the item has no payload");
      readings = decodeSenml(item.payload, Date.now() / 1000);
    } catch (error) {
      this.#options.onUnreadable?.(item, error as Error);
      return;
    }
    this.#options.onReadings(readings, item);
  }
}
