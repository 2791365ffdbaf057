/**
 * The entries in storage, and the segment in RAM that will be written next.
 *
 * A write never touches what is still needed: it goes to a new key, or over a segment of which nothing is
 * needed any more. The head of the last segment that was written is the state of the queue, so that
 * segment stays until there is another.
 */

import type { KeyValue } from "../io.js";
import { ConfigError, StorageError } from "../xmpp/errors.js";
import type { Content } from "./entry.js";
import { entryId } from "./entry-id.js";
import { CAUSES, type Cause, type Losses } from "./losses.js";
import {
  DROPPED,
  decodeHead,
  decodeRecord,
  EPOCH_LENGTH,
  encodeSegment,
  HEAD_ENTRY_SIZE,
  HEAD_SIZE,
  type Head,
  recordOf,
  SEGMENT_ENTRIES,
  segmentSize,
} from "./segment.js";
import {
  DELIVERED,
  LOST,
  noLosses,
  SegmentTable,
  UNREADABLE,
  UNSTORED,
  WAITING,
} from "./segment-table.js";

/** The most bytes for a store, so that there is always a slot for another segment: each takes more than 64. */
const LARGEST = 64 * UNSTORED;

/** The bounds of a segment: room for an entry, and what NVS can store as one value. */
const SHORTEST = 256;
const LONGEST = 4000;

export interface SegmentStoreOptions {
  readonly storage: KeyValue;
  readonly random: (count: number) => Uint8Array;
  readonly capacity: number;
  readonly segment: number;
}

/** What a value takes in NVS: units of 32 bytes, and two of them for the index and the header. */
export function footprint(length: number): number {
  return 64 + 32 * Math.ceil(length / 32);
}

const HEAD_FOOTPRINT = footprint(HEAD_SIZE);

export class SegmentStore {
  readonly table = new SegmentTable();
  readonly #storage: KeyValue;
  readonly #segment: number;
  /**
   * What may be taken between writes. It leaves room for one more segment, for a head alone, and for
   * another head if power is cut before what the first one drops is deleted.
   */
  readonly #limit: number;
  readonly #epoch: Uint8Array;
  #version = 0;
  #next = 0;
  #mark = 0;
  /** Losses that are not in the table any more; those of the last head, and what is to go into the next. */
  readonly #losses = noLosses();
  /** Whether entries were lost that never were in the table, and no head says so yet. */
  #unsaved = false;
  /** The slot with the state of the queue. */
  #newest = UNSTORED;
  #used = 0;
  /** The records of the segment in RAM: the last row of the table, if that is not stored. */
  #records: (Uint8Array | undefined)[] = [];

  /** @throws ConfigError `outbox-capacity` */
  constructor({ storage, random, capacity, segment }: SegmentStoreOptions) {
    this.#storage = storage;
    this.#segment = segment;
    this.#limit = capacity - footprint(segment) - 2 * HEAD_FOOTPRINT;
    if (!(segment >= SHORTEST && segment <= LONGEST))
      throw invalid(`segments of ${segment} bytes: they can have from ${SHORTEST} to ${LONGEST}`);
    if (!(capacity <= LARGEST)) throw invalid(`${capacity} bytes: it can have up to ${LARGEST}`);
    if (this.#limit < footprint(segment)) {
      const least = 2 * footprint(segment) + 2 * HEAD_FOOTPRINT;
      throw invalid(`${capacity} bytes: segments of ${segment} need ${least} or more`);
    }
    this.#epoch = random(EPOCH_LENGTH);
    this.#load();
  }

  /** What is taken in storage, in bytes as NVS counts them. */
  get used(): number {
    return this.#used;
  }

