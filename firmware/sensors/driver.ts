/** How the sensors of a board are opened, and opened again when they have failed. */

import type { Channel, Sample, Sensor } from "./sensor.js";

/** A kind of sensor: what it measures is known before it is there. */
export interface Driver {
  readonly channels: readonly Channel[];
  /** @throws Error when the sensor does not answer, or its hardware is not there */
  open(): OpenSensor;
}

/** A sensor that has answered. */
export interface OpenSensor {
  /**
   * One sample for each channel of the driver.
   * @param time as for {@link Sensor.sample}
   * @throws Error when it does not answer any more
   */
  sample(time: number): readonly Sample[];
  close(): void;
}

/**
 * Several sensors as one. Each is opened when it is sampled, and after a failure opened again with the next
 * sample: it may have been plugged in by then. One that fails does not touch the others.
 */
export class SensorGroup implements Sensor {
  readonly channels: readonly Channel[];
  readonly #members: readonly Member[];

  constructor(drivers: readonly Driver[]) {
    this.#members = drivers.map((driver) => new Member(driver));
    this.channels = drivers.flatMap(({ channels }) => channels);
  }

  sample(time: number): readonly Sample[] {
    return this.#members.flatMap((member) => member.sample(time));
  }

  close(): void {
    for (const member of this.#members) member.close();
  }
}

class Member {
  readonly #driver: Driver;
  #sensor: OpenSensor | undefined;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  sample(time: number): readonly Sample[] {
    const { channels } = this.#driver;
    try {
      this.#sensor ??= this.#driver.open();
      const samples = this.#sensor.sample(time);
      return channels.map((_channel, index) => samples[index] ?? "no-sample");
    } catch {
      this.close();
      return channels.map(() => "no-answer");
    }
  }

  close(): void {
    const sensor = this.#sensor;
    this.#sensor = undefined;
    try {
      sensor?.close();
    } catch {
      // A bus that has failed may do so again. What counts is that it is opened anew.
    }
  }
}
