/**
 * The durable queue: readings wait here until they are delivered, through power cuts and long outages.
 *
 * **What is promised.** When `append` has returned an id, the entry will be given out by `next`, in order,
 * until `acknowledge` is called for it, after any number of power cuts, with these exceptions:
 *
 * - a power cut within `window` milliseconds after `append` may lose it (with 0: none does; alarms: none);
 * - it is lost under a cause of {@link Losses}, and counted: the count becomes durable in the same write
 *   as the loss itself, so that it is neither missed nor counted twice;
 * - entries that are to be delivered *at most once* are only ever in RAM.
 *
 * An acknowledged entry may be given out again after a power cut, under the same id: acknowledgements
 * cost no writes of their own, but become durable with the next entry that is written, and those of one
 * segment all together.
 *
 * A write that is cut short leaves the state before or after it, and harms nothing that was there before.
 * If storage leaves garbage of it, that counts as `damaged`. Bytes that go bad in storage cost the entry
 * they are in; in the head of a segment, its entries.
 *
 * **What it costs.** Writes for each entry:
 * - at most once: none;
 * - with a window of 0: one, also when it is full, and nothing is deleted but what `thin` drops or what is
 *   lost in the middle of the queue: the rest is overwritten;
 * - with a longer window: one for up to 16 entries or `segment` bytes, and none if all of them were
 *   forgotten before it was over. Once settling is over, that is: a window of less saves writes, not bytes.
 *
 * A write takes some 40 bytes, and 7 for each entry, beside the entries, and in NVS 64 more and up to full
 * units of 32. `test/outbox/wear.test.ts` has figures.
 *
 * **RAM.** 30 bytes for each segment, waiting or dealt with but not overwritten; the records of the one
 * that is not written yet, `segment` bytes at most, and as much again for those that go at most once.
 * Payloads in storage are read back when they go, with `segment` bytes for that moment. For each entry in
 * flight, its id.
 */

import type { KeyValue, Timer, TimerHandle } from "../io.js";
import { ConfigError, type XmppError } from "../xmpp/errors.js";
import { encode } from "../xmpp/utf8.js";
import type { Content, Entry, Message } from "./entry.js";
import { numberOf } from "./entry-id.js";
import { CAUSES, type Cause, type Losses } from "./losses.js";
import { Dropper, type Policy } from "./policy.js";
import { encodeRecord, RECORD_HEAD_SIZE } from "./segment.js";
import { footprint, SegmentStore } from "./segment-store.js";
import {
  ACKNOWLEDGED,
  ALARM,
  DELIVERED,
  IN_FLIGHT,
  LOST,
  SETTLES,
  SETTLING,
  UNSTORED,
  WAITING,
} from "./segment-table.js";
import { VolatileQueue } from "./volatile-queue.js";

export interface OutboxOptions {
  /** A store that nothing else writes to. It is not closed with the outbox. */
  readonly storage: KeyValue;
  readonly timer: Timer;
  /** Gives `count` bytes that nobody can predict, as `Crypto.random` does: from the first call on. */
  readonly random: (count: number) => Uint8Array;
  /**
   * How much of the storage may be taken, in bytes as NVS counts them: 64 for each value, and its length
   * in units of 32. Never exceeded. Up to 4 MB. NVS itself needs a page (4 kB) or two of the partition to tidy up.
   */
  readonly capacity: number;
  /**
   * The longest value to write, in bytes, up to 4,000: it bounds an entry, and what waits in RAM. Twice
   * that, and a little, is the least capacity, and one of them is always kept free.
   */
  readonly segment: number;
  /** How long entries may wait in RAM to be written together, in milliseconds. */
  readonly window: number;
  /**
   * How long, in milliseconds, an acknowledgement is doubted: a server may acknowledge before it has saved.
   * It is believed when others have come after so long, up to twice as long: time alone proves nothing, because a
   * server that fell over is not always missed at once.
   */
  readonly settle: number;
  readonly policy: Policy;
  /**
   * Entries older than that, in milliseconds, are lost as `expired`. Only those whose time and the present
   * are both after 1978, which is when a clock counts as set (as in RFC 8428 4.5.3).
   */
  readonly maxAge?: number;
  /** Entries could not be written when their window was over. They stay, and are tried again. */
  readonly onError?: (error: XmppError) => void;
}

