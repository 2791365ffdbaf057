/** The points of a plot on the page, the oldest first; times in seconds, as uPlot wants them. */
export interface Curve {
  readonly times: number[];
  readonly values: number[];
}

/** Points at most: more than there are pixels. */
export const MAX_POINTS = 4_000;

/**
 * Adds a point. What is late, or of a clock that was set back, goes where it belongs; what comes faster than
 * could be told apart takes the place of the point before.
 * @param from the time from which on points are kept
 * @param range how many seconds these go back
 */
export function extend(
  { times, values }: Curve,
  time: number,
  value: number,
  from: number,
  range: number,
): void {
  let at = times.length;
  while (at > 0 && (times[at - 1] as number) > time) at--;
  const isRepeated = times[at - 1] === time;
  const before = times[at - 2] ?? Number.NEGATIVE_INFINITY;
  const isDense = at === times.length && time - before < (2 * range) / MAX_POINTS;
  const replaced = isRepeated || isDense ? 1 : 0;
  times.splice(at - replaced, replaced, time);
  values.splice(at - replaced, replaced, value);
  let old = Math.max(0, times.length - MAX_POINTS);
  while (old < times.length && (times[old] as number) < from) old++;
  times.splice(0, old);
  values.splice(0, old);
}
