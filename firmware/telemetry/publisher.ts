/**
 * Publishes what is in the outbox, each entry as one item, until the service has said that it has it.
 *
 * **Order.** The items of a device appear on the node in the order in which its outbox gives them out: alarms
 * before all else, the others as they were taken, those that go at most once in turn with them. There are
 * two exceptions, which readers tell by the ids and times: what is published again after a doubtful
 * acknowledgement is there a second time, and an item that the service refuses for now goes behind the few
 * that were on their way with it.
 *
 * **Time.** There are no delay stamps (XEP-0203) on old readings. A publish request has no place for one: an
 * item holds exactly one payload, and the stamps that a service puts on its events say when it got the item.
 * When a reading was taken is said by SenML, in the reading itself, however late it comes.
 */

import type { Entry } from "../outbox/entry.js";
import { XmppError } from "../xmpp/errors.js";
import type { PubSub } from "../xmpp/extensions/pubsub.js";
import { LossReport, type LossReportOptions } from "./loss-report.js";
import { Pace, type PaceOptions } from "./pace.js";
import { separate, unpack } from "./pack.js";
import { type SenmlRecord, senmlElement } from "./senml.js";
import { type Verdict, verdictOn } from "./verdict.js";

export interface PublisherOptions extends LossReportOptions {
  readonly pubsub: PubSub;
  /** Gives numbers from 0 up to, not including, 1. */
  readonly random: () => number;
  readonly pace: PaceOptions;
  /** An item is on the node. The same one may be told of again, after the acknowledgement was doubted. */
  readonly onPublished?: (id: string) => void;
  /**
   * The service refuses an item for good, which is lost then; or all of them for now, because the node is not
   * there, we may not publish to it, or the service is down. They wait then, and are tried again in a while.
   */
  readonly onRefused?: (error: XmppError) => void;
}

/** An entry on its way: as one item, or, where that was too much for the service, one for each record. */
interface Shipment {
  readonly entry: Entry;
  /** How many items it makes, and which of them is on its way. */
  parts: number;
  at: number;
  /** Whether one of them was refused for good. */
  refused: boolean;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #pace: Pace;
  readonly #report: LossReport;
  #inFlight = 0;
  /** The item whose refusal began the last wait, until it is taken, and whether anything was taken since. */
  #refused: string | undefined;
  #hasTaken = false;
  /** Whether there is nothing to send on. */
  #blocked = true;
  #closed = false;

  constructor(options: PublisherOptions) {
    const { timer, random, pace } = options;
    this.#options = options;
    this.#pace = new Pace(pace, timer, random, () => this.#go());
    this.#report = new LossReport(options, () => this.#go());
  }

  /** There is one more entry in the outbox, or it was lost. */
  added(): void {
    this.#pace.add();
    this.#go();
  }

  /** Stanzas may be sent: to be called whenever the client says so. */
  writable(): void {
    this.#blocked = false;
    this.#go();
  }

  /**
   * The session was lost. If that was because the server fell over, it may have lost what it acknowledged
   * last: this goes again, under the same ids, which overwrites what is there (XEP-0060 7.1.2).
   *
   * Asking first which of the items are there would cost a round trip, and the items themselves, which
   * come back whole; and it would need readings that are not sent to wait for those that may be missing.
   */
  suspect(): void {
    this.#options.outbox.suspect();
  }

  /** Sends nothing more. An item that is on its way may still be told of. */
  close(): void {
    this.#closed = true;
    this.#pace.stop();
    this.#report.stop();
  }

  #go(): void {
    const { outbox, pace } = this.#options;
    this.#report.check();
    if (this.#blocked || this.#closed) return;
    if (this.#pace.mayGo) this.#report.make();
    while (this.#inFlight < pace.window && this.#pace.mayGo && !this.#blocked && !this.#closed) {
      const entry = outbox.next();
      if (entry === undefined) break;
      this.#pace.spend();
      this.#inFlight++;
      this.#send({ entry, parts: 1, at: 0, refused: false });
    }
    this.#report.check(); // of what has expired, or was found damaged
  }

  #send(shipment: Shipment): void {
    const { entry, parts, at } = shipment;
    const records = unpack(entry.payload);
    // Ids of parts follow from the entry's, so a device that loses power amid them does not double any.
    const id = parts === 1 ? entry.id : `${entry.id}.${at}`;
    const item = parts === 1 ? records : (separate(records)[at] as SenmlRecord[]);
    const payload = senmlElement(item);
    try {
      this.#options.pubsub.publish(entry.node, { id, payload }, (error) => {
        this.#answered(shipment, error);
        this.#go();
      });
    } catch (error) {
      if (!(error instanceof XmppError)) throw error;
      this.#failed(shipment, error, at > 0);
    }
  }

  #answered(shipment: Shipment, error: XmppError | undefined): void {
    if (error !== undefined) return this.#failed(shipment, error, true);
    this.#pace.release();
    this.#hasTaken = true;
    this.#next(shipment);
  }

  /** An item has come to its end: the next part of the entry goes, if there is one. */
  #next(shipment: Shipment): void {
    const { outbox, onPublished } = this.#options;
    const { id } = shipment.entry;
    if (++shipment.at < shipment.parts) return this.#send(shipment);
    this.#inFlight--;
    if (shipment.refused) return this.#report.is(id) ? this.#report.failed() : outbox.refuse(id);
    outbox.acknowledge(id);
    if (id === this.#refused) this.#refused = undefined;
    if (this.#report.is(id)) this.#report.published();
    else onPublished?.(id);
  }

  /** @param sent whether the item, or a part of it, may have arrived all the same */
  #failed(shipment: Shipment, error: XmppError, sent: boolean): void {
    const { outbox, onRefused } = this.#options;
    const { id } = shipment.entry;
    const verdict = this.#verdictOn(error, id);
    if (verdict === "unfit" && !this.#closed) {
      const { length } = unpack(shipment.entry.payload);
      if (shipment.parts < length) {
        shipment.parts = length;
        return this.#send(shipment);
      }
      shipment.refused = true;
      this.#next(shipment);
      onRefused?.(error);
      return;
    }
    this.#inFlight--;
    if (!sent) outbox.putBack(id, undefined);
    else if (this.#report.is(id)) this.#report.failed();
    else outbox.putBack(id, verdict === "wait" ? "refused" : "unsettled");
    // The service may have fallen over. When it is another server's, our session does not end by that. What is
    // on its way besides still is: each of these hears for itself.
    if (error.condition.startsWith("remote-server-")) outbox.doubt();
    if (!sent) this.#pace.add(); // nothing went
    if (verdict === "offline") this.#blocked = true;
    if (verdict !== "wait" || this.#closed || !this.#pace.hold()) return;
    this.#refused = id;
    this.#hasTaken = false;
    onRefused?.(error);
  }

  /** What was refused before, and is refused again though the service has taken others since, is at fault itself. */
  #verdictOn(error: XmppError, id: string): Exclude<Verdict, "unclear"> {
    const verdict = verdictOn(error);
    if (verdict !== "unclear") return verdict;
    return this.#hasTaken && this.#refused === id ? "unfit" : "wait";
  }
}
