/**
 * A sensor program from a `.wasm` file. The one place that knows as-bind: nobody keeps it any more, and it
 * works with AssemblyScript up to 0.19 only. What it is good for is that the types of what the file exports
 * are in the file itself, so that no JavaScript has to come with it.
 *
 * The file is a stranger's. What it wants is looked at before anything of it runs; and it runs in a thread of
 * its own (worker.ts), for an endless loop cannot be stopped from within.
 */

import asBind from "as-bind/dist/as-bind.cjs.js";
import type { Description } from "../../firmware/programs/description.js";
import { checkRecords } from "../../firmware/sensors/program.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { MOST_PAGES } from "./compile.js";
import { readDescription } from "./description.js";
import { memoryBounds, tableBounds } from "./wasm-memory.js";

const FUNCTIONS = ["description", "init", "samples"];

/** Entries in a table of functions. */
const MOST_FUNCTIONS = 1_000;

export class WasmProgram {
  readonly description: Description;
  readonly #exports: Record<string, (...values: unknown[]) => unknown>;

  /**
   * Runs what the file does at its start, and asks it for its description.
   * @param file its name, for errors
   * @throws ConfigError `program` for a file that is not a program, or wants what it must not have
   */
  constructor(bytes: Uint8Array, file: string) {
    inspect(bytes, file);
    try {
      this.#exports = asBind.instantiateSync(bytes, { env: { abort } }).exports;
    } catch (error) {
      throw new ConfigError("program", `${file} cannot be loaded: ${(error as Error).message}`);
    }
    this.description = readDescription(String(this.#call("description")), file);
  }

  init(config: Float64Array): void {
    this.#call("init", config);
  }

  /** @returns three numbers for each record. @throws ConfigError `program` for what it must not do */
  samples(window: Float64Array): Float64Array {
    const result = this.#call("samples", window);
    // A view into the program's memory, which it will use again.
    const numbers = result instanceof Float64Array ? result.slice() : new Float64Array([-1]);
    const [count = -1] = numbers;
    const records = numbers.subarray(1);
    if (!(Number.isInteger(count) && count >= 0))
      throw new ConfigError("program", `${this.description.name} gave no records`);
    checkRecords(this.description, count, records);
    return records;
  }

  #call(name: string, ...values: unknown[]): unknown {
    try {
      return this.#exports[name]?.(...values);
    } catch (error) {
      throw new ConfigError("program", `it failed in ${name}: ${(error as Error).message}`);
    }
  }
}

function abort(): never {
  throw new Error("an array was read or written beyond its end, or a null was used");
}

/** Looks at a file without running any of it. */
function inspect(bytes: Uint8Array, file: string): void {
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch (error) {
    throw new ConfigError("program", `${file} is not WebAssembly: ${(error as Error).message}`);
  }
  for (const { module: from, name } of WebAssembly.Module.imports(module))
    if (from !== "env" || name !== "abort")
      throw new ConfigError("program", `${file} wants ${from}.${name}, which programs do not get`);
  const has = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const lacks = FUNCTIONS.filter((name) => !has.has(name));
  if (lacks.length > 0 || !has.has("memory"))
    throw new ConfigError(
      "program",
      `${file} is not a sensor program: it does not export ${[...lacks, ...(has.has("memory") ? [] : ["memory"])].join(", ")}. Compile it with pipit program build`,
    );
  if (WebAssembly.Module.customSections(module, "as-bind_bindings").length !== 1)
    throw new ConfigError(
      "program",
      `${file} does not say the types of its functions. Compile it with pipit program build`,
    );
  const { least, most } = memoryBounds(bytes);
  if (least > MOST_PAGES || most === undefined || most > MOST_PAGES)
    throw new ConfigError(
      "program",
      `${file} wants ${most === undefined ? "memory without a bound" : `${Math.max(least, most) * 64} kB of memory`}; ${MOST_PAGES * 64} kB are allowed`,
    );
  // Its entries are memory as well: some 30 bytes each.
  const { most: functions } = tableBounds(bytes);
  if (functions === undefined || functions > MOST_FUNCTIONS)
    throw new ConfigError(
      "program",
      `${file} wants a table of ${functions === undefined ? "functions without a bound" : `${functions} functions`}; ${MOST_FUNCTIONS} are allowed. Compile it with pipit program build, which makes none`,
    );
}
