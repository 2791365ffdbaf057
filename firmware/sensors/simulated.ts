/** A simulated thermometer and hygrometer: the air of a room over days. */

import { Random } from "./random.js";
import type { Sample, Sensor } from "./sensor.js";

const DAY = 24 * 3600;
/** The weather takes a new course this often, in seconds. */
const WEATHER_PERIOD = 3 * 3600;

/**
 * Temperature (21 °C ± 4: a daily curve, weather, and noise) and relative humidity (50 % ± 20: low when it
 * is warm), rounded to 0.01 as real sensors do.
 *
 * A reading depends on the seed and the time alone, not on the calls before it: a device that restarts
 * goes on with the same air, and a test knows what must arrive. The curve is made of parabolas and all
 * else of operations that IEEE 754 rounds exactly. `Math.sin` is not among them, and differs between
 * engines; so every engine gives the same readings, bit for bit.
 */
export class SimulatedSensor implements Sensor {
  readonly channels = [
    { name: "temperature", unit: "Cel" },
    { name: "humidity", unit: "%RH" },
  ] as const;

  readonly #meanTemperature: number;
  readonly #meanHumidity: number;
  /** When the curve crosses its mean upwards, in seconds of the day. */
  readonly #morning: number;
  readonly #weather: Random;
  readonly #noise: Random;

  /** @param seed any number; its lower 32 bits make one device different from another */
  constructor(seed: number) {
    const random = new Random(seed);
    this.#meanTemperature = 21 + spread(random.next(), 0.5);
    this.#meanHumidity = 50 + spread(random.next(), 4);
    this.#morning = (9 + spread(random.next(), 1)) * 3600;
    this.#weather = new Random(random.next() * 2 ** 32);
    this.#noise = new Random(random.next() * 2 ** 32);
  }

  sample(time: number): readonly Sample[] {
    const instant = 2 * Math.floor(time * 1000);
    const warmth = 2.5 * dailyCurve((time - this.#morning) / DAY) + this.#drift(time);
    const temperature = this.#meanTemperature + warmth + spread(this.#noise.at(instant), 0.05);
    const humidity = this.#meanHumidity - 4 * warmth + spread(this.#noise.at(instant + 1), 0.5);
    return [round(temperature), round(humidity)];
  }

  close(): void {}

  /** Within ±0.95, without steps or corners: random points, and an S-curve from each to the next. */
  #drift(time: number): number {
    const period = Math.floor(time / WEATHER_PERIOD);
    const way = time / WEATHER_PERIOD - period;
    const from = this.#weather.at(period);
    const to = this.#weather.at(period + 1);
    return spread(from + (to - from) * way * way * (3 - 2 * way), 0.95);
  }
}

/** Takes [0, 1) to [-width, width). */
function spread(fraction: number, width: number): number {
  return (2 * fraction - 1) * width;
}

/** Like the sine of a full turn times `days`, within 0.06: a parabola up, a parabola down. */
function dailyCurve(days: number): number {
  const half = 2 * (days - Math.floor(days)) - 1;
  return -4 * half * (1 - Math.abs(half));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
