/**
 * Publishes readings to a node: one item each, in order, each until the service has said that it has it.
 *
 * Readings wait in memory, in a queue that is bounded: one that does not survive a reboot.
 */

import type { Timer, TimerHandle } from "../io.js";
import { TransportError, type XmppError } from "../xmpp/errors.js";
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
  /** The service refuses items for now. They are kept; it is asked again in a while. */
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

/**
 * Errors that say something about the node or our rights, which its owner can mend; the others say
 * something about the item (XEP-0060 7.1.3).
 */
const MENDABLE = Object.freeze(["item-not-found", "forbidden", "not-authorized", "not-allowed"]);

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
    if (this.#queue.length === CAPACITY) this.#drop(this.#busy ? 1 : 0, undefined);
    this.#queue.push(entry);
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
      // There is no connection, or its queue is full: the client says when that is over.
      if (!(error instanceof TransportError)) this.#drop(0, error as XmppError);
    }
  }

  /** Stops; what waits is given up. */
  close(): void {
    this.#closed = true;
    this.#options.timer.clear(this.#retry);
  }

  #settle(error: XmppError | undefined): void {
    this.#busy = false;
    if (error === undefined) {
      this.#options.onPublished?.((this.#queue.shift() as Entry).id);
      this.flush();
    } else if (error instanceof TransportError || this.#closed) {
      // Whether the item arrived is not known. It goes again, under the same id, on the next stream; or at
      // once, if only the reply to this one is missing.
      if (error.condition === "remote-server-timeout") this.flush();
    } else if (error.retry !== "never" || MENDABLE.includes(error.condition)) {
      this.#options.onRefused?.(error);
      this.#retry = this.#options.timer.set(() => {
        this.#retry = undefined;
        this.flush();
      }, RETRY_DELAY);
    } else {
      this.#drop(0, error);
      this.flush();
    }
  }

  #drop(index: number, error: XmppError | undefined): void {
    const [entry] = this.#queue.splice(index, 1);
    this.#options.onDropped?.((entry as Entry).id, error);
  }
}
