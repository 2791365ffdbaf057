/**
 * AssemblyScript: what native code calls, with numbers only: no strings, no garbage collector, and all
 * memory taken by the end of `init`. Files are found as for bound.ts.
 */

import { Program } from "./program";
import { Records } from "./records";

// WINDOW, PARAMETERS and RECORDS are set by the compiler's command line.
const window: Float64Array = new Float64Array(WINDOW);
const config: Float64Array = new Float64Array(PARAMETERS);
const records: Records = new Records(RECORDS);
let program: Program | null = null;

/** Where a value for each parameter goes. */
export function configAt(): usize {
  return config.dataStart;
}

/** Where a window of samples goes. */
export function windowAt(): usize {
  return window.dataStart;
}

/** Where the records are. */
export function recordsAt(): usize {
  return records.data.dataStart;
}

/** To be called once. */
export function init(): void {
  program = new Program(config);
}

/** @returns how many records there are; there is room for RECORDS of them */
export function samples(): i32 {
  records.length = 0;
  program!.samples(window, records);
  return records.length;
}

/** How much memory is taken, in bytes from the beginning. */
export function memoryUsed(): usize {
  return heap.alloc(1);
}
