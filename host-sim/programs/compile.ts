/** Compiles sensor programs with AssemblyScript. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { APIOptions } from "assemblyscript/cli/asc";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { BOX, ENTRIES, readSources, type Sources, toAssemblyScript } from "./sources.js";

/** What of the compiler is used: `assemblyscript/cli/asc`, or `asc` of a later version, which gives a promise. */
export interface Compiler {
  readonly version: string;
  /** Calls `done`, or gives the same in a promise. */
  compile(
    options: readonly string[],
    files: {
      readFile(name: string): string | null;
      writeFile(name: string, contents: Uint8Array | string): void;
      listFiles(): string[];
      stdout: { write(text: Uint8Array | string): void };
      stderr: { write(text: Uint8Array | string): void };
    },
  ): Promise<Error | null>;
}

/** The programming interface since 0.20. */
interface Asc {
  readonly version: string;
  main(
    options: readonly string[],
    files: Parameters<Compiler["compile"]>[1],
  ): Promise<{ readonly error: Error | null }>;
}

/** What the program may take: 4 MiB, in pages of 64 KiB. */
export const MOST_PAGES = 64;

/** The version that as-bind works with; it is the only one that makes files for the simulator. */
export async function pinnedCompiler(): Promise<Compiler> {
  const { default: asc } = await import("assemblyscript/cli/asc");
  await asc.ready;
  return {
    version: asc.version,
    compile: (options, files) =>
      new Promise((resolve) => {
        asc.main([...options], files as APIOptions, (error) => {
          resolve(error);
          return 0;
        });
      }),
  };
}

/**
 * The present version: the way out, when as-bind has to go. Programs are compiled with it too, so that it stays
 * open; what is left to do then is to bind strings and arrays in another way.
 */
export async function currentCompiler(): Promise<Compiler> {
  // Not by its name in place: its types would come along, and they redeclare `console` for all of us.
  const name: string = "assemblyscript-next/asc";
  const { default: asc } = (await import(name)) as { default: Asc };
  return {
    version: asc.version,
    compile: async (options, files) => (await asc.main(options, files)).error,
  };
}

/**
 * A program as one `.wasm` file that describes itself, for the simulator.
 * @throws ConfigError `program` with the compiler's own words
 */
export async function compileForSimulator(path: string): Promise<Uint8Array> {
  const transform = createRequire(import.meta.url).resolve("as-bind");
  const options = ["--exportRuntime", "--transform", transform];
  return compile(await pinnedCompiler(), readSources(path), "bound", options);
}

/** What a program needs to know of its own description, when it is compiled for native code. */
export interface RawSizes {
  /** Samples of all inputs in a window. */
  readonly window: number;
  readonly parameters: number;
  /** The most records for a window. */
  readonly records: number;
}

/** A program without strings or a garbage collector, to be turned into native code. */
export async function compileRaw(
  path: string,
  sizes: RawSizes,
  compiler?: Compiler,
): Promise<Uint8Array> {
  const options = ["--runtime", "stub"];
  for (const [name, value] of Object.entries(sizes))
    options.push("--use", `${name.toUpperCase()}=${value}`);
  return compile(compiler ?? (await pinnedCompiler()), readSources(path), "raw", options);
}

async function compile(
  compiler: Compiler,
  sources: Sources,
  entry: "bound" | "raw",
  options: readonly string[],
): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  const said: string[] = [];
  const output = { write: (text: Uint8Array | string) => void said.push(String(text)) };
  const error = await compiler.compile(
    [
      ...[`${entry}.ts`, "--outFile", "program.wasm", "-O3", "--maximumMemory", `${MOST_PAGES}`],
      ...options,
    ],
    {
      readFile: (name) => find(sources, name),
      writeFile: (name, contents) => {
        if (name === "program.wasm") wasm = contents as Uint8Array;
      },
      listFiles: () => [],
      stdout: output,
      stderr: output,
    },
  );
  const path = [...sources.values()][0]?.path;
  if (error !== null || wasm === undefined)
    throw new ConfigError(
      "program",
      `AssemblyScript ${compiler.version} cannot compile ${path}:\n${said.join("").trim() || error?.message}`,
    );
  return wasm;
}

/** The files stand side by side for the compiler, the program itself as `program.ts`. */
function find(sources: Sources, file: string): string | null {
  const name = file.replace(/\.ts$/, "");
  if (name === "bound" || name === "raw") return readFileSync(join(ENTRIES, file), "utf8");
  const [own = ""] = sources.keys();
  const source = sources.get(name === "program" ? own : name) ?? readBox(name);
  return source === undefined ? null : toAssemblyScript(source.text);
}

/** What the entries need, and a program might not. */
function readBox(name: string): { readonly text: string } | undefined {
  if (name !== "description" && name !== "records") return undefined;
  return readSources(join(BOX, `${name}.ts`)).get(name);
}
