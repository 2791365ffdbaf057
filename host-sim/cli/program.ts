import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import type { Description } from "../../firmware/programs/description.js";
import { PlainProgram, type ProgramModule } from "../../firmware/sensors/program.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import type { Forms } from "../programs/check.js";
import { collectNumbers, integerFrom } from "./arguments.js";
import { EXIT, EXIT_HELP } from "./report.js";

// Compilers take long to load, and the other commands do not need them.
const checks = () => import("../programs/check.js");
const openFile = async (path: string) =>
  (await import("../programs/program-file.js")).ProgramFile.open(path);

export function programCommand(): Command {
  const command = new Command("program")
    .description("Write, try and build sensor programs: what a device does with its samples.")
    .addHelpText(
      "after",
      `
A program is one file of AssemblyScript that is TypeScript too. It runs in the simulator as WebAssembly and on
a chip as native code, with the same bits out. docs/programs.md says how to write one.

Example:
  pipit program new vibration
  pipit program test vibration/vibration.ts
  pipit program build vibration/vibration.ts
  pipit simulate --program vibration/vibration.wasm --jid dev%i@example.org${EXIT_HELP}`,
    );
  command.addCommand(newCommand());
  command.addCommand(testCommand());
  command.addCommand(buildCommand());
  command.addCommand(showCommand());
  return command;
}

function newCommand(): Command {
  const command = new Command("new")
    .description("Begin a program: makes a folder with a small one to change.")
    .argument("<name>", "its name: small letters, digits and -")
    .option("--folder <path>", "where to make the folder", ".")
    .addHelpText("after", "\nExample: pipit program new vibration")
    .action(async (name: string) => {
      if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
        throw new ConfigError(
          "name",
          `${name} is not small letters, digits and -, the first a letter`,
        );
      const folder = join(command.opts<{ folder: string }>().folder, name);
      if (existsSync(folder)) throw new ConfigError("name", `${folder} is there already`);
      const { newProgram } = await import("../programs/template.js");
      mkdirSync(folder, { recursive: true });
      for (const [file, text] of newProgram(name)) writeFileSync(join(folder, file), text);
      console.log(`made ${folder}; try it with: pipit program test ${join(folder, name)}.ts`);
    });
  return command;
}

interface TestOptions {
  seed: number;
  signals: number;
  samples?: string;
  set?: Record<string, number>;
  json?: boolean;
}

