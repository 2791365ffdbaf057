import { describe, expect, test } from "@jest/globals";
import { SimulatedSensor } from "../../firmware/sensors/simulated.js";
import { isUnit } from "../../firmware/telemetry/units.js";

/** 2024-03-01T00:00:00Z */
const MIDNIGHT = 1_709_251_200;
const HOUR = 3600;
const DAY = 24 * HOUR;

/** A sample every ten minutes over `days` days. */
const course = (seed: number, days: number) => {
  const sensor = new SimulatedSensor(seed);
  return Array.from({ length: days * 144 }, (_, index) => {
    const [temperature, humidity] = sensor.sample(MIDNIGHT + index * 600) as [number, number];
    return { hour: (index / 6) % 24, temperature, humidity };
  });
};

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

test("channels have registered units", () => {
  const { channels } = new SimulatedSensor(0);
  expect(channels.map(({ name, unit }) => [name, isUnit(unit)])).toEqual([
    ["temperature", true],
    ["humidity", true],
  ]);
});

// The same numbers must come out on every engine and machine: this table is the reference.
test.each([
  { seed: 1, time: MIDNIGHT, samples: [19.61, 52.11] },
  { seed: 1, time: MIDNIGHT + 15 * HOUR, samples: [23.62, 36.25] },
  { seed: 2, time: MIDNIGHT + 15 * HOUR, samples: [23.16, 40.43] },
  { seed: -7, time: MIDNIGHT + 3 * HOUR + 0.001, samples: [18.28, 59.15] },
  { seed: 4_000_000_000, time: 0, samples: [19.4, 57.94] },
  { seed: 5, time: -12345.678, samples: [20.37, 55.48] },
])("seed $seed at $time gives $samples on every engine", ({ seed, time, samples }) => {
  expect(new SimulatedSensor(seed).sample(time)).toEqual(samples);
});

test("readings depend on seed and time, not on the calls before: a restart changes nothing", () => {
  const sensor = new SimulatedSensor(3);
  const forwards = Array.from({ length: 50 }, (_, index) => sensor.sample(MIDNIGHT + index));
  const backwards = Array.from({ length: 50 }, (_, index) =>
    new SimulatedSensor(3).sample(MIDNIGHT + 49 - index),
  );
  expect(backwards.reverse()).toEqual(forwards);
});

test("devices with neighbouring seeds differ", () => {
  const first = Array.from({ length: 100 }, (_, seed) =>
    new SimulatedSensor(seed).sample(MIDNIGHT).join(),
  );
  expect(new Set(first).size).toBe(100);
});

describe.each([0, 1, 99, 123_456_789])("a week of seed %d", (seed) => {
  const week = course(seed, 7);
  const temperatures = week.map(({ temperature }) => temperature);
  const humidities = week.map(({ humidity }) => humidity);
  const changes = (values: readonly number[]) =>
    values.slice(1).map((value, index) => Math.abs(value - (values[index] as number)));

  test("temperature is 21 °C ± 4, humidity 50 %RH ± 20", () => {
    expect(temperatures.filter((value) => Math.abs(value - 21) > 4)).toEqual([]);
    expect(humidities.filter((value) => Math.abs(value - 50) > 20)).toEqual([]);
  });

  test("values are multiples of 0.01", () => {
    const long = [...temperatures, ...humidities].filter(
      (value) => String(value).replace(/^\d+\.?/, "").length > 2,
    );
    expect(long).toEqual([]);
  });

  test("afternoons are warmer and drier than nights", () => {
    const afternoon = week.filter(({ hour }) => hour >= 13 && hour < 17);
    const night = week.filter(({ hour }) => hour >= 1 && hour < 5);
    const by = (field: "temperature" | "humidity") =>
      mean(afternoon.map((sample) => sample[field])) - mean(night.map((sample) => sample[field]));
    expect(by("temperature")).toBeGreaterThan(3);
    expect(by("humidity")).toBeLessThan(-12);
  });

  test("there are no jumps within ten minutes", () => {
    expect(Math.max(...changes(temperatures))).toBeLessThan(0.5);
    expect(Math.max(...changes(humidities))).toBeLessThan(3);
  });

  test("no two days are alike", () => {
    expect(temperatures.slice(0, 144)).not.toEqual(temperatures.slice(144, 288));
  });
});

test("there is noise from second to second, and no more than the sensor has", () => {
  const sensor = new SimulatedSensor(8);
  const minute = Array.from({ length: 60 }, (_, second) => sensor.sample(MIDNIGHT + second));
  const temperatures = minute.map(([temperature]) => temperature as number);
  expect(new Set(temperatures).size).toBeGreaterThan(5);
  expect(Math.max(...temperatures) - Math.min(...temperatures)).toBeLessThan(0.15);
});

test("years ahead it is still the same kind of day", () => {
  const [temperature] = new SimulatedSensor(1).sample(MIDNIGHT + 36_500 * DAY) as [number];
  expect(Math.abs(temperature - 21)).toBeLessThanOrEqual(4);
});

test("a sensor closes, twice if asked", () => {
  const sensor = new SimulatedSensor(1);
  sensor.close();
  expect(() => sensor.close()).not.toThrow();
});
