/** The programs in the box, against published figures or slow ways to the same result. */

import { describe, expect, test } from "@jest/globals";
import * as calibration from "../../firmware/programs/calibration.js";
import * as change from "../../firmware/programs/change.js";
import { Quantile } from "../../firmware/programs/quantile.js";
import * as smoothing from "../../firmware/programs/smoothing.js";
import * as statistics from "../../firmware/programs/statistics.js";
import * as thinning from "../../firmware/programs/thinning.js";
import * as vibration from "../../firmware/programs/vibration.js";
import { seeded } from "../support/random.js";
import { tell, valuesOf } from "./support.js";

/** A signal of `count` samples. */
const signal = (count: number, at: (index: number) => number): number[] =>
  Array.from({ length: count }, (_, index) => at(index));

describe("calibration", () => {
  const platinum = {
    // DIN EN 60751: a Pt100's temperature from its resistance, here by a fit of second degree from 0 to 100 °C.
    constant: -244.83,
    linear: 2.3419,
    square: 0.0010664,
    lowest: 90,
    highest: 140,
  };

  test.each([
    [100, 0],
    [107.79, 20],
    [119.4, 50],
    [138.51, 100],
  ])("a Pt100 of %d ohms is at %d degrees", (ohms, degrees) => {
    const [told] = tell(calibration, [ohms], platinum);
    expect(told?.value).toBeCloseTo(degrees, 0);
  });

  test("values that the sensor cannot have measured are left out, with one alarm for all of them", () => {
    expect(tell(calibration, [1, 5, 6, 2])).toEqual([
      { output: "value", sample: 0, value: 1 },
      { output: "out-of-range", sample: 1, value: 1 },
      { output: "out-of-range", sample: 3, value: 0 },
      { output: "value", sample: 3, value: 2 },
    ]);
  });
});

describe("smoothing", () => {
  test("a step has arrived by 63.2 % after the time constant, and by 95.0 % after three", () => {
    const told = tell(
      smoothing,
      signal(200, (i) => (i === 0 ? 0 : 1)),
      { "time-constant": 30, "dead-band": 0 },
    );
    expect(told[30]?.value).toBeCloseTo(1 - Math.exp(-1), 6);
    expect(told[90]?.value).toBeCloseTo(1 - Math.exp(-3), 6);
  });

  test("within the dead band nothing is told, until the silence has lasted long enough", () => {
    const told = tell(
      smoothing,
      signal(100, (i) => 20 + 0.01 * (i % 2)),
      { "longest-silence": 40 },
    );
    expect(told.map(({ sample }) => sample)).toEqual([0, 40, 80]);
  });

  test("what is told is never further from the smooth value than the dead band", () => {
    const { seed, next } = seeded();
    const raw = signal(1000, () => 20 + 5 * next());
    const every = tell(smoothing, raw, { "dead-band": 0 });
    const told = tell(smoothing, raw, { "dead-band": 0.3 });
    const last = new Map(told.map(({ sample, value }) => [sample, value]));
    let known = 0;
    for (const { sample, value } of every) {
      known = last.get(sample) ?? known;
      if (Math.abs(known - value) > 0.3) throw new Error(`seed ${seed}, sample ${sample}`);
    }
    expect(told.length).toBeLessThan(every.length);
  });
});

describe("change", () => {
  const above = (raw: number[], config = {}): string[] =>
    tell(change, [...raw, ...signal(100 - raw.length, () => raw.at(-1) ?? 0)], config)
      .filter(({ output }) => output === "above")
      .map(({ sample, value }) => `${sample}: ${value}`);

  test.each([
    ["what stays is told when it has lasted", [0, 2, 2, 2, 2, 2], ["0: 0", "5: 1"]],
    ["bounces are not", [0, 2, 2, 2, 0, 2, 2, 2, 0], ["0: 0"]],
    ["the threshold itself is not above", [1], ["0: 0"]],
    ["within the hysteresis it stays", [2, 0.95], ["0: 1"]],
    ["below it, it does not", [2, 0.85], ["0: 1", "5: 0"]],
  ])("%s", (_, raw, expected) => {
    expect(above(raw)).toEqual(expected);
  });

  test("a level that rises by 20 m/s sets off the alarm, and ends it when it rests", () => {
    const raw = [
      ...signal(100, () => 0),
      ...signal(100, (i) => (i + 1) / 5),
      ...signal(100, () => 20),
    ];
    const told = tell(change, raw);
    expect(valuesOf(told, "too-fast")).toEqual([1, 0]);
    expect(valuesOf(told, "rate")).toEqual([20]);
  });
});

describe("statistics", () => {
  test("against sums made the slow way, for a seeded signal", () => {
    const { seed, next } = seeded();
    const raw = signal(600, () => 1000 + next());
    const told = tell(statistics, raw);
    const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
    const variance = raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / raw.length;
    const close: [string, number, number][] = [
      ["count", 600, 0],
      ["minimum", Math.min(...raw), 0],
      ["maximum", Math.max(...raw), 0],
      ["mean", mean, 1e-9],
      ["variance", variance, 1e-9],
      // P² estimates. The worst of 3,000 signals were off by 0.078, 0.038 and 0.026.
      ["median", 1000.5, 0.12],
      ["percentile-95", 1000.95, 0.06],
      ["percentile-99", 1000.99, 0.04],
    ];
    for (const [output, expected, error] of close) {
      const [value = NaN] = valuesOf(told, output);
      if (!(Math.abs(value - expected) <= error))
        throw new Error(`${output} is ${value}, not ${expected} ± ${error} (seed ${seed})`);
    }
  });

  test("every report begins anew", () => {
    const raw = signal(200, (i) => (i < 100 ? 5 : 7));
    expect(valuesOf(tell(statistics, raw, { windows: 1 }), "maximum")).toEqual([5, 7]);
  });

  test("Welford's variance does not drown in a large mean", () => {
    const raw = signal(100, (i) => 1e9 + (i % 2));
    expect(valuesOf(tell(statistics, raw, { windows: 1 }), "variance")).toEqual([0.25]);
  });
});

