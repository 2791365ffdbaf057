/** The sensor programs of the box: what a sample costs in each of the engines, and what they take. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Chip } from "../../scripts/emulator.mjs";
import { BOX, PROGRAMS, PROGRAMS_FIRMWARE, PROGRAMS_HOST } from "../../scripts/programs.mjs";
import { root } from "../../scripts/run.mjs";
import { installEmulator, installPrograms } from "../../scripts/setup.mjs";
import { compileProgram } from "../../scripts/xs-program.mjs";
import { compare } from "./measure.mjs";

export const name = "programs";

const SPEED = "test/xs/programs/sensor-program-speed";

/** Windows of native code for XS on this machine, and for the emulated chip, which is a hundred times slower. */
const XS_WINDOWS = 5_000;
const CHIP_WINDOWS = 100;

export async function run() {
  if (!(await installEmulator()) || !(await installPrograms()))
    throw new Error(
      "this benchmark needs the XS host and the emulated chip; what is above says why they are not there",
    );
  const xs = byProgram(runXS());
  const chip = byProgram(await runChip());
  const rows = [];
  for (const program of BOX) {
    const { plain, wasm } = await inNode(program);
    const [interpreted, native] = ["interpreted", "native"].map((way) => xs[program][way]);
    const [onChip, nativeOnChip] = ["interpreted", "native"].map((way) => chip[program][way]);
    rows.push([
      program,
      ...[plain, wasm, interpreted, native, onChip, nativeOnChip],
      interpreted / native,
      onChip / nativeOnChip,
    ]);
  }
  return {
    tables: [
      {
        title: "nanoseconds for a sample; on the chip, instructions",
        columns: [
          ...["program", "V8", "WASM in V8", "XS interpreted", "XS native"],
          ...["rv32 interpreted", "rv32 native", "XS ratio", "rv32 ratio"],
        ],
        rows,
      },
      {
        title: "bytes",
        columns: ["program", "wasm for the chip", "rv32 code", "RAM on the chip"],
        rows: BOX.map(sizes),
      },
    ],
    notes: [
      "rv32imc has no unit for floating point: there, most of a sample is libgcc's arithmetic, however it is run.",
    ],
  };
}

/** A program as TypeScript and as the WebAssembly that native code is made of, by the same windows. */
async function inNode(program) {
  const [module, { describeProgram, PlainProgram }, { signalWindow }] = await Promise.all([
    import(join(root, `build/firmware/programs/${program}.js`)),
    import(join(root, "build/firmware/sensors/program.js")),
    import(join(root, "build/host-sim/programs/exercise.js")),
  ]);
  const description = describeProgram(module);
  const signal = [0, 1, 2, 3].map((index) => signalWindow(description, 0, index));
  const running = new PlainProgram(module);
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(readFileSync(join(PROGRAMS, `${program}.wasm`))),
    { env: { abort() {} } },
  );
  const memory = (at, length) => new Float64Array(exports.memory.buffer, at, length);
  const { parameters } = description;
  memory(exports.configAt(), parameters.length).set(parameters.map(({ usual }) => usual));
  exports.init();
  const input = memory(exports.windowAt(), signal[0].length);
  const done = (error) => {
    if (error) throw error;
  };
  const [plain, wasm] = compare([
    { name: "V8", run: () => signal.forEach((window) => void running.samples(window, done)) },
    {
      name: "WASM",
      run: () =>
        signal.forEach((window) => {
          input.set(window);
          exports.samples();
        }),
    },
  ]);
  const samples = signal.length * signal[0].length;
  return { plain: (plain.ms * 1e6) / samples, wasm: (wasm.ms * 1e6) / samples };
}

function runXS() {
  const { archive, main } = compileProgram(SPEED);
  const folder = mkdtempSync(join(tmpdir(), "pipit-bench-"));
  const settings = join(folder, "settings.json");
  writeFileSync(settings, JSON.stringify({ windows: XS_WINDOWS }));
  const { status, stdout, stderr } = spawnSync(
    PROGRAMS_HOST,
    ["--board", "esp32", archive, main, settings],
    { encoding: "utf8" },
  );
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error(`the XS host ended with status ${status}: ${stderr}`);
  return stdout.split("\n");
}

async function runChip() {
  if (!existsSync(PROGRAMS_FIRMWARE)) throw new Error(`${PROGRAMS_FIRMWARE} is not there`);
  const chip = new Chip({
    program: compileProgram(SPEED),
    settings: { windows: CHIP_WINDOWS },
    firmware: PROGRAMS_FIRMWARE,
  });
  const status = await chip.ended;
  if (status !== 0)
    throw new Error(`the chip ended with status ${status}: ${chip.lines.join("\n")}`);
  return chip.lines;
}

/** Nanoseconds for a sample, by program and way. The chip's clock shows a nanosecond for each instruction. */
function byProgram(lines) {
  const found = {};
  for (const line of lines.filter((line) => line.includes('"way"'))) {
    const { program, way, samples, ms } = JSON.parse(line);
    found[program] ??= {};
    found[program][way] = (ms * 1e6) / samples;
  }
  return found;
}

/** The wasm that native code is made of; its code on the chip, with what calls it; and its memory. */
function sizes(program) {
  const folder = join(root, "build/emulator-programs/extra");
  const objects = [`${program}.o`, `${program}-program.o`].map((file) => join(folder, file));
  const { stdout } = spawnSync("riscv64-unknown-elf-size", objects, { encoding: "utf8" });
  const code = stdout
    .trim()
    .split("\n")
    .slice(1)
    .reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[0]), 0);
  const [, memory] = readFileSync(join(PROGRAMS, `${program}-program.c`), "utf8").match(
    /#define MEMORY (\d+)/,
  );
  return [program, readFileSync(join(PROGRAMS, `${program}.wasm`)).length, code, Number(memory)];
}
