/**
 * Seeded signals through a program, and a fingerprint of every bit that comes out: for engines to compare.
 * Runs in all of them, so it asks nothing of Node.
 */

import type { Description } from "../../firmware/programs/description.js";
import type { Running } from "../../firmware/sensors/program.js";
import { Random } from "../../firmware/sensors/random.js";

/** How many windows a signal has. */
export const WINDOWS = 25;

/** Every kind of signal that a sensor may give; all values are finite. */
export function signalWindow(description: Description, seed: number, index: number): Float64Array {
  const { window, inputs } = description;
  const random = new Random(seed);
  const kind = seed % 5;
  return Float64Array.from({ length: window * inputs.length }, (_, place) => {
    const at = index * window + place;
    const noise = random.at(at) - 0.5;
    if (kind === 0) return 20 + noise; // noise about a level
    if (kind === 1) return (at % 32) / 8 - 2 + noise / 100; // a saw
    if (kind === 2) return random.at(Math.floor(at / 37)) * 10; // steps
    if (kind === 3) return noise * powerOfTwo(Math.floor(random.at(at + 1e6) * 60 - 30)); // all magnitudes
    return at % 101 === 0 ? 1000 * noise : 0; // shocks
  });
}

/** `2 ** exponent` is not the same on all engines. */
function powerOfTwo(exponent: number): number {
  let power = 1;
  for (let n = Math.abs(exponent); n > 0; n--) power *= exponent < 0 ? 0.5 : 2;
  return power;
}

/**
 * Feeds a program, and calls `done` with a line for each window: how many records, and a hash of their bits
 * (FNV-1a); or what went wrong.
 */
export function exercise(
  description: Description,
  running: Running,
  seed: number,
  done: (lines: string[]) => void,
): void {
  const lines: string[] = [];
  const next = (): void => {
    if (lines.length === WINDOWS) {
      running.close();
      return done(lines);
    }
    running.samples(signalWindow(description, seed, lines.length), (error, records) => {
      lines.push(error === undefined ? fingerprint(records) : error.message);
      next();
    });
  };
  next();
}

export function fingerprint(records: Float64Array): string {
  // A copy, for a view may begin anywhere; in the order of bytes that all machines here have.
  const bytes = new Uint8Array(Float64Array.from(records).buffer);
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return `${records.length / 3} ${(hash >>> 0).toString(16)}`;
}
