/**
 * A quantile of a stream, without keeping its samples: R. Jain and I. Chlamtac, "The P² algorithm for dynamic
 * calculation of quantiles and histograms without storing observations", CACM 28 (1985).
 */

import type { f64, i32 } from "./types.js";

const MARKERS: i32 = 5;

export class Quantile {
  private readonly p: f64;
  /** The markers: the smallest sample, the largest, the quantile, and one halfway to it from each. */
  private readonly heights: Float64Array = new Float64Array(MARKERS);
  /** Which of the sorted samples each marker is, counted from 0. */
  private readonly places: Float64Array = new Float64Array(MARKERS);
  private count: f64 = 0;

  /** @param p between 0 and 1 */
  constructor(p: f64) {
    this.p = p;
  }

  clear(): void {
    this.count = 0;
  }

  take(value: f64): void {
    if (this.count < MARKERS) this.begin(value);
    else this.move(value);
    this.count++;
  }

  /** Exact up to five samples, by the nearest rank; NaN without any. */
  estimate(): f64 {
    if (this.count > MARKERS) return this.heights[2];
    if (this.count === 0) return NaN;
    const rank: f64 = Math.max(Math.ceil(this.p * this.count) - 1, 0);
    let place: i32 = 0;
    while (place < rank) place++;
    return this.heights[place];
  }

  /** The first samples are the markers, in order. */
  private begin(value: f64): void {
    let at: i32 = 0;
    while (at < this.count && this.heights[at] <= value) at++;
    for (let i: i32 = MARKERS - 1; i > at; i--) this.heights[i] = this.heights[i - 1];
    this.heights[at] = value;
    for (let i: i32 = 0; i < MARKERS; i++) this.places[i] = i;
  }

  private move(value: f64): void {
    const heights: Float64Array = this.heights;
    if (value < heights[0]) heights[0] = value;
    if (value > heights[4]) heights[4] = value;
    for (let i: i32 = 1; i < MARKERS; i++) {
      if (i === MARKERS - 1 || value < heights[i]) this.places[i]++;
    }
    for (let i: i32 = 1; i < MARKERS - 1; i++) {
      const off: f64 = this.wanted(i) - this.places[i];
      if (off >= 1 && this.places[i + 1] - this.places[i] > 1) this.step(i, 1);
      else if (off <= -1 && this.places[i - 1] - this.places[i] < -1) this.step(i, -1);
    }
  }

  /** Where a marker should be among `count` + 1 samples. */
  private wanted(marker: i32): f64 {
    if (marker === 1) return (this.count * this.p) / 2;
    if (marker === 2) return this.count * this.p;
    return (this.count * (1 + this.p)) / 2;
  }

  /** Moves a marker by one place, along a parabola through its neighbours if that keeps their order. */
  private step(i: i32, way: i32): void {
    const n: Float64Array = this.places;
    const q: Float64Array = this.heights;
    const before: f64 = n[i] - n[i - 1];
    const after: f64 = n[i + 1] - n[i];
    const parabola: f64 =
      q[i] +
      (way / (before + after)) *
        (((before + way) * (q[i + 1] - q[i])) / after +
          ((after - way) * (q[i] - q[i - 1])) / before);
    const fits: boolean = q[i - 1] < parabola && parabola < q[i + 1];
    q[i] = fits ? parabola : q[i] + (way * (q[i + way] - q[i])) / (n[i + way] - n[i]);
    n[i] += way;
  }
}
