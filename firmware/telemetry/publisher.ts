/**
 * Publishes readings to a node: one item each, in order, each until the service has said that it has it.
 *
 * Readings wait in memory, in a queue that is bounded: one that does not survive a reboot.
 */

import type { Timer, TimerHandle } from "../io.js";
import { ConfigError, StanzaError, TransportError, type XmppError } from "../xmpp/errors.js";
import type { PubSub } from "../xmpp/extensions/pubsub.js";
import type { Element } from "../xmpp/xml/element.js";
import { encodeSenml, type Reading } from "./senml.js";

export interface PublisherOptions {
  pubsub: PubSub;
  node: string;
  /** Makes the id of the next item. */
  nextId: () => string;
  timer: Timer;
  /** An item is on the node. */
  onPublished?: (id: string) => void;
  /**
   * An item will not be published: the service refuses it for good, or there was no room left for it.
   * @param error undefined when there was no room
   */
  onDropped?: (id: string, error: XmppError | undefined) => void;
  /**
   * The service refuses items for now: the node is not there yet, we may not publish to it, or the service is
   * down. They are kept; it is asked again in a while.
   */
  onRefused?: (error: XmppError) => void;
}

interface Entry {
  readonly id: string;
  readonly payload: Element;
}

/** Items that wait, at most; the oldest makes room for the newest. */
const CAPACITY = 64;

/** How long to wait, in milliseconds, after the service has refused an item that it may take later. */
const RETRY_DELAY = 30_000;

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #queue: Entry[] = [];
  /** Whether the first entry is on its way. One at a time: it keeps the order, and spares the server. */
  #busy = false;
  #retry: TimerHandle | undefined;
  #closed = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** How many items wait, the one on its way included. */
  get pending(): number {
    return this.#queue.length;
  }

  /**
   * Takes readings that go into one item.
   * @returns the id of the item
   * @throws ConfigError for readings that SenML cannot say
   */
  add(readings: readonly Reading[]): string {
    const entry = { id: this.#options.nextId(), payload: encodeSenml(readings) };
    this.#queue.push(entry);
    if (this.#queue.length > CAPACITY) this.#drop(this.#busy ? 1 : 0, undefined);
    this.flush();
    return entry.id;
  }

  /** Goes on. To be called when stanzas may be sent again. */
  flush(): void {
    const entry = this.#queue[0];
    if (entry === undefined || this.#busy || this.#closed || this.#retry !== undefined) return;
    this.#busy = true;
    try {
      this.#options.pubsub.publish(this.#options.node, entry, (error) => this.#settle(error));
    } catch (error) {
      this.#busy = false;
      // A connection that is not there, or whose queue is full: the client says when that is over.
      if (error instanceof TransportError) return;
      if (!(error instanceof ConfigError)) throw error;
      this.#drop(0, error);
      this.flush();
    }
  }

  /** Sends nothing more; what waits is given up. An item that is on its way may still be told of. */
  close(): void {
    this.#closed = true;
    this.#options.timer.clear(this.#retry);
  }

  #settle(error: XmppError | undefined): void {
    this.#busy = false;
    if (error === undefined) {
      this.#options.onPublished?.((this.#queue.shift() as Entry).id);
      this.flush();
    } else if (!(error instanceof StanzaError) || this.#closed) {
      // Whether the item arrived is not known. It goes again, under the same id, on the next stream; or at
      // once, if only the reply to this one is missing.
      if (error.condition === "remote-server-timeout") this.flush();
    } else if (error.type === "modify") {
      // The item itself is at fault (XEP-0060 7.1.3), and always will be. All other errors are about the
      // node, our rights or the service, which somebody can mend.
      this.#drop(0, error);
      this.flush();
    } else {
      this.#retry = this.#options.timer.set(() => {
        this.#retry = undefined;
        this.flush();
      }, RETRY_DELAY);
      this.#options.onRefused?.(error);
    }
  }

  #drop(index: number, error: XmppError | undefined): void {
    const [entry] = this.#queue.splice(index, 1);
    this.#options.onDropped?.((entry as Entry).id, error);
  }
}
