/** Measures what the firmware takes on a microcontroller, as the XS host sees it. */

import { spawnSync } from "node:child_process";
import { byteCodeSizes, compileProgram, HOST } from "./xs-program.mjs";

/** On boards with separate heaps, XS fills each before it collects garbage: there, peaks say nothing. */
const BOARD = "esp32c3";

/** Everything is in bytes, but for counts. TLS is not in it, nor is what else a real board has. */
export function measureSizes() {
  const load = measure("host-sim/xs/load");
  return {
    byteCode: measureByteCode(),
    flash: sizesOfFlash(load),
    stages: measureStages(load.end),
  };
}

function measureByteCode() {
  const modules = Object.fromEntries(
    Object.entries(byteCodeSizes(compileProgram("firmware/device").archive)).sort(
      ([, a], [, b]) => b - a,
    ),
  );
  const client = byteCodeSizes(compileProgram("firmware/client/client").archive);
  return { modules, device: sum(modules), client: sum(client) };
}

function sum(sizes) {
  return Object.values(sizes).reduce((a, b) => a + b, 0);
}

/** What the linker puts into flash beside byte code: the objects that are there before a program begins. */
function sizesOfFlash({ flash, "built-ins": builtIns }) {
  return { builtIns: live(builtIns), firmware: live(flash) - live(builtIns) };
}

/**
 * RAM by stages of a device's life, without what the program takes that is around the device.
 * @param start figures of a machine that has loaded the firmware, and done nothing yet
 */
function measureStages(start) {
  const { loaded, ...stages } = measure("test/xs/programs/life");
  const nothing = { slots: 0, chunks: 0, stackPeak: 0 };
  return [
    stageOf({ ...start, label: "loaded" }, nothing),
    ...["online", "100 publishes", "10 reconnects"].map((label) => stageOf(stages[label], loaded)),
  ];
}

function stageOf(stage, without) {
  const { label, slotSize } = stage;
  const around = without.slots * slotSize + without.chunks;
  return {
    label,
    live: live(stage) - around,
    peak: peak(stage) - around,
    slots: (stage.slots - without.slots) * slotSize,
    slotsPeak: (stage.slotsPeak - without.slots) * slotSize,
    chunks: stage.chunks - without.chunks,
    chunksPeak: stage.chunksPeak - without.chunks,
    stackPeak: (stage.stackPeak - without.stackPeak) * slotSize,
    enginePeak: stage.systemPeak,
    arenaUsed: stage.arena - stage.arenaLeastFree,
    collections: stage.collections,
  };
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

const live = ({ slots, slotSize, chunks }) => slots * slotSize + chunks;
const peak = ({ slotsPeak, slotSize, chunksPeak }) => slotsPeak * slotSize + chunksPeak;

/** The figures that have a budget, in bytes, by their names in budget.json. */
export function budgeted({ byteCode, flash, stages }) {
  return Object.fromEntries([
    ["byte code of the client", byteCode.client],
    ["byte code of the device", byteCode.device],
    ["objects of the firmware in flash", flash.firmware],
    ...stages.flatMap(({ label, live, peak, stackPeak, enginePeak, arenaUsed }) => [
      [`${label}: live`, live],
      [`${label}: peak`, peak],
      [`${label}: stack`, stackPeak],
      [`${label}: engine`, enginePeak],
      [`${label}: arena`, arenaUsed],
    ]),
  ]);
}
