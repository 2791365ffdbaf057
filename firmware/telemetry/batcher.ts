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
  readings: Reading[];
  payload: Uint8Array;
}

/** Takes a batch. @param payload the readings, packed */
export type TakeBatch = (lane: Lane, readings: readonly Reading[], payload: Uint8Array) => void;

export class Batcher {
  readonly #options: BatchOptions;
  readonly #timer: Timer;
  readonly #take: TakeBatch;
  readonly #batches: Batch[] = [];
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
  add({ qos, alarm }: Lane, reading: Reading): void {
    let batch = this.#batches.find(({ lane }) => lane.qos === qos && lane.alarm === alarm);
    if (batch === undefined) {
      batch = { lane: { qos, alarm }, readings: [], payload: new Uint8Array(0) };
      this.#batches.push(batch);
    }
    const { readings, bytes } = this.#options;
    let payload = pack(toRecords([...batch.readings, reading]));
    if (
      batch.readings.length > 0 &&
      (batch.readings.length >= readings || payload.length > bytes)
    ) {
      this.#give(batch);
      payload = pack(toRecords([reading]));
    }
    batch.readings.push(reading);
    batch.payload = payload;
  }

  /** All readings of one sample were added. */
  sampled(): void {
    if (this.#options.time === 0) return this.flush();
    this.#batches.forEach((batch) => {
      if (batch.lane.alarm) this.#give(batch);
    });
    if (this.#batches.some((batch) => batch.readings.length > 0))
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
    const { lane, readings, payload } = batch;
    if (readings.length === 0) return;
    batch.readings = [];
    this.#take(lane, readings, payload);
  }
}