function testCommand(): Command {
  const command = new Command("test")
    .description(
      "Look for what is not portable, run seeded signals through the program as TypeScript and as WebAssembly and compare every bit, and show what it makes of samples.",
    )
    .argument("<file.ts>", "the program")
    .option("--signals <count>", "how many seeded signals", integerFrom(1, 100_000), 50)
    .option("--seed <number>", "the first of them", integerFrom(0, 2 ** 31 - 1), 1)
    .option("--samples <file.csv>", "samples to show it at work (default: samples.csv beside it)")
    .option("--set <name=value>", "a parameter, for those samples; may be repeated", collectNumbers)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Example: pipit program test heat/heat.ts --set hottest=24

Exit status: 0 the same everywhere; 1 not the same; 2 wrong usage, or not portable.`,
    )
    .action(async (path: string) => {
      const options = command.opts<TestOptions>();
      const { compare, requirePortable, withForms } = await checks();
      const { loadPlain } = await import("../programs/plain.js");
      requirePortable(path);
      // What takes long comes last.
      const told = tryOut(await loadPlain(path), path, options);
      await withForms(path, async (forms) => {
        const different: string[] = [];
        for (let i = 0; i < options.signals; i++)
          different.push(...(await compare(forms, options.seed + i)));
        if (different.length > 0) process.exitCode = EXIT.failed;
        if (options.json) {
          const { description, wasmBytes } = forms;
          console.log(
            JSON.stringify({ description, wasmBytes, signals: options.signals, different, told }),
          );
        } else say(forms, options, different, told);
      });
    });
  return command;
}

/** A record as people read it. */
interface Told {
  readonly sample: number;
  readonly output: string;
  readonly value: number;
}

function say(
  { description, wasmBytes }: Forms,
  options: TestOptions,
  different: string[],
  told: Told[],
): void {
  const { name, version } = description;
  console.log(`${name} ${version} is portable; ${wasmBytes} bytes of WebAssembly`);
  for (const line of different.slice(0, 10)) console.log(line);
  const to = options.seed + options.signals - 1;
  console.log(
    different.length === 0
      ? `the same to the last bit for signals ${options.seed} to ${to}`
      : `${different.length} windows differ`,
  );
  for (const { sample, output, value } of told) console.log(`sample ${sample}: ${output} ${value}`);
}

/** Runs samples from a file through the program, in whole windows. */
function tryOut(module: ProgramModule, path: string, options: TestOptions): Told[] {
  const running = new PlainProgram(module, options.set);
  const beside = join(dirname(path), "samples.csv");
  const file = options.samples ?? (existsSync(beside) ? beside : undefined);
  if (file === undefined) return [];
  const { inputs, outputs, window } = running.description;
  const size = window * inputs.length;
  const samples = readSamples(file, inputs.length);
  if (samples.length < size)
    throw new ConfigError(
      "samples",
      `${file} has ${samples.length / inputs.length} samples; a window has ${window}`,
    );
  const told: Told[] = [];
  for (let start = 0; start + size <= samples.length; start += size)
    running.samples(Float64Array.from(samples.slice(start, start + size)), (error, records) => {
      if (error !== undefined) throw error;
      for (let at = 0; at < records.length; at += 3) {
        const [output = 0, sample = 0, value = 0] = records.subarray(at, at + 3);
        told.push({
          sample: start / inputs.length + sample,
          output: outputs[output]?.name ?? "",
          value,
        });
      }
    });
  return told;
}

function readSamples(file: string, columns: number): number[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(
      "samples",
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const values = line.split(",").map((cell) => (cell.trim() === "" ? Number.NaN : Number(cell)));
    if (values.length === columns && values.every(Number.isFinite)) return values;
    throw new ConfigError(
      "samples",
      `${file}, line ${index + 1}: there should be ${columns} numbers, with commas between them`,
    );
  });
}

interface BuildOptions {
  output?: string;
  native?: string;
  json?: boolean;
}

function buildCommand(): Command {
  const command = new Command("build")
    .description("Compile a program for the simulator, or for a chip.")
    .argument("<file.ts>", "the program")
    .option("-o, --output <file.wasm>", "where to write it (default: beside the program)")
    .option("--native <folder>", "write C for a firmware instead (needs wasm2c)")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample: pipit program build heat/heat.ts -o heat.wasm")
    .action(async (path: string) => {
      const options = command.opts<BuildOptions>();
      const { requirePortable } = await checks();
      requirePortable(path);
      const result =
        options.native === undefined
          ? await buildWasm(path, options.output ?? path.replace(/\.ts$/, ".wasm"))
          : await buildNative(path, options.native);
      console.log(
        options.json
          ? JSON.stringify(result)
          : `wrote ${result.files.join(", ")} (${result.wasmBytes} bytes of WebAssembly)`,
      );
    });
  return command;
}

interface Built {
  readonly files: readonly string[];
  readonly wasmBytes: number;
}

async function buildWasm(path: string, file: string): Promise<Built> {
  const { compileForSimulator } = await import("../programs/compile.js");
  const wasm = await compileForSimulator(path);
  writeFileSync(file, wasm);
  const opened = await openFile(file); // what the simulator would refuse is better refused now
  await opened.close();
  return { files: [file], wasmBytes: wasm.length };
}

async function buildNative(path: string, folder: string): Promise<Built> {
  const [{ withForms }, { listOf, translate }] = await Promise.all([
    checks(),
    import("../programs/native.js"),
  ]);
  return withForms(path, async ({ description }) => {
    const native = await translate(path, description, resolve(folder));
    writeFileSync(join(folder, "programs.c"), listOf([native]));
    return { files: native.files, wasmBytes: native.wasmBytes };
  });
}

function showCommand(): Command {
  const command = new Command("show")
    .description("Say what a program takes and gives.")
    .argument("<file.wasm>", "the program")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample: pipit program show heat/heat.wasm")
    .action(async (path: string) => {
      const file = await openFile(path);
      await file.close();
      const { description } = file;
      console.log(
        command.opts<{ json?: boolean }>().json
          ? JSON.stringify(description)
          : inWords(description),
      );
    });
  return command;
}

function inWords({
  name,
  version,
  rate,
  window,
  inputs,
  outputs,
  parameters,
}: Description): string {
  const quantity = ({ name, unit, isAlarm }: Description["inputs"][0]) =>
    `${name}${unit === "" ? "" : ` (${unit})`}${isAlarm ? " (alarm)" : ""}`;
  return [
    `${name} ${version}: windows of ${window} samples, ${rate} a second`,
    `takes ${inputs.map(quantity).join(", ")}`,
    `gives ${outputs.map(quantity).join(", ")}`,
    ...parameters.map(
      ({ name, least, most, usual }) => `  ${name} = ${usual}, from ${least} to ${most}`,
    ),
  ].join("\n");
}
