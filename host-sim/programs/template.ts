/** What `pipit program new` writes: a small program that does something, to be changed. */

import { BOX } from "./sources.js";

/** The files of a new program, by their names. */
export function newProgram(name: string): ReadonlyMap<string, string> {
  return new Map([
    [`${name}.ts`, program(name)],
    [
      "samples.csv",
      "# One line for each sample, one column for each input.\n20\n21\n20.5\n35\n34\n20\n20\n21\n",
    ],
    ["tsconfig.json", `${JSON.stringify(TSCONFIG, undefined, 2)}\n`],
  ]);
}

/** For editors: where the types are. */
const TSCONFIG = {
  compilerOptions: {
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    strict: true,
    noEmit: true,
    verbatimModuleSyntax: true,
    types: [],
    paths: { "pipit/programs/*.js": [`${BOX}/*.ts`] },
  },
  include: ["."],
};

const program = (name: string): string => `/**
 * Tells the mean of four samples, and raises an alarm above a threshold.
 *
 * This is AssemblyScript and TypeScript at once. Numbers are f64, or i32 where they are whole: indexes and
 * counts. All memory is taken in the constructor. \`pipit program test ${name}.ts\` says what else there is.
 */

import type { Description } from "pipit/programs/description.js";
import type { Records } from "pipit/programs/records.js";
import type { f64, i32 } from "pipit/programs/types.js";

export function describe(description: Description): void {
  description.program("${name}", "0.1.0");
  description.sampled(1, 4); // samples a second, and how many make a window
  description.input("raw", "Cel");
  description.output("mean", "Cel"); // output 0
  description.alarm("too-hot"); // output 1
  description.parameter("hottest", -100, 1000, 30); // config[0]: least, most, usual
}

export class Program {
  private readonly hottest: f64;
  private alarm: boolean = false;

  constructor(config: Float64Array) {
    this.hottest = config[0];
  }

  samples(window: Float64Array, records: Records): void {
    let sum: f64 = 0;
    for (let i: i32 = 0; i < window.length; i++) sum += window[i];
    const mean: f64 = sum / window.length;
    const last: i32 = window.length - 1;
    records.add(0, last, mean);

    const alarm: boolean = mean > this.hottest;
    if (alarm !== this.alarm) records.add(1, last, alarm ? 1 : 0);
    this.alarm = alarm;
  }
}
`;
