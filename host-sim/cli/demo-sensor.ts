import { Random } from "../../firmware/sensors/random.js";
import type { Sample, Sensor } from "../../firmware/sensors/sensor.js";
import { SimulatedSensor } from "../../firmware/sensors/simulated.js";

/** Bytes of a board's heap that are free, and dBm of its signal: about. */
const FREE_HEAP = 142_000;
const SIGNAL = -62;

/** What a board measures that has a thermometer and hygrometer: the air, its own memory, and its signal. */
export class DemoSensor implements Sensor {
  readonly channels;
  readonly #air: SimulatedSensor;
  readonly #random: Random;
  readonly #distance: number;

  /** @param seed makes one board different from another */
  constructor(seed: number) {
    this.#air = new SimulatedSensor(seed);
    this.#random = new Random(seed);
    this.#distance = this.#random.next() * 16;
    this.channels = [
      ...this.#air.channels,
      { name: "heap", unit: "B" },
      // RFC 8798 2: the primary unit is dBW.
      { name: "rssi", unit: "dBW" },
    ];
  }

  sample(time: number): readonly Sample[] {
    const heap = FREE_HEAP - Math.floor(this.#random.next() ** 4 * 24_000);
    const signal = SIGNAL - this.#distance + Math.round(this.#random.next() * 6);
    return [...this.#air.sample(time), heap, Math.round(signal) - 30];
  }

  close(): void {}
}
