/** All items of one node in order: those that were missed, and then those that are published. */

import { StanzaError, type XmppError } from "../../firmware/xmpp/errors.js";
import type { Item, PubSub } from "../../firmware/xmpp/extensions/pubsub.js";
import { promised } from "../cli/session.js";
import { type Memory, MissedItems } from "./missed.js";

/** Items that may be published while older ones are retrieved. Beyond that they are retrieved as well. */
const CAPACITY = 1_000;

export interface FeedOptions {
  readonly pubsub: PubSub;
  readonly node: string;
  readonly memory: Memory;
  /**
   * Takes an item. Those that were missed come one by one, each when the one before has been taken; what it
   * throws then ends the catching up. Repeats are possible, since who gets no reply publishes again (XEP-0060
   * 7.1.2), and have to be recognised.
   */
  readonly onItem: (item: Item) => void | Promise<void>;
  /** The subscription stands, and nothing is missed from here on. */
  readonly onSubscribed?: () => void;
  /** Everything that was missed and could be had has been taken. */
  readonly onCaughtUp?: (missed: MissedItems) => void | Promise<void>;
  /** What was missed cannot be retrieved: the service does not do that, or not for us. */
  readonly onNoCatchingUp?: (error: XmppError) => void;
}

export class Feed {
  readonly #options: FeedOptions;
  /** Published while older items are retrieved, or before they have been; `undefined` at other times. */
  #waiting: Item[] | undefined;
  #hasOverflown = false;
  /** What was begun last: it fails when the connection is lost, and then the next can begin. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Takes the item of an event. */
  take(item: Item): void {
    // Who cannot take it now sees later that it is missing.
    if (this.#waiting === undefined) this.#options.onItem(item)?.catch(() => {});
    else if (this.#waiting.length < CAPACITY) this.#waiting.push(item);
    else this.#hasOverflown = true;
  }

  /**
   * Subscribes and catches up. To be called at the start of every session: services forget subscriptions when
   * they lose their data, and subscribing again changes nothing.
   * @throws XmppError when the subscription is refused, or the connection is lost
   */
  begin(): Promise<void> {
    const { pubsub, node, onSubscribed } = this.#options;
    return this.#inTurn(async () => {
      await promised<void>((done) => pubsub.subscribe(node, done));
      onSubscribed?.();
      await this.#catchUp();
    });
  }

  /**
   * Takes what is on the node and was not taken yet.
   * @throws XmppError when the connection is lost, and whatever `onItem` throws
   */
  catchUp(): Promise<void> {
    return this.#inTurn(() => this.#catchUp());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    // What comes from now on is newer than what will be found to be missing.
    this.#waiting ??= [];
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #catchUp(): Promise<void> {
    const { pubsub, node, memory, onItem, onCaughtUp, onNoCatchingUp } = this.#options;
    this.#waiting ??= [];
    const waiting = this.#waiting;
    try {
      do {
        this.#hasOverflown = false;
        const missed = new MissedItems(pubsub, node, memory);
        for await (const item of missed) await onItem(item);
        await onCaughtUp?.(missed);
      } while (this.#hasOverflown);
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      onNoCatchingUp?.(error);
    }
    // Whatever is published while these are taken waits behind them.
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await onItem(item);
    this.#waiting = undefined;
  }
}
