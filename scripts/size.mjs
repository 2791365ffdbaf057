/**
 * `npm run size`: how much the firmware takes on a microcontroller, as the XS host measures it: XS byte code by
 * module, and memory by stages of a device's life. TLS is not in it.
 *
 * `--json` prints it as JSON. `--update` makes what is measured the new budget, with the next 256 bytes for
 * room: after a review that found it worth its bytes.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./run.mjs";
import { installPackages, installXS } from "./setup.mjs";

/** For each figure its `budget`, and where DESIGN.md has one its `goal`; test/xs/memory.test.ts compares. */
const BUDGET = join(root, "test/xs/budget.json");

const ROOM = 256;

const { values: options } = parseArgs({
  options: { json: { type: "boolean" }, update: { type: "boolean" } },
});

await installPackages();
if (!(await installXS())) process.exit(1);
const { budgeted, measureSizes } = await import("./xs-sizes.mjs"); // needs npm packages

const sizes = measureSizes();
const budget = JSON.parse(readFileSync(BUDGET, "utf8"));
if (options.update) update();
if (options.json) console.log(JSON.stringify({ ...sizes, budget }, undefined, 2));
else print(sizes);

function update() {
  const entries = Object.entries(budgeted(sizes));
  const figures = entries.map(([name, figure]) => [
    name,
    { ...budget[name], budget: Math.ceil(figure / ROOM) * ROOM },
  ]);
  Object.assign(budget, Object.fromEntries(figures));
  writeFileSync(BUDGET, `${JSON.stringify(Object.fromEntries(figures), undefined, 2)}\n`);
}

function print({ byteCode, flash, stages }) {
  printTable(["XS byte code", "bytes"], Object.entries(byteCode.modules));
  printTable(["Objects in flash", "bytes"], [["built-ins", flash.builtIns]]);
  const { label: _, ...columns } = stages[0];
  printTable(
    ["RAM of a device on an esp32c3", ...Object.keys(columns)],
    stages.map((stage) => Object.values(stage)),
  );
  printTable(
    ["Against the budget", "bytes", "budget", "goal"],
    Object.entries(budgeted(sizes)).map(([name, figure]) => [
      name,
      figure,
      budget[name]?.budget ?? "",
      budget[name]?.goal ?? "",
    ]),
  );
}

function printTable([title, ...columns], rows) {
  const width = Math.max(title.length, ...rows.map(([name]) => name.length));
  console.log();
  for (const [name, ...cells] of [[title, ...columns], ...rows])
    console.log([name.padEnd(width), ...cells.map((it) => String(it).padStart(13))].join(""));
}
