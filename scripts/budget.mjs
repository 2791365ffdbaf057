/** The budget: what the firmware may take, in bytes, by the names of figures. CI compares with it. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

/** For each figure its `budget`, and where there is one that the project was designed for, its `goal`. */
const FILE = join(root, "test/xs/budget.json");

/** Figures of the emulated chip begin with this. Its runs differ, by how the network cuts the reads. */
export const CHIP = "chip: ";

/** Budgets are whole multiples of it, so that not every small change needs another. */
const ROOM = 256;

/** By how much the runs of the chip may differ. */
const CHIP_ROOM = 1024;

export const budget = JSON.parse(readFileSync(FILE, "utf8"));

/** Says what of a figure is over its budget, and what to do; `undefined` when nothing is. */
export function excessOf(name, figure) {
  const most = budget[name]?.budget;
  if (most === undefined)
    return `"${name}" has no budget: "npm run size -- --update" gives it one.`;
  if (figure <= most) return undefined;
  return (
    `"${name}" is ${figure} bytes, ${figure - most} more than its budget. "npm run size" shows where they are. ` +
    `Make it smaller; or, if it is worth them, "npm run size -- --update" sets another budget, and the commit ` +
    "says why."
  );
}

/** Makes figures, which are all there are, the new budget, with room for small changes. */
export function updateBudget(figures) {
  for (const name of Object.keys(budget)) if (!(name in figures)) delete budget[name];
  for (const [name, figure] of Object.entries(figures)) {
    const most = figure + (name.startsWith(CHIP) ? CHIP_ROOM : 0);
    budget[name] = { ...budget[name], budget: Math.ceil(most / ROOM) * ROOM };
  }
  writeFileSync(FILE, `${JSON.stringify(budget, undefined, 2)}\n`);
}
