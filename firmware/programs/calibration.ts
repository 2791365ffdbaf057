/** Corrects a raw value by a polynomial, and keeps out what the sensor cannot have measured. */

import type { Description } from "./description.js";
import type { Records } from "./records.js";
import type { f64, i32 } from "./types.js";

/** Coefficients of the polynomial: up to the fifth power. */
const COEFFICIENTS: i32 = 6;

export function describe(description: Description): void {
  description.program("calibration", "1.0.0");
  description.sampled(1, 1);
  description.input("raw", "V");
  description.output("value", "V");
  description.alarm("out-of-range");
  description.parameter("constant", -1e9, 1e9, 0);
  description.parameter("linear", -1e9, 1e9, 1);
  description.parameter("square", -1e9, 1e9, 0);
  description.parameter("cube", -1e9, 1e9, 0);
  description.parameter("fourth", -1e9, 1e9, 0);
  description.parameter("fifth", -1e9, 1e9, 0);
  description.parameter("lowest", -1e9, 1e9, 0);
  description.parameter("highest", -1e9, 1e9, 3.3);
}

export class Program {
  private readonly config: Float64Array;
  private outside: boolean = false;

  constructor(config: Float64Array) {
    this.config = config;
  }

  samples(window: Float64Array, records: Records): void {
    for (let i: i32 = 0; i < window.length; i++) {
      const raw: f64 = window[i];
      const outside: boolean =
        raw < this.config[COEFFICIENTS] || raw > this.config[COEFFICIENTS + 1];
      if (outside !== this.outside) records.add(1, i, outside ? 1 : 0);
      this.outside = outside;
      if (!outside) records.add(0, i, this.polynomial(raw));
    }
  }

  /** By Horner's rule. */
  private polynomial(x: f64): f64 {
    let value: f64 = 0;
    for (let i: i32 = COEFFICIENTS - 1; i >= 0; i--) value = value * x + this.config[i];
    return value;
  }
}
