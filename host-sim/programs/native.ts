/**
 * Sensor programs as C, to be compiled into a firmware: WebAssembly by AssemblyScript, C by wabt's wasm2c, and
 * what firmware/programs/native needs to know of them.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Description } from "../../firmware/programs/description.js";
import { MOST_RECORDS } from "../../firmware/sensors/program.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { compileRaw } from "./compile.js";

/** What firmware/programs/native/program.c is compiled with for a program. */
export interface NativeProgram {
  readonly name: string;
  /** The C file, and the macros, without -D. */
  readonly source: string;
  readonly macros: Readonly<Record<string, string | number>>;
  readonly wasmBytes: number;
}

/**
 * Writes `NAME.c` and `NAME.h` into a folder.
 * @param path the program's source
 * @throws ConfigError `program` when it does not compile, or wasm2c is not there
 */
export async function translate(
  path: string,
  description: Description,
  folder: string,
): Promise<NativeProgram> {
  const { name, window, inputs, parameters } = description;
  const sizes = {
    window: window * inputs.length,
    parameters: parameters.length,
    records: MOST_RECORDS,
  };
  const wasm = await compileRaw(path, sizes);
  mkdirSync(folder, { recursive: true });
  const base = join(folder, name);
  writeFileSync(`${base}.wasm`, wasm);
  const identifier = name.replaceAll("-", "_");
  const { error, status, stderr } = spawnSync(
    "wasm2c",
    [`${base}.wasm`, "-n", identifier, "-o", `${base}.c`],
    { encoding: "utf8" },
  );
  if (error !== undefined)
    throw new ConfigError("program", "wasm2c is not there; Debian has it in the package wabt");
  if (status !== 0) throw new ConfigError("program", `wasm2c failed:\n${stderr}`);
  return {
    name,
    source: `${base}.c`,
    macros: {
      PROGRAM: identifier,
      LABEL: JSON.stringify(name),
      HEADER: JSON.stringify(`${name}.h`),
      MEMORY: memoryNeeded(wasm),
      WINDOW: sizes.window,
      PARAMETERS: sizes.parameters,
      RECORDS: sizes.records,
    },
    wasmBytes: wasm.length,
  };
}

/** The C of the list of all programs of a firmware (`program.h`). */
export function listOf(programs: readonly NativeProgram[]): string {
  const identifiers = programs.map(({ macros }) => `program_${macros.PROGRAM}`);
  return [
    '#include "program.h"',
    ...identifiers.map((name) => `extern const struct program ${name};`),
    `const struct program* const programs[] = {${[...identifiers.map((name) => `&${name}`), "NULL"].join(", ")}};`,
    "",
  ].join("\n");
}

/** Found by beginning it once: all memory is taken by the end of `init`. A multiple of 16. */
function memoryNeeded(wasm: Uint8Array): number {
  const abort = (): never => {
    throw new ConfigError("program", "it fails as it begins");
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { abort } });
  const { init, memoryUsed } = instance.exports;
  init?.();
  return Math.ceil((memoryUsed?.() ?? 0) / 16) * 16;
}
