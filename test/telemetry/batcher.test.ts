import { describe, expect, test } from "@jest/globals";
import { BATCH, Batcher, type BatchOptions } from "../../firmware/telemetry/batcher.js";
import type { Lane } from "../../firmware/telemetry/lane.js";
import { pack } from "../../firmware/telemetry/pack.js";
import { type Reading, toRecords } from "../../firmware/telemetry/senml.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { FakeClock } from "../support/clock.js";

const NORMAL: Lane = { qos: "effectively-once", alarm: false };
const LOOSE: Lane = { qos: "at-most-once", alarm: false };
const ALARM: Lane = { qos: "effectively-once", alarm: true };

const reading = (value: number): Reading => ({
  name: "urn:dev:ops:1:n",
  value,
  time: 1_700_000_000,
});

/** A batcher, and what it has given on. */
class Bench {
  readonly clock = new FakeClock();
  readonly given: string[] = [];
  readonly batcher: Batcher;

  constructor(options: Partial<BatchOptions> = {}) {
    this.batcher = new Batcher({ ...BATCH, ...options }, this.clock, (lane, readings, payload) => {
      expect(payload).toEqual(pack(toRecords(readings)));
      const values = readings.map(({ value }) => value).join(" ");
      this.given.push(lane.alarm ? `alarm ${values}` : values);
    });
  }

  sample(...values: (number | readonly [Lane, number])[]): void {
    for (const value of values)
      if (typeof value === "number") this.batcher.add(NORMAL, reading(value));
      else this.batcher.add(value[0], reading(value[1]));
    this.batcher.sampled();
  }
}

describe("readings go together", () => {
  test("as they were sampled, when they are to wait for no others", () => {
    const bench = new Bench();
    bench.sample(1, 2);
    bench.sample(3);
    expect(bench.given).toEqual(["1 2", "3"]);
    expect(bench.clock.timers).toBe(0);
  });

  test("for as long as they may wait, from the first on", () => {
    const bench = new Bench({ time: 60_000 });
    bench.sample(1, 2);
    bench.clock.advance(59_000);
    bench.sample(3);
    expect(bench.given).toEqual([]);
    bench.clock.advance(1_000);
    expect(bench.given).toEqual(["1 2 3"]);
    bench.sample(4);
    bench.clock.advance(59_999);
    expect(bench.given).toHaveLength(1);
    bench.clock.advance(1);
    expect(bench.given).toEqual(["1 2 3", "4"]);
    expect(bench.clock.timers).toBe(0);
  });

  test("up to a count", () => {
    const bench = new Bench({ time: 60_000, readings: 2 });
    bench.sample(1, 2, 3, 4, 5);
    expect(bench.given).toEqual(["1 2", "3 4"]);
    bench.batcher.flush();
    expect(bench.given.at(-1)).toBe("5");
  });

  test("up to a length, which a reading alone may exceed", () => {
    const bytes = pack(toRecords([reading(1), reading(2)])).length;
    const bench = new Bench({ time: 60_000, bytes });
    bench.sample(1, 2, 3);
    const narrow = new Bench({ time: 60_000, bytes: 1 });
    narrow.sample(1, 2);
    for (const { batcher } of [bench, narrow]) batcher.flush();
    expect(bench.given).toEqual(["1 2", "3"]);
    expect(narrow.given).toEqual(["1", "2"]);
  });

  test("only with those that are to be delivered alike", () => {
    const bench = new Bench();
    bench.sample(1, [LOOSE, 2], 3, [LOOSE, 4]);
    expect(bench.given).toEqual(["1 3", "2 4"]);
  });

  test("alarms do not wait", () => {
    const bench = new Bench({ time: 60_000 });
    bench.sample(1, [ALARM, 2]);
    expect(bench.given).toEqual(["alarm 2"]);
    bench.batcher.flush();
    expect(bench.given).toEqual(["alarm 2", "1"]);
    expect(bench.clock.timers).toBe(0);
  });
});

test("a reading that SenML cannot say is refused, and costs no other", () => {
  const bench = new Bench({ time: 60_000 });
  bench.sample(1);
  expect(() => bench.batcher.add(NORMAL, reading(Number.NaN))).toThrow(ConfigError);
  bench.sample(2);
  bench.batcher.flush();
  expect(bench.given).toEqual(["1 2"]);
});
