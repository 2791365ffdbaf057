/** Compiles TypeScript into archives of byte code for the XS host. */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./run.mjs";
import { FOLDER } from "./xs.mjs";
import { compileModule } from "./xs-modules.mjs";

/** The host with slots as large as a microcontroller's, 16 bytes. */
export const HOST = join(FOLDER, "pipit-xs");

/** The same for 64 bits, with checks of what our C does with memory. */
export const SANITIZED_HOST = join(FOLDER, "pipit-xs-sanitized");

export const COMPILER = join(FOLDER, "pipit-xsc");

const IMPORT = /\b(?:from|import) ?"(\.[^"]+)\.js"/g;

/**
 * Compiles a module, and all that it imports, each by itself.
 * @param main its path from the project's folder, without the ending
 * @returns the archive's path, and the names of its modules, main being one of them
 * @throws Error when something does not compile
 */
export function compileProgram(main) {
  const folder = join(FOLDER, "programs", main.replaceAll("/", "-"));
  rmSync(folder, { recursive: true, force: true });
  const modules = compileModules(main, folder);
  const archive = join(folder, "archive");
  const compiler = spawnSync(COMPILER, [folder, archive, ...modules], {
    encoding: "utf8",
  });
  if (compiler.error) throw compiler.error;
  if (compiler.status !== 0) throw new Error(`XS cannot compile ${main}:\n${compiler.stderr}`);
  return { main, archive, modules };
}

/** Writes the JavaScript of a module and of all that it imports into a folder. Returns their names. */
function compileModules(main, folder) {
  const modules = [main];
  for (const name of modules) {
    const source = readFileSync(join(root, `${name}.ts`), "utf8");
    const code = compileModule(name, source);
    const output = join(folder, `${name}.js`);
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, code);
    for (const [, specifier] of code.matchAll(IMPORT)) {
      const imported = join(dirname(name), specifier);
      if (!modules.includes(imported)) modules.push(imported);
    }
  }
  return modules;
}

/** The bytes of byte code of each module of an archive, by its name (`host-sim/xs/archive.h`). */
export function byteCodeSizes(archive) {
  const bytes = readFileSync(archive);
  const sizes = {};
  for (let at = 8; at < bytes.length; ) {
    const [name, symbols, code] = [0, 4, 8].map((offset) => bytes.readUInt32LE(at + offset));
    sizes[bytes.toString("utf8", at + 12, at + 12 + name - 1)] = code;
    at += 12 + name + symbols + code;
  }
  return sizes;
}
