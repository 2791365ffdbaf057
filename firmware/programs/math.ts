/**
 * What sensor programs need of mathematics, to the same bit on every engine. Those of `Math` differ: IEEE 754
 * says what `+ - * /` and the square root give, and leaves the rest to whoever writes it.
 */

import type { f64 } from "./types.js";

/** π/2 and ln 2, each as a number of few bits, whose multiples are exact, and what is missing from it. */
const QUARTER_HIGH: f64 = 1.5707963267341256;
const QUARTER_LOW: f64 = 6.077100506506192e-11;
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;

/** The sine of an angle in radians, within 2^-52 for angles up to 2^20. */
export function sine(angle: f64): f64 {
  return turned(angle, 0);
}

/** The cosine, likewise. */
export function cosine(angle: f64): f64 {
  return turned(angle, 1);
}

/** The sine of an angle and that many quarters of a turn. */
function turned(angle: f64, more: f64): f64 {
  const quarters: f64 = Math.floor(angle / (QUARTER_HIGH + QUARTER_LOW) + 0.5);
  const rest: f64 = angle - quarters * QUARTER_HIGH - quarters * QUARTER_LOW;
  const quadrant: f64 = quarters + more - 4 * Math.floor((quarters + more) / 4);
  if (quadrant === 0) return sineSeries(rest);
  if (quadrant === 1) return cosineSeries(rest);
  if (quadrant === 2) return -sineSeries(rest);
  return -cosineSeries(rest);
}

/** e to the power of x, within some 2^-51 of itself; 0 from -708 down, infinite from 709 up. */
export function exponential(x: f64): f64 {
  if (x < -708) return 0;
  if (x > 709) return Infinity;
  const twos: f64 = Math.floor(x / (LN2_HIGH + LN2_LOW) + 0.5);
  const rest: f64 = x - twos * LN2_HIGH - twos * LN2_LOW;
  let sum: f64 = 1;
  for (let n: f64 = 14; n > 0; n--) sum = 1 + (rest / n) * sum;
  return sum * powerOfTwo(twos);
}

/** Taylor's series, for |x| ≤ π/4: what is left out is below 2^-63. */
function sineSeries(x: f64): f64 {
  let sum: f64 = 1;
  for (let n: f64 = 16; n > 0; n -= 2) sum = 1 - ((x * x) / (n * (n + 1))) * sum;
  return x * sum;
}

function cosineSeries(x: f64): f64 {
  let sum: f64 = 1;
  for (let n: f64 = 17; n > 0; n -= 2) sum = 1 - ((x * x) / (n * (n + 1))) * sum;
  return sum;
}

function powerOfTwo(exponent: f64): f64 {
  let power: f64 = 1;
  const factor: f64 = exponent < 0 ? 0.5 : 2;
  for (let n: f64 = Math.abs(exponent); n > 0; n--) power *= factor;
  return power;
}