  get losses(): Losses {
    const losses = [...this.#losses];
    for (let row = 0; row < this.table.length; row++) this.table.countLosses(row, losses);
    return Object.fromEntries(CAUSES.map((cause, index) => [cause, losses[index]])) as Losses;
  }

  /** The longest record that a segment can hold. */
  get longest(): number {
    return this.#segment - HEAD_SIZE - HEAD_ENTRY_SIZE;
  }

  /** Whether the segment in RAM can take a record. */
  takes(length: number): boolean {
    const entries = this.#records.length;
    return entries < SEGMENT_ENTRIES && this.#openSize(length) <= this.#segment;
  }

  /** How many bytes would have to be dropped before a record may be added. */
  excess(length: number): number {
    let live = footprint(this.#openSize(length));
    for (let row = 0; row < this.table.length; row++)
      if (this.table.slot(row) !== UNSTORED && this.table.isLive(row)) live += this.table.size(row);
    return live - this.#limit;
  }

  /** Adds an entry to the segment in RAM, and returns its id. To be called if that takes it. */
  add(record: Uint8Array, flags: number): string {
    const { table } = this;
    const open = this.#open();
    table.add(open < 0 ? table.insert(this.#next, UNSTORED, 0) : open, WAITING | flags);
    this.#records.push(record);
    return entryId(this.#epoch, this.#next++);
  }

  /** Takes back what was added last. Its number stays used: it may have reached storage. */
  takeBack(): void {
    this.setState(this.#open(), this.#records.length - 1, DELIVERED);
  }

  setState(row: number, index: number, state: number): void {
    this.table.setState(row, index, state);
    if (state >= DELIVERED && this.table.slot(row) === UNSTORED) this.#records[index] = undefined;
  }

  /** Counts an entry that was never added. Durable with the next head; `save` makes one if `soon`. */
  lose(cause: Cause, soon: boolean): void {
    this.#count(CAUSES.indexOf(cause), 1);
    this.#unsaved ||= soon;
  }

  /** An entry and its id: `undefined` if it is damaged. */
  read(row: number, index: number): (Content & { id: string }) | undefined {
    const number = this.table.first(row) + index;
    if (this.table.slot(row) === UNSTORED) {
      const id = entryId(this.#epoch, number);
      return { id, ...decodeRecord(this.#records[index] as Uint8Array) };
    }
    const segment = this.#read(keyOf(this.table.slot(row)));
    const head = decodeHead(segment);
    // What was changed from outside counts as damaged too.
    if (head?.first !== this.table.first(row)) return undefined;
    const record = recordOf(segment, head, index);
    return record && { id: entryId(head.epoch, number), ...decodeRecord(record) };
  }

  /**
   * Writes what is only in RAM: entries, and the counts of losses. Acknowledgements are no reason to write.
   * @throws StorageError `outbox-storage` when storage takes nothing; everything is as it was then
   */
  save(): void {
    this.#settleOpen();
    if (this.#open() >= 0 || this.#unsaved) this.#write();
  }

  /**
   * Writes all there is to say, acknowledgements too.
   * @throws StorageError as {@link save}
   */
  flush(): void {
    this.#settleOpen();
    if (this.#open() >= 0 || this.#unsaved || this.#markNow() !== this.#mark || this.#hasVictims())
      this.#write();
  }

  #openSize(length: number): number {
    return segmentSize(this.#records) + HEAD_ENTRY_SIZE + length;
  }

  /** The row of the segment in RAM, or -1. It is the last one with entries. */
  #open(): number {
    let row = this.#records.length === 0 ? -1 : this.table.length - 1;
    while (row >= 0 && this.table.slot(row) !== UNSTORED) row--;
    return row;
  }

  /** The number of the oldest entry in storage that is needed. */
  #markNow(): number {
    for (let row = 0; row < this.table.length; row++)
      if (this.table.isLive(row)) return this.table.first(row);
    return this.#next;
  }

  #count(cause: number, count: number): void {
    this.#losses[cause] = (this.#losses[cause] as number) + count;
  }

  /** What was dealt with before it was written need not be written, but what was lost is to be counted. */
  #settleOpen(): void {
    const open = this.#open();
    if (open < 0) return;
    if (this.table.countLosses(open, this.#losses)) this.#unsaved = true;
    for (let index = 0; index < this.table.count(open); index++)
      if (this.table.state(open, index) >= LOST) this.table.setState(open, index, DELIVERED);
    if (!this.table.isLive(open)) this.#closeOpen(() => this.table.remove(open));
  }

  #closeOpen(close: () => void): void {
    close();
    this.#records = [];
  }

  /** Whether nothing in this segment is needed, but losses in it are not in a head yet. */
  #isVictim(row: number): boolean {
    return this.table.hasLosses(row) && !this.table.isLive(row);
  }

  #hasVictims(): boolean {
    for (let row = 0; row < this.table.length; row++) if (this.#isVictim(row)) return true;
    return false;
  }

  #write(): void {
    // A power cut, or a head that could not name all, may have left up to one segment too much. One more
    // head is enough: two of them name 32 segments of at least 128 bytes, and the largest takes 4,064.
    if (this.#kept() > this.#limit + HEAD_FOOTPRINT && this.#hasVictims()) this.#writeSegment(-1);
    this.#writeSegment(this.#open());
  }

  /** @param open the row of the segment in RAM, or -1 to write a head alone */
  #writeSegment(open: number): void {
    const { table } = this;
    const mark = this.#markNow();
    const losses = [...this.#losses];
    const dropped: number[] = [];
    for (let row = 0; row < table.length; row++) {
      if (!this.#isVictim(row)) continue;
      if (!table.isBelow(row, mark)) {
        if (dropped.length === DROPPED) continue;
        dropped.push(table.slot(row));
      }
      table.countLosses(row, losses);
    }
    const pending = this.#open();
    const head = {
      epoch: this.#epoch,
      version: this.#version + 1,
      first: pending < 0 ? this.#next : table.first(pending),
      mark,
      losses,
      dropped,
    };
    const records = open < 0 ? [] : this.#records;
    const flags = records.map((_, index) => table.flags(open, index));
    const segment = encodeSegment(head, flags, records);
    const slot = this.#put(segment);

    this.#version++;
    this.#mark = mark;
    this.#unsaved = false;
    this.#newest = slot;
    losses.forEach((count, cause) => {
      this.#losses[cause] = count;
    });
    const size = footprint(segment.length);
    this.#used += size;
    if (open >= 0) this.#closeOpen(() => table.stored(this.#open(), slot, size));
    else table.insert(head.first, slot, size);
    this.#tidy(mark, dropped);
  }

  /** After a head was written: what it says is dropped goes, and what it has counted is not counted again. */
  #tidy(mark: number, dropped: readonly number[]): void {
    dropped.forEach((slot) => {
      this.#delete(this.table.rowOf(slot));
    });
    for (let row = 0; row < this.table.length; row++)
      if (this.table.isBelow(row, mark)) this.table.clear(row);
    this.#reclaim(this.#limit);
  }

  /** Stores a value, and returns where. */
  #put(value: Uint8Array): number {
    for (let again = false; ; again = true) {
      const row = this.#spare();
      const slot = row < 0 ? this.#freeSlot() : this.table.slot(row);
      let size = footprint(value.length);
      if (row >= 0) {
        size = Math.max(size, this.table.size(row));
        this.#forget(row);
      }
      try {
        this.#storage.write(keyOf(slot), value);
        return slot;
      } catch (error) {
        // It may be there all the same. If it cannot be deleted either, it is the first to be overwritten.
        this.#used += size;
        this.#delete(this.table.insert(UNREADABLE, slot, size));
        if (again) {
          throw new StorageError(
            "outbox-storage",
            `storage does not take ${value.length} bytes beside the ${this.#used} in use: ${error}`,
          );
        }
        this.#reclaim(0);
      }
    }
  }

  /** A segment that may be overwritten, or -1. */
  #spare(): number {
    for (let row = 0; row < this.table.length; row++)
      if (
        this.table.slot(row) !== this.#newest &&
        !this.table.isLive(row) &&
        !this.#isVictim(row) &&
        this.table.slot(row) !== UNSTORED
      )
        return row;
    return -1;
  }

  /** How many bytes are taken beside what the next write goes over. */
  #kept(): number {
    const row = this.#spare();
    return row < 0 ? this.#used : this.#used - this.table.size(row);
  }

  /** Deletes what may be overwritten until no more than `limit` bytes are kept. */
  #reclaim(limit: number): void {
    while (this.#kept() > limit) {
      const row = this.#spare();
      if (row < 0 || !this.#delete(row)) return;
    }
  }

  /**
   * Deletes a segment of which nothing is needed. One that cannot be deleted stays, to be overwritten: if
   * that comes too late, its entries are given out though they count as lost.
   */
  #delete(row: number): boolean {
    try {
      this.#storage.delete(keyOf(this.table.slot(row)));
    } catch {
      this.table.clear(row);
      return false;
    }
    this.#forget(row);
    return true;
  }

  #forget(row: number): void {
    this.#used -= this.table.size(row);
    this.table.remove(row);
  }

  /** Goes round, so that the search is short. */
  #freeSlot(): number {
    let slot = this.#version % UNSTORED;
    while (this.table.rowOf(slot) >= 0) slot = (slot + 1) % UNSTORED;
    return slot;
  }

  #read(key: string): Uint8Array {
    try {
      return new Uint8Array(this.#storage.read(key) ?? new ArrayBuffer(0));
    } catch {
      // NVS has checksums of its own, and so has a reason of its own to refuse.
      return new Uint8Array(0);
    }
  }

  /** Finds what is in storage. Nothing but heads is held on to, and of them a row of the table. */
  #load(): void {
    const { table } = this;
    let state: Head | undefined;
    for (const key of this.#storage) {
      const slot = Number.parseInt(key.slice(1), 36);
      if (!(slot < UNSTORED) || keyOf(slot) !== key) continue;
      const segment = this.#read(key);
      const size = footprint(segment.length);
      this.#used += size;
      const head = decodeHead(segment);
      const row = table.insert(head?.first ?? UNREADABLE, slot, size);
      if (head === undefined) {
        table.add(row, LOST + CAUSES.indexOf("damaged"));
        continue;
      }
      head.entries.forEach(({ flags, length }) => {
        table.add(row, flags | (length > 0 ? WAITING : DELIVERED));
      });
      if (state === undefined || head.version > state.version) {
        state = head;
        this.#newest = slot;
      }
    }
    if (state === undefined) return;
    this.#version = state.version;
    this.#next = state.first + state.entries.length;
    this.#mark = state.mark;
    state.losses.forEach((count, cause) => {
      this.#losses[cause] = count;
    });
    state.dropped.forEach((slot) => {
      const row = table.rowOf(slot);
      if (row >= 0) this.#delete(row);
    });
    for (let row = 0; row < table.length; row++)
      if (table.isBelow(row, state.mark)) table.clear(row);
    this.#reclaim(this.#limit);
  }
}

function invalid(what: string): ConfigError {
  return new ConfigError("outbox-capacity", what);
}

function keyOf(slot: number): string {
  return `q${slot.toString(36)}`;
}
