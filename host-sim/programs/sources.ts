/** The files that a sensor program is made of, as AssemblyScript's compiler and the search for what is not portable want them. */

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { ConfigError } from "../../firmware/xmpp/errors.js";

/** The project's folder: from here, or from where this is compiled to. */
const ROOT = ["../../", "../../../"]
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(join(path, "package.json"))) as string;

/** Where the programs in the box are, and what all programs are built on. */
export const BOX = join(ROOT, "firmware/programs");

/** Where the entries are, through which the program is called. */
export const ENTRIES = join(ROOT, "host-sim/programs/assembly");

/** Names of a program's own files: of it, and of what it imports from beside it or from `pipit/programs`. */
const IMPORT = /from\s+"(?:\.\/|pipit\/programs\/)([a-z0-9-]+)\.js"/g;

/** A program's files by their names without folder or ending; its own is the first. */
export type Sources = ReadonlyMap<string, { readonly path: string; readonly text: string }>;

/**
 * @param path the program's file
 * @throws ConfigError `program` when a file is not there
 */
export function readSources(path: string): Sources {
  const sources = new Map<string, { path: string; text: string }>();
  const names = [basename(path).replace(/\.ts$/, "")];
  for (const name of names) {
    const places = [resolve(dirname(path), `${name}.ts`), join(BOX, `${name}.ts`)];
    const found = places.map(read).find((source) => source !== undefined);
    if (found === undefined)
      throw new ConfigError("program", `there is no file ${places[0]}, which ${path} needs`);
    sources.set(name, found);
    for (const [, imported = ""] of found.text.matchAll(IMPORT))
      if (!names.includes(imported)) names.push(imported);
  }
  return sources;
}

function read(path: string): { path: string; text: string } | undefined {
  try {
    return { path, text: readFileSync(path, "utf8") };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A file's syntax, for those who look for what is not portable. */
export function parseSources(sources: Sources): ReadonlyMap<string, ts.SourceFile> {
  return new Map(
    [...sources].map(([name, { path, text }]) => [
      name,
      ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true),
    ]),
  );
}

/** A file of ours as AssemblyScript reads it: with its own number types, and specifiers without endings. */
export function toAssemblyScript(text: string): string {
  return text
    .replace(/^import type \{[^}]*\} from "[^"]*\/types\.js";$/gm, "")
    .replace(/^import type /gm, "import ")
    .replace(/from\s+"(?:\.\/|pipit\/programs\/)([a-z0-9-]+)\.js"/g, 'from "./$1"');
}
