/**
 * The number types of AssemblyScript, where TypeScript has one. A sensor program says with them which of
 * its numbers are whole; see docs/programs.md.
 */

/** A whole number from -2^31 to 2^31 - 1. */
export type i32 = number;

/** A number as JavaScript has them: IEEE 754 binary64. */
export type f64 = number;
