/**
 * What simulated sensors measure. A value follows from the seed and from which sample it is, not from the
 * clock: the same fleet file gives the same readings each time, however late a busy machine takes them.
 */

import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Random } from "../../firmware/sensors/random.js";
import type { Sample } from "../../firmware/sensors/sensor.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { readColumn } from "./csv.js";
import { milliseconds, share } from "./time.js";

/** One generator as a fleet file has it; a list of them is added up. */
export type GeneratorSpec =
  | number
  | readonly GeneratorSpec[]
  | {
      readonly sine?: { mean?: number; amplitude: number; period: string; phase?: string };
      readonly daily?: { mean?: number; amplitude: number; peak?: string };
      readonly walk?: { from?: number; step: number; min?: number; max?: number };
      readonly drift?: { from?: number; "per-hour": number };
      readonly noise?: { mean?: number; deviation: number };
      readonly step?: { values: readonly number[]; every: string };
      readonly replay?: { file: string; column?: string; every?: string };
      readonly module?: { file: string; options?: object };
    };

/**
 * Gives a sample, or a word that says why there is none.
 * @param index which sample it is, from 0
 * @param time seconds from the first sample to this one, by the interval
 */
export type Generator = (index: number, time: number) => Sample;

/** Whose values are to be generated. */
export interface GeneratorContext {
  /** Of one channel of one device. */
  readonly seed: number;
  /** The device's number and type, for modules. */
  readonly number: number;
  readonly type: string;
}

/** Makes the generators of all devices that have the same specification. */
export type GeneratorFactory = (context: GeneratorContext) => Generator;

/** What a module exports as its default: it is called for each device, and what it returns for each sample. */
export type GeneratorModule = (
  context: GeneratorContext & { readonly options: object; random(): number },
) => (time: number, index: number) => Sample;

const DAY = 24 * 3600;

/** When a day is warmest, if nothing else is said: 14 hours after it began. */
const PEAK = "14h";

/**
 * Reads what a specification names, once for all devices.
 * @param folder what the paths of files are relative to
 * @throws ConfigError `replay` or `module` for files that cannot be used
 */
export async function prepareGenerator(
  spec: GeneratorSpec,
  folder: string,
): Promise<GeneratorFactory> {
  if (typeof spec === "number") return () => () => spec;
  if (isList(spec)) {
    const factories = await Promise.all(spec.map((each) => prepareGenerator(each, folder)));
    return (context) =>
      total(
        factories.map((make, i) =>
          make({ ...context, seed: new Random(context.seed).at(i) * 2 ** 32 }),
        ),
      );
  }
  const { sine, daily, walk, drift, noise, step, replay, module } = spec;
  if (sine !== undefined) {
    const { mean = 0, amplitude, phase = "0%" } = sine;
    const period = milliseconds(sine.period) / 1000;
    return () => (_, time) =>
      mean + amplitude * Math.sin(2 * Math.PI * (time / period + share(phase)));
  }
  if (daily !== undefined) {
    const { mean = 0, amplitude, peak = PEAK } = daily;
    const warmest = milliseconds(peak) / 1000;
    return () => (_, time) => mean + amplitude * Math.cos((2 * Math.PI * (time - warmest)) / DAY);
  }
  if (walk !== undefined) return ({ seed }) => randomWalk(new Random(seed), walk);
  if (drift !== undefined) {
    const { from = 0, "per-hour": slope } = drift;
    return () => (_, time) => from + (slope * time) / 3600;
  }
  if (noise !== undefined) {
    const { mean = 0, deviation } = noise;
    return ({ seed }) => {
      const random = new Random(seed);
      return (index) => mean + deviation * bell(random, index);
    };
  }
  if (step !== undefined) {
    const every = milliseconds(step.every) / 1000;
    return () => (_, time) => step.values[Math.floor(time / every) % step.values.length] as number;
  }
  if (replay !== undefined) {
    const rows = readColumn(inFolder(replay.file, folder), replay.column);
    const every = replay.every === undefined ? undefined : milliseconds(replay.every) / 1000;
    return () => (index, time) => {
      const row = every === undefined ? index : Math.floor(time / every);
      const value = rows[row % rows.length] as number;
      return Number.isNaN(value) ? "no-sample" : value;
    };
  }
  return fromModule(inFolder(module?.file ?? "", folder), module?.options ?? {});
}

function isList(spec: object): spec is readonly GeneratorSpec[] {
  return Array.isArray(spec);
}

/** The sum, or the first word that says why there is none. */
function total(generators: readonly Generator[]): Generator {
  return (index, time) => {
    let sum = 0;
    for (const generate of generators) {
      const sample = generate(index, time);
      if (typeof sample === "string") return sample;
      sum += sample;
    }
    return sum;
  };
}

/** Steps of up to `step` up or down, turned back at the bounds. */
function randomWalk(
  random: Random,
  walk: { from?: number; step: number; min?: number; max?: number },
): Generator {
  const { step, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = walk;
  const start = Math.min(Math.max(walk.from ?? 0, min), max);
  let at = 0;
  let value = start;
  return (index) => {
    if (index < at) [at, value] = [0, start];
    for (; at < index; at++) {
      const next = value + (2 * random.at(at) - 1) * step;
      const turned = next > max ? 2 * max - next : next < min ? 2 * min - next : next;
      value = Math.min(Math.max(turned, min), max);
    }
    return value;
  };
}

/**
 * Nearly normal, with mean 0 and deviation 1: the sum of twelve uniform numbers (Irwin-Hall), because
 * logarithms are not the same to the last bit on every engine.
 */
function bell(random: Random, index: number): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random.at(12 * index + i);
  return sum;
}

async function fromModule(path: string, options: object): Promise<GeneratorFactory> {
  let make: GeneratorModule;
  try {
    ({ default: make } = await import(pathToFileURL(path).href));
  } catch (error) {
    throw new ConfigError("module", `${path} cannot be loaded: ${(error as Error).message}`);
  }
  if (typeof make !== "function")
    throw new ConfigError(
      "module",
      `${path} has no function as its default export: write export default (device) => (time) => value`,
    );
  return (context) => {
    const random = new Random(context.seed);
    const generate = make({ ...context, options, random: () => random.next() });
    if (typeof generate !== "function")
      throw new ConfigError("module", `${path} returns no function for a device`);
    return (index, time) => {
      try {
        return generate(time, index);
      } catch (error) {
        return `failed: ${String(error).slice(0, 100)}`;
      }
    };
  };
}

/** A path as a fleet file has it: relative to the file. */
export function inFolder(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}
