/**
 * The form in which entries lie in storage: segments of up to 16 entries, one under each key. A segment is
 * written once and never changed, so a write that is cut short can harm nothing that was there before.
 *
 * ```
 * segment = format crc32(head) head record*
 * head    = epoch version first mark losses{5} count(dropped) dropped* count(entries) entry*
 * entry   = flags length crc32(record)
 * record  = time length(node) node payload
 * ```
 * The epoch has 10 bytes, a CRC-32 has 4 with the lowest first, and `format`, `flags` and `count(entries)`
 * one. All else are unsigned LEB128 numbers. The lengths and sums of the records are in the head, so that
 * a damaged record costs no other.
 *
 * Every head carries the state of the whole queue: the head with the highest version is the one that
 * counts. So an append, the drops that made room for it, their counts, and all acknowledgements so far
 * become durable in one write.
 */

import { decode, encode } from "../xmpp/utf8.js";
import { crc32 } from "./crc32.js";
import type { Content } from "./entry.js";
import { CAUSES } from "./losses.js";

const FORMAT = 1;

/** A segment has so many entries at most. */
export const SEGMENT_ENTRIES = 16;

/** A head names so many dropped segments at most. */
export const DROPPED = 16;

export const EPOCH_LENGTH = 10;

/** What the head takes besides its entries, at most: 8-byte `first` and `mark`, 5-byte others, 3-byte slots. */
export const HEAD_SIZE = 1 + 4 + EPOCH_LENGTH + 5 + 8 + 8 + 5 * CAUSES.length + 1 + 3 * DROPPED + 1;

/** What the head takes for each entry, at most: records are shorter than 2^14 bytes. */
export const HEAD_ENTRY_SIZE = 1 + 2 + 4;

/** What a record takes besides the node and the payload, at most: an 8-byte time, and a 2-byte length. */
export const RECORD_HEAD_SIZE = 8 + 2;

export interface Head {
  /** Drawn at random on each boot. */
  readonly epoch: Uint8Array;
  /** Counts the writes of this store. */
  readonly version: number;
  /** The number of the first entry. The others follow without a gap. */
  readonly first: number;
  /** Everything with a lower number has been dealt with, in whatever segment it lies. */
  readonly mark: number;
  /** In the order of {@link CAUSES}. */
  readonly losses: readonly number[];
  /** The slots of segments above the mark that are dropped, and counted in `losses`. */
  readonly dropped: readonly number[];
  readonly entries: readonly HeadEntry[];
}

export interface HeadEntry {
  readonly flags: number;
  /** 0 when the entry had been dealt with before the segment was written: there is no record. */
  readonly length: number;
  readonly crc: number;
}

/** How many bytes a segment takes. */
export function segmentSize(records: readonly (Uint8Array | undefined)[]): number {
  const sizes = records.map((record) => HEAD_ENTRY_SIZE + (record?.length ?? 0));
  return sizes.reduce((sum, size) => sum + size, HEAD_SIZE);
}

/**
 * @param flags for each entry
 * @param records `undefined` for those that need none any more
 */
export function encodeSegment(
  head: Omit<Head, "entries">,
  flags: readonly number[],
  records: readonly (Uint8Array | undefined)[],
): Uint8Array {
  const writer = new Writer(segmentSize(records));
  writer.byte(FORMAT);
  writer.word(0);
  writer.bytes(head.epoch);
  const { version, first, mark, losses, dropped } = head;
  [version, first, mark, ...losses, dropped.length, ...dropped].forEach((number) => {
    writer.number(number);
  });
  writer.byte(records.length);
  records.forEach((record, index) => {
    writer.byte(flags[index] as number);
    writer.number(record?.length ?? 0);
    writer.word(record === undefined ? 0 : crc32(record));
  });
  writer.word(crc32(writer.written(HEAD_START)), HEAD_START - 4);
  records.forEach((record) => {
    if (record !== undefined) writer.bytes(record);
  });
  return writer.written(0);
}

