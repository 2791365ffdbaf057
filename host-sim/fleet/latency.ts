/** Times from a reading's acceptance to its acknowledgement, counted in classes: thousands of devices measure for days. */

/** Each class is 5 % wider than the one before, from a tenth of a millisecond up; the last begins at 10 hours. */
const GROWTH = 1.05;
const FIRST = 0.1;
const CLASSES = 400;

export class LatencyHistogram {
  readonly counts: number[];

  /** @param counts those of another process */
  constructor(counts: readonly number[] = []) {
    this.counts = Array.from({ length: CLASSES }, (_, i) => counts[i] ?? 0);
  }

  /** @param time milliseconds */
  add(time: number): void {
    const place = Math.ceil(Math.log(Math.max(time, FIRST) / FIRST) / Math.log(GROWTH));
    const index = Math.min(Math.max(place, 0), CLASSES - 1);
    this.counts[index] = (this.counts[index] as number) + 1;
  }

  merge(other: LatencyHistogram): void {
    other.counts.forEach((count, i) => {
      this.counts[i] = (this.counts[i] as number) + count;
    });
  }

  /**
   * The time that this part of all stays within, in milliseconds, to 5 %; `undefined` when there is none.
   * @param part from 0 to 1: 0.95 for the 95th percentile
   */
  quantile(part: number): number | undefined {
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return undefined;
    let rest = Math.max(1, Math.ceil(part * total));
    const index = this.counts.findIndex((count) => {
      rest -= count;
      return rest <= 0;
    });
    return FIRST * GROWTH ** index;
  }
}