describe("P²", () => {
  // Table I of the paper: twenty observations, and the median it arrives at.
  const observations = [
    0.02, 0.15, 0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92, 34.6, 10.28, 1.47, 0.4, 0.05,
    11.39, 0.27, 0.42, 0.09, 11.37,
  ];

  test("the example of the paper: a median of 4.44", () => {
    const median = new Quantile(0.5);
    for (const value of observations) median.take(value);
    expect(median.estimate()).toBeCloseTo(4.44, 2);
  });

  test.each([
    [1, 0.02],
    [2, 0.02],
    [3, 0.15],
    [5, 0.74],
  ])("exact while there are no more than five: the median of the first %d", (count, expected) => {
    const median = new Quantile(0.5);
    for (const value of observations.slice(0, count)) median.take(value);
    expect(median.estimate()).toBe(expected);
  });
});

describe("vibration", () => {
  const RATE = 1000;
  const WINDOW = 256;
  const wave = (hertz: number, amplitude: number, offset = 0): number[] =>
    signal(WINDOW, (i) => offset + amplitude * Math.sin((2 * Math.PI * hertz * i) / RATE));

  test("a sine of amplitude 1 on top of gravity: rms √½, crest √2, all of it in its band", () => {
    const told = tell(vibration, wave(RATE / 16, 1, 9.81));
    expect(valuesOf(told, "rms")[0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(valuesOf(told, "crest")[0]).toBeCloseTo(Math.SQRT2, 2);
    expect(valuesOf(told, "band-2")[0]).toBeCloseTo(Math.SQRT1_2, 3);
    for (const band of ["band-1", "band-3", "band-4"])
      expect(valuesOf(told, band)[0]).toBeLessThan(0.01);
  });

  test("the bands against a transform made the slow way, for a seeded signal", () => {
    const { seed, next } = seeded();
    const raw = signal(WINDOW, () => 2 * next() - 1);
    const mean = raw.reduce((sum, value) => sum + value, 0) / WINDOW;
    const hann = signal(WINDOW, (i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW));
    const left = hann.reduce((sum, value) => sum + value * value, 0);
    const bands = [0, 0, 0, 0];
    for (let line = 1; line <= WINDOW / 2; line++) {
      let [real, imaginary] = [0, 0];
      raw.forEach((value, i) => {
        const angle = (2 * Math.PI * line * i) / WINDOW;
        real += (value - mean) * (hann[i] as number) * Math.cos(angle);
        imaginary -= (value - mean) * (hann[i] as number) * Math.sin(angle);
      });
      const hertz = (line * RATE) / WINDOW;
      const band = [50, 125, 250, RATE].findIndex((edge) => hertz < edge);
      const twins = line === WINDOW / 2 ? 1 : 2;
      (bands[band] as number) += (twins * (real ** 2 + imaginary ** 2)) / (WINDOW * left);
    }
    const told = tell(vibration, raw);
    bands.forEach((energy, band) => {
      const [value = NaN] = valuesOf(told, `band-${band + 1}`);
      if (!(Math.abs(value - Math.sqrt(energy)) < 1e-12))
        throw new Error(`band ${band + 1} is ${value}, not ${Math.sqrt(energy)} (seed ${seed})`);
    });
  });

  test("the alarm is raised once, and taken back", () => {
    const raw = [...wave(100, 1), ...wave(100, 50), ...wave(100, 50), ...wave(100, 1)];
    expect(valuesOf(tell(vibration, raw), "too-strong")).toEqual([1, 0]);
  });

  test("nothing that moves is nothing, and not NaN", () => {
    expect(valuesOf(tell(vibration, wave(0, 0, 9.75)), "crest")).toEqual([0]);
  });
});

describe("thinning", () => {
  test("straight lines between what is told are within the error of every sample", () => {
    const { seed, next } = seeded();
    let level = 20;
    const raw = signal(5_000, () => {
      level += (next() - 0.5) * 0.05;
      return level;
    });
    const told = tell(thinning, raw);
    for (let i = 1; i < told.length; i++) {
      const [from, to] = [told[i - 1], told[i]] as [(typeof told)[0], (typeof told)[0]];
      for (let sample = from.sample; sample <= to.sample; sample++) {
        const part = (sample - from.sample) / (to.sample - from.sample);
        const line = from.value + part * (to.value - from.value);
        if (Math.abs(line - (raw[sample] as number)) > 0.1 + 1e-9)
          throw new Error(`sample ${sample} is off the line (seed ${seed})`);
      }
    }
    expect(told.length).toBeLessThan(raw.length / 10);
  });

  test("a straight signal takes two points for as long as a line may be", () => {
    const told = tell(
      thinning,
      signal(1210, (i) => i / 10),
    );
    expect(told.map(({ sample }) => sample)).toEqual([0, 600, 1200]);
  });

  test("a point is told for the sample before the one that leaves the line", () => {
    const told = tell(thinning, [1, 1, 1, 5, 5, 5, 5, 5, 5, 5], { "longest-line": 9 });
    expect(told.map(({ sample, value }) => `${sample}: ${value.toFixed(1)}`)).toEqual([
      "0: 1.0",
      "2: 1.0",
      "3: 5.0",
    ]);
  });
});
