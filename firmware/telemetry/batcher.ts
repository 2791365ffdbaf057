/** Collects readings that are to go as one item, before they are stored: so they cost one write together. */

import type { Timer, TimerHandle } from "../io.js";
import type { Lane } from "./lane.js";
import { pack } from "./pack.js";
import { type Reading, toRecords } from "./senml.js";

/** What is collected for one item at most. */
export interface BatchOptions {
  /**
   * Milliseconds for which readings wait in RAM for others, and which a power cut may cost. With 0, those
   * of one sample go together and wait for no others. Alarms never wait.
   */
  readonly time: number;
  /** Readings in one item, 1 or more. */
  readonly readings: number;
  /** Bytes of one item, as it is stored (see `pack.ts`); the XML is up to twice that. A reading alone may be longer. */
  readonly bytes: number;
}

/** An item of 800 bytes in storage is one of some 2 kB on the wire: well below what servers take. */
export const BATCH: BatchOptions = Object.freeze({ time: 0, readings: 16, bytes: 800 });

/** What is collected for one lane. */
interface Batch {
  readonly lane: Lane;
  /** One or more. */
  readings: readonly Reading[];
  payload: Uint8Array;
}

/** Takes a batch. @param payload the readings, packed */
export type TakeBatch = (lane: Lane, readings: readonly Reading[], payload: Uint8Array) => void;

export class Batcher {
  readonly #options: BatchOptions;
  readonly #timer: Timer;
  readonly #take: TakeBatch;
  #batches: readonly Batch[] = [];
  #wait: TimerHandle | undefined;

  constructor(options: BatchOptions, timer: Timer, take: TakeBatch) {
    this.#options = options;
    this.#timer = timer;
    this.#take = take;
  }

  /**
   * Adds a reading. It is given on with those before it when a bound is reached.
   * @throws ConfigError `senml-invalid` for a reading that SenML cannot say
   */
  add(lane: Lane, reading: Reading): void {
    const { qos, alarm } = lane;
    const batch = this.#batches.find(
      (other) => other.lane.qos === qos && other.lane.alarm === alarm,
    );
    const readings = batch === undefined ? [reading] : [...batch.readings, reading];
    const payload = pack(toRecords(readings));
    const most = this.#options;
    if (batch === undefined) {
      this.#batches = [...this.#batches, { lane: { qos, alarm }, readings, payload }];
    } else if (readings.length > most.readings || payload.length > most.bytes) {
      this.#give(batch);
      this.add(lane, reading);
    } else {
      batch.readings = readings;
      batch.payload = payload;
    }
  }

  /** All readings of one sample were added. */
  sampled(): void {
    if (this.#options.time === 0) return this.flush();
    this.#batches.forEach((batch) => {
      if (batch.lane.alarm) this.#give(batch);
    });
    if (this.#batches.length > 0)
      this.#wait ??= this.#timer.set(() => this.flush(), this.#options.time);
  }

  /** Gives on whatever there is. */
  flush(): void {
    this.#timer.clear(this.#wait);
    this.#wait = undefined;
    this.#batches.forEach((batch) => {
      this.#give(batch);
    });
  }

  #give(batch: Batch): void {
    this.#batches = this.#batches.filter((other) => other !== batch);
    this.#take(batch.lane, batch.readings, batch.payload);
  }
}
