/**
 * What is known of the segments in RAM: 30 bytes for each, whether it holds one entry or sixteen. Numbers
 * in typed arrays, because a segment as an object would take 200 bytes in the XS engine.
 */

import { CAUSES } from "./losses.js";
import { SEGMENT_ENTRIES } from "./segment.js";

/** Where an entry is in its life. The numbers are in that order: up to `SETTLED`, it is still needed. */
export const WAITING = 1;
export const IN_FLIGHT = 2;
/** Acknowledged since the last tick of the settle timer. */
export const ACKNOWLEDGED = 3;
/** Acknowledged before the last tick. */
export const SETTLING = 4;
export const DELIVERED = 5;
/** Lost, for the first of {@link CAUSES}; the states of the other causes follow. */
export const LOST = 6;

const STATE = 0x0f;

/** Flags of an entry, as they are stored too. */
export const ALARM = 0x10;
export const SETTLES = 0x20;

/** The slot of a segment that is not in storage yet. */
export const UNSTORED = 0xffff;

/** What stands for the first entry of a segment of which nothing can be read. */
export const UNREADABLE = -1;

const META = 3;

/** Rows that there is room for at first: on V8, arrays up to 64 bytes are objects as others, and larger ones dear. */
const ROWS = 4;

export class SegmentTable {
  #length = 0;
  #first = new Float64Array(ROWS);
  /** For each row the slot, the bytes in storage, and how many entries there are. */
  #meta = new Uint16Array(ROWS * META);
  #states = new Uint8Array(ROWS * SEGMENT_ENTRIES);

  /** How many rows there are. They are in the order of their first entries. */
  get length(): number {
    return this.#length;
  }

  /** The number of the segment's first entry. */
  first(row: number): number {
    return this.#first[row] as number;
  }

  slot(row: number): number {
    return this.#meta[row * META] as number;
  }

  /** What the segment takes in storage, in bytes. */
  size(row: number): number {
    return this.#meta[row * META + 1] as number;
  }

  /** How many entries the segment has. */
  count(row: number): number {
    return this.#meta[row * META + 2] as number;
  }

  stored(row: number, slot: number, size: number): void {
    this.#meta[row * META] = slot;
    this.#meta[row * META + 1] = size;
  }

  state(row: number, index: number): number {
    return (this.#states[row * SEGMENT_ENTRIES + index] as number) & STATE;
  }

  has(row: number, index: number, flag: number): boolean {
    return ((this.#states[row * SEGMENT_ENTRIES + index] as number) & flag) !== 0;
  }

  flags(row: number, index: number): number {
    return (this.#states[row * SEGMENT_ENTRIES + index] as number) & ~STATE;
  }

  setState(row: number, index: number, state: number): void {
    const at = row * SEGMENT_ENTRIES + index;
    this.#states[at] = ((this.#states[at] as number) & ~STATE) | state;
  }

  /** Adds a row at its place, without entries, and returns it. */
  insert(first: number, slot: number, size: number): number {
    let row = this.#length;
    while (row > 0 && this.first(row - 1) > first) row--;
    if (this.#length === this.#first.length) this.#grow();
    this.#move(row, row + 1);
    this.#length++;
    this.#first[row] = first;
    this.stored(row, slot, size);
    this.#meta[row * META + 2] = 0;
    return row;
  }

  /** Adds an entry to a segment. */
  add(row: number, state: number): void {
    const count = this.count(row);
    this.#states[row * SEGMENT_ENTRIES + count] = state;
    this.#meta[row * META + 2] = count + 1;
  }

  remove(row: number): void {
    this.#move(row + 1, row);
    this.#length--;
  }

  /** The row of a segment in storage, or -1. */
  rowOf(slot: number): number {
    for (let row = 0; row < this.#length; row++) if (this.slot(row) === slot) return row;
    return -1;
  }

  /** Whether an entry of the segment is still needed. */
  isLive(row: number): boolean {
    for (let index = 0; index < this.count(row); index++)
      if (this.state(row, index) < DELIVERED) return true;
    return false;
  }

  /** Whether a head with this mark has dealt with the segment. It cannot do so with an unreadable one. */
  isBelow(row: number, mark: number): boolean {
    return this.first(row) !== UNREADABLE && this.first(row) < mark;
  }

  /** Whether the segment has an entry in this state. */
  includes(row: number, state: number): boolean {
    for (let index = 0; index < this.count(row); index++)
      if (this.state(row, index) === state) return true;
    return false;
  }

  hasLosses(row: number): boolean {
    for (let index = 0; index < this.count(row); index++)
      if (this.state(row, index) >= LOST) return true;
    return false;
  }

  /** Adds what was lost in the segment to the counts for each cause. Returns whether there was anything. */
  countLosses(row: number, losses: number[]): boolean {
    let any = false;
    for (let index = 0; index < this.count(row); index++) {
      const cause = this.state(row, index) - LOST;
      if (cause < 0) continue;
      losses[cause] = (losses[cause] as number) + 1;
      any = true;
    }
    return any;
  }

  /** Nothing in the segment is needed, or is to be counted, any more. */
  clear(row: number): void {
    for (let index = 0; index < this.count(row); index++) this.setState(row, index, DELIVERED);
  }

  #move(from: number, to: number): void {
    this.#first.copyWithin(to, from, this.#length);
    this.#meta.copyWithin(to * META, from * META, this.#length * META);
    const entries = SEGMENT_ENTRIES;
    this.#states.copyWithin(to * entries, from * entries, this.#length * entries);
  }

  #grow(): void {
    const rows = Math.ceil(this.#length * 1.5);
    const [first, meta, states] = [this.#first, this.#meta, this.#states];
    this.#first = new Float64Array(rows);
    this.#first.set(first);
    this.#meta = new Uint16Array(rows * META);
    this.#meta.set(meta);
    this.#states = new Uint8Array(rows * SEGMENT_ENTRIES);
    this.#states.set(states);
  }
}

/** A list of counts, all zero. */
export function noLosses(): number[] {
  return CAUSES.map(() => 0);
}