const HEAD_START = 5;

/** Reads the head of a segment: `undefined` if it is damaged, or no segment at all. */
export function decodeHead(segment: Uint8Array): (Head & { end: number }) | undefined {
  const reader = new Reader(segment);
  if (reader.byte() !== FORMAT) return undefined;
  const sum = reader.word();
  const epoch = reader.bytes(EPOCH_LENGTH);
  const version = reader.number();
  const first = reader.number();
  const mark = reader.number();
  const losses = CAUSES.map(() => reader.number());
  const dropped = list(reader.number(), DROPPED, () => reader.number());
  const entries = list(reader.byte(), SEGMENT_ENTRIES, () => ({
    flags: reader.byte(),
    length: reader.number(),
    crc: reader.word(),
  }));
  const end = reader.at;
  if (end > segment.length || crc32(segment.subarray(HEAD_START, end)) !== sum) return undefined;
  return { epoch, version, first, mark, losses, dropped, entries, end };
}

/** The record of an entry: `undefined` if it is damaged or was never written. */
export function recordOf(
  segment: Uint8Array,
  head: Head & { end: number },
  index: number,
): Uint8Array | undefined {
  let start = head.end;
  for (let i = 0; i < index; i++) start += (head.entries[i] as HeadEntry).length;
  const { length, crc } = head.entries[index] as HeadEntry;
  const record = segment.subarray(start, start + length);
  return length > 0 && record.length === length && crc32(record) === crc ? record : undefined;
}

export function encodeRecord({ node, time, payload }: Content): Uint8Array {
  const name = encode(node);
  const writer = new Writer(RECORD_HEAD_SIZE + name.length + payload.length);
  writer.number(time);
  writer.number(name.length);
  writer.bytes(name);
  writer.bytes(payload);
  return writer.written(0);
}

/** @param record one whose checksum is right */
export function decodeRecord(record: Uint8Array): Content {
  const reader = new Reader(record);
  const time = reader.number();
  const node = decode(reader.bytes(reader.number()));
  return { time, node, payload: record.slice(reader.at) };
}

/** Puts numbers into a buffer that is large enough. */
class Writer {
  readonly #buffer: Uint8Array;
  #at = 0;

  constructor(size: number) {
    this.#buffer = new Uint8Array(size);
  }

  byte(value: number): void {
    this.#buffer[this.#at++] = value;
  }

  /** 32 bits; at `at` if that is given, and then the position stays. */
  word(value: number, at?: number): void {
    for (let i = 0; i < 4; i++) this.#buffer[(at ?? this.#at) + i] = value >>> (8 * i);
    if (at === undefined) this.#at += 4;
  }

  /** An integer from 0 up to 2^53: shifting would stop at 2^31. */
  number(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.byte((rest % 0x80) | 0x80);
    this.byte(rest);
  }

  bytes(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** What was written from `start` on. */
  written(start: number): Uint8Array {
    return this.#buffer.subarray(start, this.#at);
  }
}

/** Takes numbers from bytes. Past the end it gives `NaN`, and `at` tells. */
class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes[this.at++] ?? Number.NaN;
  }

  word(): number {
    let value = 0;
    for (let i = 0; i < 4; i++) value |= this.byte() << (8 * i);
    return value >>> 0;
  }

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      // `NaN` ends it too.
      if (!(byte >= 0x80)) return value + byte * scale;
      value += (byte - 0x80) * scale;
    }
  }

  bytes(count: number): Uint8Array {
    this.at += count;
    return this.#bytes.slice(this.at - count, this.at);
  }
}

/** A damaged count must not make a long list: beyond the bound there are no items, and no sum matches. */
function list<Item>(count: number, bound: number, item: () => Item): Item[] {
  const items: Item[] = [];
  if (count <= bound) for (let i = 0; i < count; i++) items.push(item());
  return items;
}
