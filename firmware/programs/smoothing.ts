/** Smooths a noisy channel exponentially, and speaks only when the value has moved, or for too long has not. */

import type { Description } from "./description.js";
import { exponential } from "./math.js";
import type { Records } from "./records.js";
import type { f64, i32 } from "./types.js";

const RATE: f64 = 1;

export function describe(description: Description): void {
  description.program("smoothing", "1.0.0");
  description.sampled(RATE, 10);
  description.input("raw", "Cel");
  description.output("smooth", "Cel");
  /** Seconds after which a step has arrived by 63 %. */
  description.parameter("time-constant", 0, 86400, 30);
  /** The value is told when it has moved so far from what was told last. */
  description.parameter("dead-band", 0, 1e9, 0.1);
  /** And also when so many seconds have passed. */
  description.parameter("longest-silence", 1, 1e6, 600);
}

export class Program {
  /** What a new sample counts for. */
  private readonly share: f64;
  private readonly band: f64;
  private readonly patience: f64;
  private smooth: f64 = 0;
  private told: f64 = 0;
  /** Samples since something was told; 0 before the first. */
  private silence: f64 = 0;
  private begun: boolean = false;

  constructor(config: Float64Array) {
    const constant: f64 = config[0];
    this.share = constant > 0 ? 1 - exponential(-1 / (RATE * constant)) : 1;
    this.band = config[1];
    this.patience = config[2] * RATE;
  }

  samples(window: Float64Array, records: Records): void {
    for (let i: i32 = 0; i < window.length; i++) {
      const value: f64 = window[i];
      this.smooth = this.begun ? this.smooth + this.share * (value - this.smooth) : value;
      this.silence++;
      if (this.begun && !this.isNews()) continue;
      this.begun = true;
      this.told = this.smooth;
      this.silence = 0;
      records.add(0, i, this.smooth);
    }
  }

  private isNews(): boolean {
    const moved: f64 = Math.abs(this.smooth - this.told);
    return moved > this.band || this.silence >= this.patience;
  }
}
