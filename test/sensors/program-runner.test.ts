import { expect, test } from "@jest/globals";
import { Description } from "../../firmware/programs/description.js";
import type { Running } from "../../firmware/sensors/program.js";
import { ProgramRunner } from "../../firmware/sensors/program-runner.js";
import { FakeClock } from "../support/clock.js";

type Done = Parameters<Running["samples"]>[1];

const NONE = new Float64Array(0);

/** A runner of two samples a second, four to a window; what its program does is up to the test. */
function setUp(
  samples: (window: Float64Array, done: Done) => void,
  read?: () => string | undefined,
) {
  const description = new Description();
  description.program("test", "1.0.0");
  description.sampled(2, 4);
  description.input("raw", "Cel");
  description.output("mean", "Cel");
  description.output("variance", "");
  description.alarm("hot");
  const clock = new FakeClock();
  const told: string[] = [];
  const closed: string[] = [];
  const begun = clock.now();
  let level = 0;
  const runner = new ProgramRunner({
    description,
    timer: clock,
    baseName: "urn:dev:test:",
    program: { samples, close: () => void closed.push("program") },
    source: {
      read: (window) => {
        window.forEach((_, index) => {
          window[index] = ++level;
        });
        return read?.();
      },
      close: () => void closed.push("source"),
    },
    onReadings: (readings) => {
      for (const [{ alarm }, { name, unit, value, time }] of readings)
        told.push(
          `${alarm ? "alarm " : ""}${name.slice(13)} ${value} ${unit ?? ""} at ${time - begun / 1000}`,
        );
    },
  });
  return { clock, told, closed, runner };
}

test("records become readings, at the times of their samples; alarms are true or false, and go ahead", () => {
  const { clock, told } = setUp((window, done) =>
    done(undefined, Float64Array.of(0, 3, window[3] ?? 0, 1, -1, 0.5, 2, 0, 1)),
  );
  clock.advance(2000);
  expect(told).toEqual(["mean 4 Cel at 1.5", "variance 0.5  at -0.5", "alarm hot true  at 0"]);
});

test("a window is due when it is full, and not before", () => {
  let windows = 0;
  const { clock } = setUp((_, done) => {
    windows++;
    done(undefined, NONE);
  });
  clock.advance(1999);
  expect(windows).toBe(0);
  clock.advance(6001);
  expect(windows).toBe(4);
});

test("a program that fails is told of once; after that the readings are raw", () => {
  const { clock, told, closed } = setUp((_, done) => done(new Error("it failed"), NONE));
  clock.advance(4000);
  expect(told).toEqual(["test:status it failed  at 0", "raw 4 Cel at 1.5", "raw 8 Cel at 3.5"]);
  expect(closed).toEqual(["program"]);
});

test("a program that has not done with a window misses the next, and this is told", () => {
  let late: Done | undefined;
  const { clock, told } = setUp((_, done) => {
    late = done;
  });
  clock.advance(4000);
  late?.(undefined, Float64Array.of(0, 0, 1));
  expect(told).toEqual(["test:status too-slow  at 2", "mean 1 Cel at 0"]);
});

test("a source that does not answer is no fault of the program's", () => {
  let trouble: string | undefined = "no-answer";
  const { clock, told } = setUp(
    (_, done) => done(undefined, Float64Array.of(0, 0, 1)),
    () => trouble,
  );
  clock.advance(2000);
  trouble = undefined;
  clock.advance(2000);
  expect(told).toEqual(["raw:status no-answer  at 0", "mean 1 Cel at 2"]);
});

test("when it is closed, all is closed, and an answer that comes late is not told", () => {
  let late: Done | undefined;
  const { clock, told, closed, runner } = setUp((_, done) => {
    late = done;
  });
  clock.advance(2000);
  runner.close();
  runner.close();
  late?.(undefined, Float64Array.of(0, 0, 1));
  clock.advance(10_000);
  expect(told).toEqual([]);
  expect(closed).toEqual(["program", "source"]);
});