const CLOCK_SET = 2 ** 28 * 1000;

/** An entry that was given out, and is neither acknowledged nor lost. */
interface Given {
  readonly id: string;
  attempts: number;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #store: SegmentStore;
  readonly #volatile: VolatileQueue;
  readonly #dropper: Dropper;
  /** By number. No more than the publisher has at a time, and has had and put back. */
  readonly #given = new Map<number, Given>();
  /** Whether it is the turn of those that go at most once. */
  #volatileFirst = false;
  #saving: TimerHandle | undefined;
  #settling: TimerHandle | undefined;
  /** Whether `settle` is over since the last step of settling. */
  #isSettled = false;

  /**
   * Reads every segment once. Nothing is written, unless a power cut left something to tidy up.
   * @throws ConfigError `outbox-capacity` when the capacity is too small for the segments, or those are
   *   out of range
   */
  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#store = new SegmentStore(options);
    this.#volatile = new VolatileQueue(options.random, options.segment);
    this.#dropper = new Dropper(options.policy);
  }

  /** How many entries have yet to be acknowledged. */
  get pending(): number {
    return this.#volatile.length + this.#total((state) => state <= IN_FLIGHT);
  }

  /** How many are acknowledged, but not for long enough to be believed. */
  get settling(): number {
    return this.#total((state) => state === ACKNOWLEDGED || state === SETTLING);
  }

  /** How long a payload for a node can be, in bytes. */
  room(node: string): number {
    return this.#store.longest - RECORD_HEAD_SIZE - encode(node).length;
  }

  /** What is taken in storage, in bytes as NVS counts them. */
  get used(): number {
    return this.#store.used;
  }

  /** How long a value may be that others put beside it, so that the capacity is not exceeded by both, in bytes. */
  get spare(): number {
    return 32 * Math.floor((this.#options.capacity - this.used) / 32) - footprint(0);
  }

  /**
   * How many entries were lost, by cause, since the store was new. To be published as they are: they only
   * go up, so it does no harm if one report of them is lost or repeated.
   */
  get losses(): Losses {
    return this.#store.losses;
  }

  /**
   * Takes an entry.
   * @returns its id, or `undefined` if it was not taken, but counted as lost, because the outbox is full
   * @throws ConfigError `outbox-entry` when it is too large for a segment, or its time not a whole number,
   *   or an alarm is to go at most once
   * @throws StorageError `outbox-storage` when storage fails. It is not taken then.
   */
  append(message: Message): string | undefined {
    const { qos, alarm = false } = message;
    const record = this.#record(message);
    if (qos === "at-most-once")
      return this.#volatile.add(message, record.length, () => this.#store.lose("full", false));
    if (!this.#store.takes(record.length)) this.#save(true);
    const immediate = alarm || this.#options.window === 0;
    if (!this.#makeRoom(record.length, alarm)) {
      this.#store.lose("full", true);
      this.#save(immediate);
      return undefined;
    }
    const flags = (alarm ? ALARM : 0) | (qos === "effectively-once" ? SETTLES : 0);
    const id = this.#store.add(record, flags);
    try {
      this.#save(immediate);
    } catch (error) {
      this.#store.takeBack();
      throw error;
    }
    return id;
  }

  /**
   * Gives out the oldest entry that waits: alarms first, then those in storage and those that go at most
   * once in turn. It is in flight from then on, until one of the following is called for it.
   * @returns `undefined` when nothing waits
   */
  next(): Entry | undefined {
    const alarm = this.#take(ALARM);
    if (alarm !== undefined) return alarm;
    this.#volatileFirst = !this.#volatileFirst;
    return this.#volatileFirst
      ? (this.#volatile.take() ?? this.#take(0))
      : (this.#take(0) ?? this.#volatile.take());
  }

  /**
   * The service says that it has the entry. So it had not fallen over by now, and earlier acknowledgements
   * have settled, if they are old enough. An id that was not given out, or long ago, is ignored.
   */
  acknowledge(id: string): void {
    if (this.#isSettled) this.#settle();
    this.#conclude(id, (row, index) => {
      if (this.#options.settle === 0 || !this.#store.table.has(row, index, SETTLES))
        return DELIVERED;
      this.#awaitSettling();
      return ACKNOWLEDGED;
    });
  }

  /** The service will never take the entry: it is lost as `refused`. */
  refuse(id: string): void {
    const isStored = this.#conclude(id, () => LOST + CAUSES.indexOf("refused"));
    if (!isStored && this.#volatile.made(id)) this.#store.lose("refused", false);
  }

  /**
   * The entry did not get through: it waits again, in its old place.
   * @param cause what it is lost as if it is to go at most once: it may have arrived, and does not go again;
   *   `undefined` if it was not even sent
   */
  putBack(id: string, cause: Cause | undefined): void {
    const number = numberOf(id);
    if (this.#given.get(number)?.id === id) this.#change(number, () => WAITING);
    else if (cause === undefined) this.#volatile.putBack(id);
    else if (this.#volatile.made(id)) this.#store.lose(cause, false);
  }

  /**
   * The connection ended badly and was not resumed: what was in flight, and what was acknowledged and has
   * not settled, waits again.
   */
  suspect(): void {
    this.#takeBack(IN_FLIGHT);
  }

  /** The service may have fallen over: what was acknowledged and has not settled waits again. */
  doubt(): void {
    this.#takeBack(ACKNOWLEDGED);
  }

  /**
   * Writes everything that is only in RAM: entries, counts and acknowledgements.
   * @throws StorageError `outbox-storage` when storage fails. Nothing is lost by that, it can be tried again.
   */
  flush(): void {
    this.#store.flush();
    this.#stopSaving();
  }

  /**
   * Flushes, and stops the timers. What was to go at most once is given up.
   * @throws StorageError as {@link flush}
   */
  close(): void {
    this.#options.timer.clear(this.#settling);
    this.#stopSaving();
    this.#store.flush();
  }

  #record(message: Message): Uint8Array {
    const { node, time, qos, alarm } = message;
    if (!Number.isSafeInteger(time) || time < 0)
      throw invalid(`its time is ${time}; it has to be a whole number of milliseconds from 0 up`);
    if (alarm && qos === "at-most-once")
      throw invalid("an alarm cannot go at most once, because that would lose it at a power cut");
    const record = encodeRecord(message);
    const { longest } = this.#store;
    if (record.length > longest)
      throw invalid(
        `for ${node} it takes ${record.length} bytes; at most ${longest} fit a segment`,
      );
    return record;
  }

  /** Sees to it that entries are written before their window is over. */
  #save(immediate: boolean): void {
    if (immediate) {
      this.#store.save();
      this.#stopSaving();
    } else this.#saving ??= this.#options.timer.set(() => this.#windowOver(), this.#options.window);
  }

  #windowOver(): void {
    this.#saving = undefined;
    try {
      this.#store.save();
    } catch (error) {
      this.#save(false);
      this.#options.onError?.(error as XmppError);
    }
  }

  #stopSaving(): void {
    this.#options.timer.clear(this.#saving);
    this.#saving = undefined;
  }

  /** Drops until there is room. Returns whether there is. */
  #makeRoom(length: number, alarm: boolean): boolean {
    const { table } = this.#store;
    let excess = this.#store.excess(length);
    while (excess > 0) {
      const settled = this.#onlySettling();
      const row = settled >= 0 ? settled : this.#dropper.choose(table, alarm);
      if (row < 0) return false;
      excess -= table.size(row);
      this.#drop(row);
    }
    return true;
  }

  /** The oldest segment in which everything is acknowledged, or -1. */
  #onlySettling(): number {
    const { table } = this.#store;
    for (let row = 0; row < table.length; row++)
      if (
        table.isLive(row) &&
        table.slot(row) !== UNSTORED &&
        !table.includes(row, WAITING) &&
        !table.includes(row, IN_FLIGHT)
      )
        return row;
    return -1;
  }

  #drop(row: number): void {
    const { table } = this.#store;
    for (let index = 0; index < table.count(row); index++) {
      const state = table.state(row, index);
      if (state >= DELIVERED) continue;
      this.#lose(row, index, state === WAITING ? "full" : "unsettled");
    }
  }

  #lose(row: number, index: number, cause: Cause): void {
    this.#store.setState(row, index, LOST + CAUSES.indexOf(cause));
    this.#given.delete(this.#store.table.first(row) + index);
  }

  /** Gives out the oldest that waits and has the flag, if that is not 0. */
  #take(flag: number): Entry | undefined {
    const { table } = this.#store;
    for (let row = 0; row < table.length; row++)
      for (let index = 0; index < table.count(row); index++) {
        if (table.state(row, index) !== WAITING) continue;
        if (flag !== 0 && !table.has(row, index, flag)) continue;
        const content = this.#store.read(row, index);
        if (content === undefined) this.#lose(row, index, "damaged");
        else if (this.#isExpired(content.time)) this.#lose(row, index, "expired");
        else return this.#give(row, index, content);
      }
    return undefined;
  }

  #give(row: number, index: number, content: Content & { id: string }): Entry {
    const number = this.#store.table.first(row) + index;
    this.#store.setState(row, index, IN_FLIGHT);
    const given = this.#given.get(number) ?? { id: content.id, attempts: 0 };
    given.attempts++;
    this.#given.set(number, given);
    return { ...content, attempts: given.attempts };
  }

  #isExpired(time: number): boolean {
    const { maxAge, timer } = this.#options;
    return maxAge !== undefined && time >= CLOCK_SET && timer.now() - time > maxAge;
  }

  /** What has come so far, and not to its end, waits again. */
  #takeBack(first: number): void {
    const { table } = this.#store;
    for (let row = 0; row < table.length; row++)
      for (let index = 0; index < table.count(row); index++) {
        const state = table.state(row, index);
        if (state >= first && state <= SETTLING) table.setState(row, index, WAITING);
      }
  }

  /** @returns whether it is an entry in storage that was given out */
  #conclude(id: string, outcome: (row: number, index: number) => number): boolean {
    const number = numberOf(id);
    if (this.#given.get(number)?.id !== id) return false;
    this.#given.delete(number);
    this.#change(number, outcome);
    return true;
  }

  #change(number: number, to: (row: number, index: number) => number): void {
    const { table } = this.#store;
    for (let row = 0; row < table.length; row++) {
      const index = number - table.first(row);
      if (index < 0 || index >= table.count(row)) continue;
      this.#store.setState(row, index, to(row, index));
      return;
    }
  }

  #awaitSettling(): void {
    this.#settling ??= this.#options.timer.set(() => {
      this.#settling = undefined;
      this.#isSettled = true;
    }, this.#options.settle);
  }

  /** Two steps, and not a time for each entry: so a clock that jumps does no harm, and it costs no RAM. */
  #settle(): void {
    const { table } = this.#store;
    this.#isSettled = false;
    for (let row = 0; row < table.length; row++)
      for (let index = 0; index < table.count(row); index++) {
        const state = table.state(row, index);
        if (state === SETTLING) this.#store.setState(row, index, DELIVERED);
        else if (state === ACKNOWLEDGED) table.setState(row, index, SETTLING);
      }
    if (this.settling > 0) this.#awaitSettling();
  }

  #total(which: (state: number) => boolean): number {
    const { table } = this.#store;
    let total = 0;
    for (let row = 0; row < table.length; row++)
      for (let index = 0; index < table.count(row); index++)
        if (which(table.state(row, index))) total++;
    return total;
  }
}

function invalid(what: string): ConfigError {
  return new ConfigError("outbox-entry", `the entry cannot be taken: ${what}`);
}
