/** A sensor of a simulated device. It outlives the device's reboots. */

import type { Channel, Sample, Sensor } from "../../firmware/sensors/sensor.js";
import type { Generator } from "./generators.js";

export interface GeneratedChannel {
  readonly generate: Generator;
  /** Digits behind the point, as real sensors have few. */
  readonly decimals: number;
}

export class GeneratedSensor implements Sensor {
  readonly channels: readonly Channel[];
  readonly #generated: readonly GeneratedChannel[];
  /** Seconds between two samples. */
  readonly #interval: number;
  #index = 0;

  /** @param generated one for each channel, in their order */
  constructor(
    channels: readonly Channel[],
    generated: readonly GeneratedChannel[],
    interval: number,
  ) {
    this.channels = channels;
    this.#generated = generated;
    this.#interval = interval;
  }

  sample(): readonly Sample[] {
    const index = this.#index++;
    return this.#generated.map(({ generate, decimals }) => {
      const sample = generate(index, index * this.#interval);
      return typeof sample === "number" ? Number(sample.toFixed(decimals)) : sample;
    });
  }

  close(): void {}
}
