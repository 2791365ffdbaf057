/**
 * What the collector keeps, as those see it who read it: exports, and whoever shows readings to people.
 *
 * Times are seconds since the epoch, as SenML has them. A *sensor* is a SenML name with its unit; the name
 * consists of a device and a channel (see `names.ts`).
 */

import type { Reading } from "../../firmware/telemetry/senml.js";

/** An item as it came. */
export interface CollectedItem {
  readonly node: string;
  readonly id: string;
  /** What tells its payload from others, as `fingerprint` gives it. */
  readonly fingerprint: string;
  /** The address that published it, where the service says so: the one thing no publisher can make up. */
  readonly publisher?: string;
  /** When it came. */
  readonly received: number;
  readonly readings: readonly Reading[];
}

/** A reading, with where it comes from. */
export interface StoredReading extends Reading {
  readonly device: string;
  readonly channel: string;
  /** Where it was published; empty when that has been forgotten (see `Store.forget`). */
  readonly service: string;
  readonly node: string;
  /** The id of the item it came in; absent when that has been forgotten. */
  readonly item?: string;
  readonly publisher?: string;
}

export interface DeviceSummary {
  readonly device: string;
  readonly channels: readonly string[];
  /** The time of its newest reading. */
  readonly lastSeen: number;
}

/** One point of a curve: a reading, or what stands for several. Booleans count as 0 and 1. */
export interface Point {
  readonly time: number;
  readonly mean: number;
  readonly minimum: number;
  readonly maximum: number;
  /** How many readings it stands for. */
  readonly count: number;
}

/** Which readings; all of those that are left out. */
export interface Selection {
  readonly device?: string;
  /** From this time on. */
  readonly from?: number;
  /** Before this time. */
  readonly to?: number;
}

/** How long readings are kept, and what becomes of them. In seconds. */
export interface Retention {
  /** The age at which numbers become averages, and all else is dropped. */
  readonly keep: number;
  /** The length of time that one average stands for. */
  readonly average: number;
  /** The age at which averages are dropped; never when absent. */
  readonly keepAverages?: number;
}

/** What has been stored, for those who read it. All methods fail with {@link StoreError}. */
export interface Archive {
  /** All devices there are, by name. */
  devices(): Promise<DeviceSummary[]>;

  /** The newest reading of each channel of a device; of all devices when none is named. */
  latest(device?: string): Promise<StoredReading[]>;

  /**
   * The curve of one channel, made of readings and averages, the oldest first.
   * @param points how many it has at most, 1 or more: where there are more readings, neighbours become one
   */
  series(
    device: string,
    channel: string,
    range: { readonly from: number; readonly to: number },
    points: number,
  ): Promise<Point[]>;

  /** Readings in the order of their coming. More may come in meanwhile. */
  readings(selection: Selection): AsyncIterable<StoredReading>;

  close(): Promise<void>;
}

/**
 * The store of a collector, for the items of one service. What is new is told by the collector itself, as
 * `onStored`. Methods that write do all or nothing, and what they have done is on disk when they are done.
 */
export interface Store extends Archive {
  /**
   * Adds what is new: an id that was not there, or was with another payload.
   * @returns for each of the items, in order, whether it was new
   */
  add(items: readonly CollectedItem[]): Promise<boolean[]>;

  /** Those of the ids that no item of the node has had, in any order. */
  unknown(node: string, ids: readonly string[]): Promise<string[]>;

  /** Whether an item of the node came before a time. */
  hasHad(node: string, before: number): Promise<boolean>;

  /**
   * Makes averages of what is old.
   * @param now seconds since the epoch
   * @param goesOn is asked now and then whether to go on
   * @returns how many readings went into them, or were dropped
   */
  condense(retention: Retention, now: number, goesOn?: () => boolean): Promise<number>;

  /**
   * Forgets the ids of items that came before a time. Those that are on the node still must not be forgotten:
   * they would be taken for new.
   * @param listed all ids on the node
   */
  forget(node: string, listed: readonly string[], before: number): Promise<void>;

  close(): Promise<void>;
}

/** A store that cannot be read or written. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** Whether that may pass by itself: a disk that is full, a server that is away. */
  readonly mayPass: boolean;

  constructor(message: string, mayPass: boolean, cause?: unknown) {
    super(message, { cause });
    this.mayPass = mayPass;
  }
}
