/** What a sensor program has to say of a window: in the portable part of AssemblyScript. */

import type { f64, i32 } from "./types.js";

export class Records {
  /** Three numbers for each record: which output, which sample of the window it belongs to, and the value. */
  readonly data: Float64Array;
  /** How many there are; more than there is room for, when the program said too much. */
  length: i32 = 0;

  constructor(capacity: i32) {
    this.data = new Float64Array(3 * capacity);
  }

  /**
   * @param output its place in the description
   * @param sample 0 is the first of the window, -1 the last of the one before
   */
  add(output: i32, sample: i32, value: f64): void {
    const at: i32 = 3 * this.length;
    this.length++;
    if (at + 3 > this.data.length) return;
    this.data[at] = output;
    this.data[at + 1] = sample;
    this.data[at + 2] = value;
  }
}
