import type { Curve } from "./protocol.js";

/** What a history begins with: most channels of most fleets are never looked at for long. */
const START = 16;

/** The newest points of a curve, as many as fit. */
export class History {
  readonly #capacity: number;
  #times: Float64Array;
  #values: Float64Array;
  /** Where the next point goes, and how many there are. */
  #next = 0;
  #length = 0;

  /** @param capacity points, 1 or more */
  constructor(capacity: number) {
    this.#capacity = capacity;
    const start = Math.min(START, capacity);
    this.#times = new Float64Array(start);
    this.#values = new Float64Array(start);
  }

  get length(): number {
    return this.#length;
  }

  add(time: number, value: number): void {
    if (this.#length === this.#times.length && this.#length < this.#capacity) this.#grow();
    this.#times[this.#next] = time;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#times.length;
    this.#length = Math.min(this.#length + 1, this.#times.length);
  }

  /** The newest values, the oldest of them first. */
  recent(count: number): number[] {
    return inOrder(this.#values, this.#next, Math.min(count, this.#length));
  }

  /** @param from the time to begin with, by default that of the oldest point */
  curve(from = Number.NEGATIVE_INFINITY): Curve {
    const times = inOrder(this.#times, this.#next, this.#length);
    const values = inOrder(this.#values, this.#next, this.#length);
    // Clocks of devices are set, also back, and what is late comes out of turn.
    const order = times.map((_, i) => i).filter((i) => (times[i] as number) >= from);
    order.sort((one, other) => (times[one] as number) - (times[other] as number));
    return {
      times: order.map((i) => times[i] as number),
      values: order.map((i) => values[i] as number),
    };
  }

  #grow(): void {
    const size = Math.min(this.#times.length * 2, this.#capacity);
    const times = inOrder(this.#times, this.#next, this.#length);
    const values = inOrder(this.#values, this.#next, this.#length);
    this.#times = new Float64Array(size);
    this.#values = new Float64Array(size);
    this.#times.set(times);
    this.#values.set(values);
    this.#next = this.#length;
  }
}

function inOrder(ring: Float64Array, next: number, count: number): number[] {
  const first = next - count + ring.length;
  return Array.from({ length: count }, (_, i) => ring[(first + i) % ring.length] as number);
}
