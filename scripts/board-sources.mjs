/**
 * Writes what the Moddable SDK is to build: the firmware as JavaScript, its C, and the manifests beside them as
 * they are, so that all paths in them hold. Of TypeScript the SDK's own build would make code that takes 40 %
 * more flash, and a deeper stack than boards have.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MAIN, modulesOf } from "./manifests.mjs";
import { root } from "./run.mjs";
import { compileModule } from "./xs-modules.mjs";

/** Files that are taken as they are: C, and declarations of the SDK's modules, which manifests name. */
const AS_IT_IS = /\.(c|h|d\.ts)$/;

/** Writes what has changed, and no more: the SDK goes by the times of files. @param folder belongs to this alone */
export function writeSources(folder) {
  const files = new Map();
  const modules = Object.values(MAIN).flatMap((main) => modulesOf(main).own);
  for (const name of new Set(modules)) {
    const source = `firmware/${name}.ts`;
    files.set(`firmware/${name}.js`, () => compileModule(source, read(source).toString()));
  }
  for (const path of list("firmware"))
    if (AS_IT_IS.test(path)) files.set(`firmware/${path}`, () => read(`firmware/${path}`));
  for (const path of list("manifests"))
    files.set(`manifests/${path}`, () => read(`manifests/${path}`));
  for (const [path, make] of files) write(join(folder, path), Buffer.from(make()));
  for (const part of ["firmware", "manifests"])
    for (const path of list(part, folder))
      if (!files.has(`${part}/${path}`) && !path.endsWith(".prior") && !path.endsWith(".old"))
        rmSync(join(folder, part, path));
}

function list(folder, base = root) {
  return readdirSync(join(base, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((path) => path.slice(join(base, folder).length + 1));
}

function read(path) {
  return readFileSync(join(root, path));
}

function write(path, bytes) {
  if (existsSync(path) && readFileSync(path).equals(bytes)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
