/**
 * Sensor programs as C, to be compiled into a firmware: WebAssembly by AssemblyScript, C by wabt's wasm2c, and
 * what firmware/programs/native needs to know of them.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Description } from "../../firmware/programs/description.js";
import { MOST_RECORDS } from "../../firmware/sensors/program.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { compileRaw } from "./compile.js";

export interface NativeProgram {
  readonly name: string;
  /** C files to compile, beside those of firmware/programs/native. */
  readonly files: readonly string[];
  /** What the program needs, in bytes, once it has begun. */
  readonly memory: number;
  readonly wasmBytes: number;
}

/**
 * Writes a program's C into a folder.
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
  const memory = memoryNeeded(wasm);
  mkdirSync(folder, { recursive: true });
  const base = join(folder, name);
  writeFileSync(`${base}.wasm`, wasm);
  runWasm2c(`${base}.wasm`, identifierOf(name), `${base}.c`);
  const code = readFileSync(`${base}.c`, "utf8");
  writeFileSync(`${base}.c`, `#include "wasm-access.h"\n${code}`);
  writeFileSync(
    `${base}-program.c`,
    [
      `#define PROGRAM ${identifierOf(name)}`,
      `#define LABEL "${name}"`,
      `#define HEADER "${name}.h"`,
      `#define MEMORY ${memory}`,
      ...Object.entries(sizes).map(([size, value]) => `#define ${size.toUpperCase()} ${value}`),
      '#include "program.c"',
      "",
    ].join("\n"),
  );
  return { name, files: [`${base}.c`, `${base}-program.c`], memory, wasmBytes: wasm.length };
}

function runWasm2c(wasm: string, name: string, output: string): void {
  const { error, status, stderr } = spawnSync("wasm2c", [wasm, "-n", name, "-o", output], {
    encoding: "utf8",
  });
  if (error !== undefined)
    throw new ConfigError("program", "wasm2c is not there; Debian has it in the package wabt");
  if (status !== 0) throw new ConfigError("program", `wasm2c failed:\n${stderr}`);
}

/** A program's name in C. */
function identifierOf(name: string): string {
  return name.replaceAll("-", "_");
}

/** The C of the list of all programs of a firmware (`program.h`). */
export function listOf(programs: readonly NativeProgram[]): string {
  const identifiers = programs.map(({ name }) => `program_${identifierOf(name)}`);
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
