/** Whether a sensor program says the same everywhere. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Description } from "../../firmware/programs/description.js";
import {
  describeProgram,
  PlainProgram,
  type ProgramModule,
} from "../../firmware/sensors/program.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { compileForSimulator } from "./compile.js";
import { exercise } from "./exercise.js";
import { loadPlain } from "./plain.js";
import { type Finding, findUnportable } from "./portability.js";
import { ProgramFile } from "./program-file.js";
import { parseSources, readSources } from "./sources.js";

/** What our own files, which programs are built on, have leave to use. */
const OURS = ["description", "records", "types"];

/** What in a program, and in what it imports, is not portable. @throws ConfigError `program` */
export function findAllUnportable(path: string): readonly Finding[] {
  const files = parseSources(readSources(path));
  return [...files.keys()]
    .filter((name) => !OURS.includes(name))
    .flatMap((name) => findUnportable(files, name));
}

/** @throws ConfigError `program` that lists all that is not portable */
export function requirePortable(path: string): void {
  const findings = findAllUnportable(path);
  if (findings.length === 0) return;
  const lines = findings.map(({ place, text }) => `  ${place}: ${text}`).join("\n");
  throw new ConfigError("program", `${path} would not mean the same everywhere:\n${lines}`);
}

/** A program in both of its forms. */
export interface Forms {
  readonly description: Description;
  readonly module: ProgramModule;
  readonly file: ProgramFile;
  readonly wasmBytes: number;
}

/** Does something with a program as TypeScript and as WebAssembly. @throws ConfigError `program` */
export async function withForms<Result>(
  path: string,
  use: (forms: Forms) => Promise<Result>,
): Promise<Result> {
  const wasm = await compileForSimulator(path);
  const folder = await mkdtemp(join(tmpdir(), "pipit-program-"));
  try {
    const name = join(folder, "program.wasm");
    await writeFile(name, wasm);
    const file = await ProgramFile.open(name);
    try {
      const module = await loadPlain(path);
      return await use({
        description: describeProgram(module),
        module,
        file,
        wasmBytes: wasm.length,
      });
    } finally {
      await file.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @returns the windows in which the two differ, as text; none when they are the same to the last bit */
export async function compare(
  { description, module, file }: Forms,
  seed: number,
): Promise<string[]> {
  const [plain, wasm] = await Promise.all(
    [new PlainProgram(module), file.start()].map(
      (running) =>
        new Promise<string[]>((resolve) => exercise(description, running, seed, resolve)),
    ),
  );
  return (plain ?? []).flatMap((line, index) => {
    const other = wasm?.[index];
    return line === other
      ? []
      : [`signal ${seed}, window ${index}: TypeScript says ${line}, WebAssembly ${other}`];
  });
}
