/// <reference path="../../host-sim/programs/webassembly.d.ts" />

import { beforeAll, describe, expect, test } from "@jest/globals";
import * as calibration from "../../firmware/programs/calibration.js";
import * as change from "../../firmware/programs/change.js";
import * as smoothing from "../../firmware/programs/smoothing.js";
import * as statistics from "../../firmware/programs/statistics.js";
import * as thinning from "../../firmware/programs/thinning.js";
import * as vibration from "../../firmware/programs/vibration.js";
import {
  configure,
  describeProgram,
  PlainProgram,
  type Running,
} from "../../firmware/sensors/program.js";
import {
  type Compiler,
  compileForSimulator,
  compileRaw,
  currentCompiler,
  pinnedCompiler,
} from "../../host-sim/programs/compile.js";
import { exercise } from "../../host-sim/programs/exercise.js";
import { BOX } from "../../host-sim/programs/sources.js";
import { WasmProgram } from "../../host-sim/programs/wasm.js";
import { seeded } from "../support/random.js";

const PROGRAMS = { calibration, change, smoothing, statistics, thinning, vibration };

const pathOf = (name: string) => `${BOX}/${name}.ts`;

describe.each(Object.entries(PROGRAMS))("%s", (name, module) => {
  const description = describeProgram(module);
  let wasm: Uint8Array;

  beforeAll(async () => {
    wasm = await compileForSimulator(pathOf(name));
  });

  test("describes itself from WebAssembly as from TypeScript", () => {
    expect(new WasmProgram(wasm, name).description).toEqual(description);
  });

  test("says the same as WebAssembly and as TypeScript, to the last bit", () => {
    const { seed, int } = seeded();
    for (let signal = 0; signal < 10; signal++) {
      const number = int(2 ** 31);
      const program = new WasmProgram(wasm, name);
      program.init(configure(description, {}));
      const running: Running = {
        samples: (window, done) => done(undefined, program.samples(window)),
        close: () => {},
      };
      const results: string[][] = [];
      exercise(description, new PlainProgram(module), number, (lines) => results.push(lines));
      exercise(description, running, number, (lines) => results.push(lines));
      if (String(results[0]) !== String(results[1]))
        throw new Error(`signal ${number} (seed ${seed}):\n${results[0]}\n${results[1]}`);
    }
  });

  test("compiles with the present AssemblyScript as well, to the same results", async () => {
    const sizes = {
      window: description.window * description.inputs.length,
      parameters: description.parameters.length,
      records: 64,
    };
    const run = async (compiler: Compiler): Promise<string[]> => {
      const raw = await compileRaw(pathOf(name), sizes, compiler);
      let lines: string[] = [];
      exercise(description, rawProgram(raw, configure(description, {})), 7, (result) => {
        lines = result;
      });
      return lines;
    };
    expect(await run(await currentCompiler())).toEqual(await run(await pinnedCompiler()));
  });
});

/** Calls what is made for native code, as program.c does. */
function rawProgram(wasm: Uint8Array, config: Float64Array): Running {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), {
    env: { abort() {} },
  });
  const call = (name: string): number => (exports[name] as () => number)();
  const view = (at: string, length: number): Float64Array =>
    new Float64Array(
      (exports.memory as unknown as { buffer: ArrayBuffer }).buffer,
      call(at),
      length,
    );
  view("configAt", config.length).set(config);
  call("init");
  return {
    samples(window, done) {
      view("windowAt", window.length).set(window);
      done(undefined, view("recordsAt", 3 * call("samples")));
    },
    close() {},
  };
}
