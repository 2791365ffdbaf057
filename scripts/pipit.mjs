#!/usr/bin/env node
/** The command `pipit`: what `npm run build` has made of `host-sim/cli`. Says so when that is missing or out of date. */

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const program = join(root, "build/host-sim/cli/main.js");
const again = `(cd ${root} && npm run build)`;

if (existsSync(program)) {
  // tsc looks into each file, which takes seconds. Times take milliseconds, and tsc notes when it has looked.
  const sources = [...filesOf("firmware"), ...filesOf("host-sim")].filter(isSource);
  const notes = filesOf("build", { recursive: false }).filter((p) => p.endsWith(".tsbuildinfo"));
  if (newest(sources) > newest(notes))
    console.error(`pipit is older than its sources. To build it: ${again}`);
  await import(program);
} else {
  console.error(`error: pipit is not built yet. To build it: ${again}`);
  process.exitCode = 2;
}

function filesOf(folder, { recursive = true } = {}) {
  return readdirSync(join(root, folder), { recursive }).map((path) => join(root, folder, path));
}

/** Whether tsc compiles it for `pipit`: the dashboard's page is made by esbuild. */
function isSource(path) {
  return path.endsWith(".ts") && !path.includes(join("dashboard", "page"));
}

/** When one of these was last changed, in milliseconds since the epoch. */
function newest(files) {
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}
