/** The spectrum of a window of samples: a fast Fourier transform, radix 2, in fixed buffers. */

import { cosine, sine } from "./math.js";
import type { f64, i32 } from "./types.js";

const TURN: f64 = 6.283185307179586;

export class Fourier {
  private readonly size: i32;
  private readonly real: Float64Array;
  private readonly imaginary: Float64Array;
  /** cos and sin of 0, 1, … `size` / 2 - 1 parts of a turn. */
  private readonly cosines: Float64Array;
  private readonly sines: Float64Array;
  /** What the window function leaves of the energy. */
  private left: f64 = 0;

  /** @param size a power of two */
  constructor(size: i32) {
    this.size = size;
    this.real = new Float64Array(size);
    this.imaginary = new Float64Array(size);
    const half: i32 = size >> 1;
    this.cosines = new Float64Array(half);
    this.sines = new Float64Array(half);
    for (let i: i32 = 0; i < half; i++) {
      const angle: f64 = (TURN * i) / size;
      this.cosines[i] = cosine(angle);
      this.sines[i] = sine(angle);
    }
    for (let i: i32 = 0; i < size; i++) this.left += this.hann(i) * this.hann(i);
  }

  /** Takes `size` samples, less their mean, through a Hann window. */
  transform(samples: Float64Array, mean: f64): void {
    let reversed: i32 = 0;
    for (let i: i32 = 0; i < this.size; i++) {
      this.real[reversed] = (samples[i] - mean) * this.hann(i);
      this.imaginary[reversed] = 0;
      // Counts `reversed` up from its highest bit, which carries to the lower ones.
      let bit: i32 = this.size >> 1;
      while ((reversed & bit) !== 0) {
        reversed = reversed ^ bit;
        bit = bit >> 1;
      }
      reversed = reversed | bit;
    }
    for (let span: i32 = 1; span < this.size; span = span << 1) this.butterflies(span);
  }

  /**
   * The mean square of the samples that a line stands for; all lines together make the whole, by Parseval.
   * @param line 1 to half of the size; its frequency is so many times the rate over the size
   */
  energy(line: i32): f64 {
    const real: f64 = this.real[line];
    const imaginary: f64 = this.imaginary[line];
    // Every line but the last has a twin at the negative frequency.
    const twins: f64 = line << 1 === this.size ? 1 : 2;
    return (twins * (real * real + imaginary * imaginary)) / (this.size * this.left);
  }

  /** Joins transforms of `span` points to those of twice as many. */
  private butterflies(span: i32): void {
    const step: i32 = this.parts(span);
    let turn: i32 = 0;
    for (let k: i32 = 0; k < span; k++) {
      const cos: f64 = this.cosines[turn];
      const sin: f64 = this.sines[turn];
      for (let a: i32 = k; a < this.size; a += span << 1) {
        const b: i32 = a + span;
        const real: f64 = cos * this.real[b] + sin * this.imaginary[b];
        const imaginary: f64 = cos * this.imaginary[b] - sin * this.real[b];
        this.real[b] = this.real[a] - real;
        this.imaginary[b] = this.imaginary[a] - imaginary;
        this.real[a] += real;
        this.imaginary[a] += imaginary;
      }
      turn += step;
    }
  }

  /** The size over twice the span: both are powers of two, and whole numbers are not divided (docs/programs.md). */
  private parts(span: i32): i32 {
    let parts: i32 = this.size >> 1;
    for (let s: i32 = span; s > 1; s = s >> 1) parts = parts >> 1;
    return parts;
  }

  private hann(i: i32): f64 {
    const half: i32 = this.size >> 1;
    return i < half ? 0.5 - 0.5 * this.cosines[i] : 0.5 + 0.5 * this.cosines[i - half];
  }
}
