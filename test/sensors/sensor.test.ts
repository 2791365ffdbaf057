import { describe, expect, test } from "@jest/globals";
import { type Sample, type Sensor, takeReadings } from "../../firmware/sensors/sensor.js";
import { encodeSenml } from "../../firmware/telemetry/senml.js";

const TIME = 1_709_294_400;

const sensor = (...samples: Sample[]): Sensor => ({
  channels: [
    { name: "temperature", unit: "Cel" },
    { name: "humidity", unit: "%RH" },
  ],
  sample: () => samples,
  close: () => {},
});

describe("samples become readings", () => {
  test.each([
    {
      what: "values under the channels' names and units",
      samples: [21.5, 0],
      readings: [
        { name: "urn:dev:1:temperature", unit: "Cel", value: 21.5, time: TIME },
        { name: "urn:dev:1:humidity", unit: "%RH", value: 0, time: TIME },
      ],
    },
    {
      what: "a failed channel beside one that works",
      samples: ["no-answer", 40],
      readings: [
        { name: "urn:dev:1:temperature:status", value: "no-answer", time: TIME },
        { name: "urn:dev:1:humidity", unit: "%RH", value: 40, time: TIME },
      ],
    },
    {
      what: "numbers that are none, as a driver's arithmetic may give",
      samples: [Number.NaN, Number.POSITIVE_INFINITY],
      readings: [
        { name: "urn:dev:1:temperature:status", value: "NaN", time: TIME },
        { name: "urn:dev:1:humidity:status", value: "Infinity", time: TIME },
      ],
    },
    {
      what: "channels without a sample",
      samples: [21.5],
      readings: [
        { name: "urn:dev:1:temperature", unit: "Cel", value: 21.5, time: TIME },
        { name: "urn:dev:1:humidity:status", value: "no-sample", time: TIME },
      ],
    },
  ])("$what", ({ samples, readings }) => {
    const taken = takeReadings(sensor(...samples), "urn:dev:1:", TIME);
    expect(taken).toEqual(readings);
    expect(() => encodeSenml(taken)).not.toThrow();
  });
});

test("the sensor is told the time that the readings carry", () => {
  const times: number[] = [];
  const clock: Sensor = {
    channels: [{ name: "uptime", unit: "s" }],
    sample: (time) => {
      times.push(time);
      return [time];
    },
    close: () => {},
  };
  expect(takeReadings(clock, "", TIME)).toEqual([
    { name: "uptime", unit: "s", value: TIME, time: TIME },
  ]);
  expect(times).toEqual([TIME]);
});
