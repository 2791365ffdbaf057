/** The one interface of sensors, real and simulated. */

import type { Lane } from "../telemetry/lane.js";
import type { Reading } from "../telemetry/senml.js";

/**
 * One quantity that a sensor measures, and how its readings are to be delivered: `effectively-once`, and not as
 * an alarm, unless it says otherwise.
 */
export interface Channel extends Partial<Lane> {
  /** Unique in the sensor, with the characters of a SenML name: `temperature`. */
  readonly name: string;
  /** A symbol of the SenML registry: `Cel`, `%RH`, `Pa`. */
  readonly unit: string;
}

/**
 * What a channel gave: its value in the channel's unit, or a word that says why there is none, such as
 * `no-answer` or `out-of-range`. There is no third way, so that a failure can neither pass for a value
 * (no zero, no last good one) nor go unseen.
 */
export type Sample = number | string;

/**
 * A sensor. A real one wraps an ECMA-419 sensor class (section 13): its constructor makes and configures
 * that object, `sample` picks the channels out of the object that its `sample()` returns, `close` closes it.
 */
export interface Sensor {
  readonly channels: readonly Channel[];

  /**
   * Measures. Returns one sample for each channel, in their order. It does not throw: when the bus fails,
   * every channel says so; when one channel fails, the others still give their values.
   * @param time the present time, in seconds since the epoch. Real sensors have no use for it.
   */
  sample(time: number): readonly Sample[];

  /** Releases the hardware. May be called twice; nothing else may be called afterwards. */
  close(): void;
}

/**
 * Samples a sensor into readings. A channel that gave no value becomes a string value under the channel's
 * name and `:status`: subscribers learn of the failure, and a series of numbers stays one of numbers. The
 * next value of the channel says that it is over.
 * @param base what goes before the channels' names and makes them unique, such as `urn:dev:mac:0024befffe804ff1:`
 * @param time as for {@link Sensor.sample}
 */
export function takeReadings(sensor: Sensor, base: string, time: number): Reading[] {
  const samples = sensor.sample(time);
  return sensor.channels.map(({ name, unit }, index) => {
    const sample = samples[index] ?? "no-sample";
    if (typeof sample === "number" && Number.isFinite(sample))
      return { name: base + name, unit, value: sample, time };
    return { name: `${base}${name}:status`, value: String(sample), time };
  });
}
