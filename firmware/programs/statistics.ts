/** What a fast channel did over a while: how many samples, their extremes, mean, variance and percentiles. */

import type { Description } from "./description.js";
import { Quantile } from "./quantile.js";
import type { Records } from "./records.js";
import type { f64, i32 } from "./types.js";

export function describe(description: Description): void {
  description.program("statistics", "1.0.0");
  description.sampled(10, 100);
  description.input("raw", "W");
  description.output("count", "count");
  description.output("minimum", "W");
  description.output("maximum", "W");
  description.output("mean", "W");
  /** In the square of the unit, for which SenML has no symbol. */
  description.output("variance", "");
  description.output("median", "W");
  description.output("percentile-95", "W");
  description.output("percentile-99", "W");
  /** Windows that make a report. */
  description.parameter("windows", 1, 100000, 6);
}

export class Program {
  private readonly windows: f64;
  private seen: f64 = 0;
  private count: f64 = 0;
  private minimum: f64 = Infinity;
  private maximum: f64 = -Infinity;
  private mean: f64 = 0;
  private squares: f64 = 0;
  private readonly median: Quantile = new Quantile(0.5);
  private readonly percentile95: Quantile = new Quantile(0.95);
  private readonly percentile99: Quantile = new Quantile(0.99);

  constructor(config: Float64Array) {
    this.windows = Math.floor(config[0]);
  }

  samples(window: Float64Array, records: Records): void {
    for (let i: i32 = 0; i < window.length; i++) this.take(window[i]);
    this.seen++;
    if (this.seen < this.windows) return;
    this.tell(window.length - 1, records);
    this.clear();
  }

  /** Mean and variance by Welford's recurrence, which does not subtract large sums (Technometrics 4, 1962). */
  private take(value: f64): void {
    this.count++;
    this.minimum = Math.min(this.minimum, value);
    this.maximum = Math.max(this.maximum, value);
    const off: f64 = value - this.mean;
    this.mean += off / this.count;
    this.squares += off * (value - this.mean);
    this.median.take(value);
    this.percentile95.take(value);
    this.percentile99.take(value);
  }

  private tell(sample: i32, records: Records): void {
    records.add(0, sample, this.count);
    records.add(1, sample, this.minimum);
    records.add(2, sample, this.maximum);
    records.add(3, sample, this.mean);
    records.add(4, sample, this.squares / this.count);
    records.add(5, sample, this.median.estimate());
    records.add(6, sample, this.percentile95.estimate());
    records.add(7, sample, this.percentile99.estimate());
  }

  private clear(): void {
    this.seen = 0;
    this.count = 0;
    this.minimum = Infinity;
    this.maximum = -Infinity;
    this.mean = 0;
    this.squares = 0;
    this.median.clear();
    this.percentile95.clear();
    this.percentile99.clear();
  }
}
