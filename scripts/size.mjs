/**
 * `npm run size [-- options]`: how much the firmware takes on a microcontroller. The XS host measures byte code by
 * module, and memory by stages of a device's life; the emulated chip, flash by part, and the memory of TLS, of
 * TCP/IP and of C. It fails when a figure is over its budget (`test/xs/budget.json`).
 */

import { runPackage } from "./run.mjs";
import { installEmulator, installPackages, installXS } from "./setup.mjs";

await installPackages();
// All of these need npm packages.
const { Command } = await import("commander");
const { budget, excessOf, updateBudget } = await import("./budget.mjs");
const chipFigures = await import("./chip-figures.mjs");
const xsSizes = await import("./xs-sizes.mjs");

const options = new Command("npm run size --")
  .description(
    "Measure what the firmware takes on a microcontroller, and compare it with the budget.",
  )
  .option("--json", "print all figures as one JSON object")
  .option("--update", "make what is measured the new budget: after a review found it worth that")
  .addHelpText(
    "after",
    `
Figures of the XS host are those of recorded input, and the same each time. Those of the emulated chip, with TLS
and TCP/IP, may differ by some hundred bytes, so their budgets have 1,024 more.

Not in any figure: Wi-Fi, ESP-IDF and FreeRTOS. 0: within the budget; 1: over it, or not measured.`,
  )
  .parse()
  .opts();

if (!(await installXS())) process.exit(1);
const sizes = xsSizes.measureSizes();
const chip = (await installEmulator()) ? await measureChip() : undefined;
const figures = {
  ...xsSizes.budgeted(sizes),
  ...(chip === undefined ? {} : chipFigures.budgeted(chip)),
};
if (chip === undefined) process.exitCode = 1;
else if (options.update) updateBudget(figures);
if (options.json) console.log(JSON.stringify({ ...sizes, chip, budget }, undefined, 2));
else print();
for (const [name, figure] of Object.entries(figures)) {
  const excess = excessOf(name, figure);
  if (excess === undefined) continue;
  console.error(`\n${excess}`);
  process.exitCode = 1;
}

async function measureChip() {
  const status = await runPackage("typescript/bin/tsc", "-b", "host-sim");
  if (status !== 0) process.exit(status);
  const { measureChip } = await import("./emulated-board.mjs"); // of what tsc has made
  return measureChip();
}

function print() {
  const { byteCode, flash, stages } = sizes;
  printTable(["XS byte code", "bytes"], Object.entries(byteCode.modules));
  printTable(["Objects in flash", "bytes"], [["built-ins", flash.builtIns]]);
  const { label: _, ...columns } = stages[0];
  printTable(
    ["RAM of a device on an esp32c3", ...Object.keys(columns)],
    stages.map((stage) => Object.values(stage)),
  );
  printTable(
    ["Against the budget", "bytes", "budget", "goal"],
    Object.entries(figures).map(([name, figure]) => [
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
