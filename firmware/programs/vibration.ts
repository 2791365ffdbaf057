/** How a machine shakes: strength, peakedness, and in which band of frequencies, of an accelerometer. */

import type { Description } from "./description.js";
import { Fourier } from "./fourier.js";
import type { Records } from "./records.js";
import type { f64, i32 } from "./types.js";

const RATE: f64 = 1000;
/** A power of two. */
const WINDOW: i32 = 256;
const BANDS: i32 = 4;

export function describe(description: Description): void {
  description.program("vibration", "1.0.0");
  description.sampled(RATE, WINDOW);
  description.input("acceleration", "m/s2");
  /** The root of the mean square, without the constant part (gravity). */
  description.output("rms", "m/s2");
  description.output("peak", "m/s2");
  /** The peak over the rms: it rises when a bearing begins to fail. */
  description.output("crest", "/");
  /** The rms of what lies between two edges: the root of the band's energy. The last reaches to the end. */
  description.output("band-1", "m/s2");
  description.output("band-2", "m/s2");
  description.output("band-3", "m/s2");
  description.output("band-4", "m/s2");
  description.alarm("too-strong");
  description.parameter("edge-1", 0, 500, 50);
  description.parameter("edge-2", 0, 500, 125);
  description.parameter("edge-3", 0, 500, 250);
  /** The rms beyond which there is an alarm. */
  description.parameter("strongest", 0, 1e9, 20);
}

export class Program {
  private readonly config: Float64Array;
  private readonly fourier: Fourier = new Fourier(WINDOW);
  private alarm: boolean = false;

  constructor(config: Float64Array) {
    this.config = config;
  }

  samples(window: Float64Array, records: Records): void {
    let sum: f64 = 0;
    for (let i: i32 = 0; i < WINDOW; i++) sum += window[i];
    const mean: f64 = sum / WINDOW;
    let squares: f64 = 0;
    let peak: f64 = 0;
    for (let i: i32 = 0; i < WINDOW; i++) {
      const off: f64 = window[i] - mean;
      squares += off * off;
      peak = Math.max(peak, Math.abs(off));
    }
    const rms: f64 = Math.sqrt(squares / WINDOW);
    const last: i32 = WINDOW - 1;
    records.add(0, last, rms);
    records.add(1, last, peak);
    records.add(2, last, rms > 0 ? peak / rms : 0);
    this.fourier.transform(window, mean);
    for (let band: i32 = 0; band < BANDS; band++) records.add(3 + band, last, this.band(band));
    const alarm: boolean = rms > this.config[3];
    if (alarm !== this.alarm) records.add(3 + BANDS, last, alarm ? 1 : 0);
    this.alarm = alarm;
  }

  private band(band: i32): f64 {
    const from: f64 = band === 0 ? 0 : this.config[band - 1];
    const to: f64 = band === BANDS - 1 ? RATE : this.config[band];
    let energy: f64 = 0;
    for (let line: i32 = 1; line <= WINDOW >> 1; line++) {
      const frequency: f64 = (line * RATE) / WINDOW;
      if (frequency >= from && frequency < to) energy += this.fourier.energy(line);
    }
    return Math.sqrt(energy);
  }
}
