/** What simulated sensors measure: by the seed, and as described. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type GeneratorSpec, prepareGenerator } from "../../host-sim/fleet/generators.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The first samples, one in a second. */
async function samples(spec: GeneratorSpec, count: number, seed = 1): Promise<unknown[]> {
  const make = await prepareGenerator(spec, folder);
  const generate = make({ seed, number: 1, type: "a" });
  return Array.from({ length: count }, (_, i) => generate(i, i));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe("without chance", () => {
  test.each<[string, GeneratorSpec, unknown[]]>([
    ["a constant", 21.5, [21.5, 21.5, 21.5]],
    ["a sine", { sine: { mean: 10, amplitude: 2, period: "4s" } }, [10, 12, 10, 8, 10]],
    ["a sine with a phase", { sine: { amplitude: 1, period: "4s", phase: "25%" } }, [1, 0, -1, 0]],
    ["a day, at its peak first", { daily: { mean: 5, amplitude: 3, peak: "0s" } }, [8]],
    ["drift", { drift: { from: 1, "per-hour": 3600 } }, [1, 2, 3]],
    ["steps", { step: { values: [1, 5], every: "2s" } }, [1, 1, 5, 5, 1]],
    ["a sum", [1, { drift: { "per-hour": 3600 } }], [1, 2, 3]],
  ])("%s", async (_, spec, expected) => {
    const found = await samples(spec, expected.length);
    expected.forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value as number, 9);
    });
  });

  test("a day has its trough twelve hours after its peak", async () => {
    const make = await prepareGenerator({ daily: { mean: 5, amplitude: 3, peak: "14h" } }, folder);
    const generate = make({ seed: 1, number: 1, type: "a" });
    expect(generate(0, 14 * 3600)).toBeCloseTo(8, 9);
    expect(generate(0, 2 * 3600)).toBeCloseTo(2, 9);
  });
});

describe("by chance", () => {
  const NOISE = { noise: { mean: 3, deviation: 2 } };
  const WALK = { walk: { from: 5, step: 1, min: 0, max: 10 } };

  test.each<[string, GeneratorSpec]>([
    ["noise", NOISE],
    ["a walk", WALK],
    ["a sum of two", [NOISE, NOISE]],
  ])("%s: the same seed gives the same samples, another gives others", async (_, spec) => {
    const first = await samples(spec, 100, 7);
    expect(await samples(spec, 100, 7)).toEqual(first);
    expect(await samples(spec, 100, 8)).not.toEqual(first);
  });

  test("noise has its mean and deviation", async () => {
    const values = (await samples(NOISE, 10_000)) as number[];
    expect(Math.abs(mean(values) - 3)).toBeLessThan(0.1);
    const deviation = Math.sqrt(mean(values.map((value) => (value - 3) ** 2)));
    expect(Math.abs(deviation - 2)).toBeLessThan(0.1);
  });

  test("what is added up is drawn by itself", async () => {
    const values = (await samples([NOISE, NOISE], 10_000)) as number[];
    const deviation = Math.sqrt(mean(values.map((value) => (value - 6) ** 2)));
    expect(Math.abs(deviation - 2 * Math.SQRT2)).toBeLessThan(0.1);
  });

  test("a walk goes step by step, within its bounds, and gets about", async () => {
    const values = (await samples(WALK, 5_000)) as number[];
    expect(values[0]).toBe(5);
    for (const [i, value] of values.entries())
      expect(Math.abs(value - (values[i - 1] ?? 5))).toBeLessThanOrEqual(1);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThanOrEqual(10);
    expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(8);
  });

  test("a walk that is asked for an earlier sample gives the same again", async () => {
    const generate = (await prepareGenerator(WALK, folder))({ seed: 1, number: 1, type: "a" });
    const later = generate(50, 50);
    generate(3, 3);
    expect(generate(50, 50)).toBe(later);
  });
});

describe("recordings", () => {
  test.each<[string, string, object, unknown[]]>([
    ["the last column", "1\n2\n3\n", {}, [1, 2, 3, 1]],
    ["a column by name", "t,w,x\n0,5,9\n1,6,9\n", { column: "w" }, [5, 6, 5]],
    ["quotes and other line ends", '"a, b","w"\r\n"x ""y""",7\r\n', { column: "w" }, [7]],
    ["gaps, which are no samples", "w\n1\n\n3\n", {}, [1, 3]],
    ["fields that are no numbers", "t,w\n0,1\n1,\n2,off\n", {}, [1, "no-sample", "no-sample"]],
    ["by time", "1\n2\n", { every: "2s" }, [1, 1, 2, 2, 1]],
  ])("%s", async (_, text, options, expected) => {
    await writeFile(join(folder, "r.csv"), text);
    const spec = { replay: { file: "r.csv", ...options } };
    expect(await samples(spec, expected.length)).toEqual(expected);
  });

  test.each<[string, string, object, string]>([
    ["no such column", "t,w\n0,1\n", { column: "x" }, "has no column x; it has t, w"],
    ["no numbers", "t,w\n0,a\n", {}, "has no number in column 2"],
    ["an open quotation mark", '1\n"2\n', {}, "a quotation mark in line 2 is not where it may be"],
  ])("%s is an error", async (_, text, options, says) => {
    await writeFile(join(folder, "r.csv"), text);
    const prepared = prepareGenerator({ replay: { file: "r.csv", ...options } }, folder);
    await expect(prepared).rejects.toThrow(says);
  });
});
