/**
 * Thins a slow signal: tells so few points that straight lines between them are nowhere further from any
 * sample than a stated error.
 *
 * From the last point told, all samples since are seen through a cone of slopes that pass each of them
 * within the error. A sample that leaves no such slope ends the line: a point is told for the sample before.
 * (H. Elmeleegy et al., "Online Piece-wise Linear Approximation of Numerical Streams with Precision
 * Guarantees", VLDB 2009, section 3: the swing filter.)
 */

import type { Description } from "./description.js";
import type { Records } from "./records.js";
import type { f64, i32 } from "./types.js";

const RATE: f64 = 1;

export function describe(description: Description): void {
  description.program("thinning", "1.0.0");
  description.sampled(RATE, 10);
  description.input("raw", "Cel");
  description.output("thin", "Cel");
  description.parameter("error", 0, 1e9, 0.1);
  /** A line is ended after so many seconds, so that a still signal is not taken for a dead device. */
  description.parameter("longest-line", 1, 1e5, 600);
}

export class Program {
  private readonly error: f64;
  private readonly longest: f64;
  private begun: boolean = false;
  /** The value of the last point told. */
  private start: f64 = 0;
  /** Samples since then. */
  private distance: f64 = 0;
  private steepest: f64 = Infinity;
  private flattest: f64 = -Infinity;
  private last: f64 = 0;

  constructor(config: Float64Array) {
    this.error = config[0];
    this.longest = config[1] * RATE;
  }

  samples(window: Float64Array, records: Records): void {
    for (let i: i32 = 0; i < window.length; i++) {
      const value: f64 = window[i];
      if (!this.begun) this.begin(value, i, records);
      else this.follow(value, i, records);
      this.last = value;
    }
  }

  private begin(value: f64, sample: i32, records: Records): void {
    this.begun = true;
    this.tell(value, sample, records);
  }

  private follow(value: f64, sample: i32, records: Records): void {
    if (!this.narrow(value)) {
      this.tell(this.end(), sample - 1, records);
      this.narrow(value);
    } else if (this.distance >= this.longest) {
      this.tell(this.lineAt(value, this.distance), sample, records);
    }
  }

  /** Takes one more sample into the cone. Returns false, and changes nothing, when it does not fit. */
  private narrow(value: f64): boolean {
    const distance: f64 = this.distance + 1;
    const steepest: f64 = Math.min(this.steepest, (value + this.error - this.start) / distance);
    const flattest: f64 = Math.max(this.flattest, (value - this.error - this.start) / distance);
    if (flattest > steepest) return false;
    this.steepest = steepest;
    this.flattest = flattest;
    this.distance = distance;
    return true;
  }

  /** Where the line is at the sample before this one. */
  private end(): f64 {
    return this.lineAt(this.last, this.distance);
  }

  /** The value nearest to a sample's that a line within the cone has at a distance. */
  private lineAt(value: f64, distance: f64): f64 {
    const highest: f64 = this.start + this.steepest * distance;
    const lowest: f64 = this.start + this.flattest * distance;
    return Math.max(lowest, Math.min(highest, value));
  }

  private tell(value: f64, sample: i32, records: Records): void {
    records.add(0, sample, value);
    this.start = value;
    this.distance = 0;
    this.steepest = Infinity;
    this.flattest = -Infinity;
  }
}
