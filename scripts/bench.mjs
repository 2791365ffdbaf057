/**
 * `npm run bench [-- name] [--json]`: runs the benchmarks in `test/bench/`, or those with `name` in the names
 * of their files.
 *
 * A benchmark is a module `*.bench.mjs` that exports its `name`, and `run()`, which returns, perhaps later,
 * `{ tables: [{ title, columns, rows }], notes }`. A row is a list of names and numbers.
 */

import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { root, runPackage } from "./run.mjs";

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false } },
  allowPositionals: true,
});
const [filter = ""] = positionals;

const files = readdirSync(`${root}/test/bench`).filter(
  (file) => file.endsWith(".bench.mjs") && file.includes(filter),
);
if (files.length === 0) throw new Error(`there is no benchmark with "${filter}" in its name`);

process.exitCode = await runPackage("typescript/bin/tsc", "-b", "host-sim");
if (process.exitCode === 0) await main();

async function main() {
  const environment = `Node ${process.version}, ${cpus()[0]?.model}`;
  if (!values.json) console.log(environment);
  const results = [];
  for (const file of files) {
    const { name, run } = await import(`${root}/test/bench/${file}`);
    const { tables, notes } = await run();
    results.push({ name, tables, notes });
    if (!values.json) print(name, tables, notes);
  }
  if (values.json) console.log(JSON.stringify({ environment, results }, undefined, 2));
}

function print(name, tables, notes) {
  for (const { title, columns, rows } of tables) {
    console.log(`\n${name}: ${title}`);
    const lines = [columns, ...rows].map((row) => row.map(format));
    const widths = columns.map((_, column) =>
      Math.max(...lines.map((line) => line[column].length)),
    );
    for (const line of lines)
      console.log(
        `  ${line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ")}`,
      );
  }
  for (const note of notes) console.log(`  ${note}`);
}

function format(cell) {
  return typeof cell !== "number" ? cell : cell.toFixed(cell < 10 ? 2 : cell < 100 ? 1 : 0);
}
