/**
 * `npm run size [-- --json]`: how much the firmware takes on a microcontroller: XS byte code by module, and
 * memory by stages of a device's life, as the XS host measures it. TLS is not in it.
 */

import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { installPackages, installXS } from "./setup.mjs";

/** What the client's byte code may take, in bytes. */
const CLIENT_BUDGET = 48 * 1024;

/** On boards with separate heaps, XS fills each before it collects garbage: there, peaks say nothing. */
const BOARD = "esp32c3";

const { values: options } = parseArgs({ options: { json: { type: "boolean", default: false } } });

await installPackages();
if (!(await installXS())) process.exit(1);
const { byteCodeSizes, compileProgram, HOST } = await import("./xs-program.mjs"); // needs npm packages

const sizes = { byteCode: measureByteCode(), flash: measureFlash(), stages: measureStages() };
if (options.json) console.log(JSON.stringify(sizes, undefined, 2));
else print(sizes);

function measureByteCode() {
  const modules = Object.fromEntries(
    Object.entries(byteCodeSizes(compileProgram("firmware/device").archive)).sort(
      ([, a], [, b]) => b - a,
    ),
  );
  const client = byteCodeSizes(compileProgram("firmware/client/client").archive);
  return { modules, total: sum(modules), client: sum(client), clientBudget: CLIENT_BUDGET };
}

function sum(sizes) {
  return Object.values(sizes).reduce((a, b) => a + b, 0);
}

/** What the linker puts into flash beside byte code: the objects that are there before a program begins. */
function measureFlash() {
  const { flash, "built-ins": builtIns } = measure("host-sim/xs/load");
  return { builtIns: live(builtIns), firmware: live(flash) - live(builtIns) };
}

/** RAM, without what the program takes that is around the device. */
function measureStages() {
  const {
    loaded,
    online,
    "100 publishes": published,
    "10 reconnects": reconnected,
  } = measure("test/xs/programs/life");
  return [online, published, reconnected].map((stage) => ({
    label: stage.label,
    live: live(stage) - live(loaded),
    peak: stage.slotsPeak * stage.slotSize + stage.chunksPeak - live(loaded),
    stack: (stage.stackPeak - loaded.stackPeak) * stage.slotSize,
    engine: stage.systemPeak,
    collections: stage.collections,
  }));
}

/** Runs a program. Returns the figures by their labels (host-sim/xs/figures.h). */
function measure(name) {
  const { archive, main } = compileProgram(name);
  const args = ["--board", BOARD, "--figures", archive, main];
  const { status, stdout, stderr } = spawnSync(HOST, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`the XS host ended with status ${status}: ${stderr}`);
  const lines = stdout.trimEnd().split("\n");
  return Object.fromEntries(lines.map((line) => JSON.parse(line)).map((it) => [it.label, it]));
}

function live({ slots, slotSize, chunks }) {
  return slots * slotSize + chunks;
}

function print({ byteCode, flash, stages }) {
  printTable(
    ["XS byte code", "bytes"],
    [
      ...Object.entries(byteCode.modules),
      ["all of the device", byteCode.total],
      [`the client and what it imports, of ${byteCode.clientBudget}`, byteCode.client],
    ],
  );
  printTable(
    ["Objects in flash", "bytes"],
    [
      ["built-ins", flash.builtIns],
      ["the firmware's", flash.firmware],
    ],
  );
  printTable(
    [`RAM of a device on an ${BOARD}`, "live", "peak", "stack", "engine", "collections"],
    stages.map((stage) => Object.values(stage)),
  );
  const excess = byteCode.client - byteCode.clientBudget;
  if (excess > 0) console.log(`\nThe client's byte code is ${excess} bytes over its budget.`);
}

function printTable([title, ...columns], rows) {
  const width = Math.max(title.length, ...rows.map(([name]) => name.length));
  console.log();
  for (const [name, ...cells] of [[title, ...columns], ...rows])
    console.log([name.padEnd(width), ...cells.map((it) => String(it).padStart(13))].join(""));
}
