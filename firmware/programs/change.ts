/**
 * Watches a level: says when it is above a threshold, not fooled by bounces; and raises an alarm when it
 * changes too fast.
 */

import type { Description } from "./description.js";
import type { Records } from "./records.js";
import type { f64, i32 } from "./types.js";

const RATE: f64 = 100;

export function describe(description: Description): void {
  description.program("change", "1.0.0");
  description.sampled(RATE, 100);
  description.input("level", "m");
  description.output("above", "/");
  description.output("rate", "m/s");
  description.alarm("too-fast");
  description.parameter("threshold", -1e9, 1e9, 1);
  /** How far below the threshold the level has to fall again. */
  description.parameter("hysteresis", 0, 1e9, 0.1);
  /** Samples in a row that have to agree. */
  description.parameter("debounce", 1, 1000, 5);
  /** The fastest change that is well, a second. */
  description.parameter("fastest", 0, 1e9, 10);
}

export class Program {
  private readonly threshold: f64;
  private readonly hysteresis: f64;
  private readonly debounce: f64;
  private readonly fastest: f64;
  private begun: boolean = false;
  private above: boolean = false;
  private disagreeing: f64 = 0;
  private last: f64 = 0;
  private alarm: boolean = false;

  constructor(config: Float64Array) {
    this.threshold = config[0];
    this.hysteresis = config[1];
    this.debounce = config[2];
    this.fastest = config[3];
  }

  samples(window: Float64Array, records: Records): void {
    for (let i: i32 = 0; i < window.length; i++) {
      const level: f64 = window[i];
      if (!this.begun) this.begin(level, i, records);
      this.follow(level, i, records);
    }
    this.watch(window, records);
  }

  private begin(level: f64, sample: i32, records: Records): void {
    this.begun = true;
    this.above = level > this.threshold;
    this.last = level;
    records.add(0, sample, this.above ? 1 : 0);
  }

  private follow(level: f64, sample: i32, records: Records): void {
    const above: boolean = level > (this.above ? this.threshold - this.hysteresis : this.threshold);
    this.disagreeing = above === this.above ? 0 : this.disagreeing + 1;
    if (this.disagreeing < this.debounce) return;
    this.above = above;
    this.disagreeing = 0;
    records.add(0, sample, above ? 1 : 0);
  }

  /** The change over the window: from one sample to the next, noise would be taken for speed. */
  private watch(window: Float64Array, records: Records): void {
    const end: i32 = window.length - 1;
    const rate: f64 = ((window[end] - this.last) * RATE) / window.length;
    this.last = window[end];
    const alarm: boolean = Math.abs(rate) > this.fastest;
    if (alarm) records.add(1, end, rate);
    if (alarm !== this.alarm) records.add(2, end, alarm ? 1 : 0);
    this.alarm = alarm;
  }
}
