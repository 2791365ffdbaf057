/** What the emulated chip takes, by the lines that its program printed. */

import { CHIP } from "./budget.mjs";
import { linkedSizes } from "./emulator.mjs";
import { byteCodeSizes } from "./xs-program.mjs";

/** The figures among the lines, by stage: `xs` as in host-sim/xs/figures.h, and `chip` as in chip-figures.c. */
export function stagesOf(lines) {
  const stages = {};
  for (const line of lines) {
    if (!/^\{"(?:label|chip)":/.test(line)) continue;
    const { label, chip, ...figures } = JSON.parse(line);
    stages[label ?? chip] ??= {};
    stages[label ?? chip][label === undefined ? "chip" : "xs"] = figures;
  }
  return stages;
}

const live = ({ slots, slotSize, chunks }) => slots * slotSize + chunks;
const sum = (sizes) => Object.values(sizes).reduce((a, b) => a + b, 0);

/** What separates the stages of a run (`board.ts`): what is done before each. */
const WORK = {
  loaded: "starting the program",
  connecting: "the device and its first sample",
  secured: "TCP and TLS",
  authenticated: "SASL",
  online: "the session",
  published: "the first item",
};

/**
 * What the chip takes.
 * @param run the `stages` of a run that went well, and the `program`
 * @returns bytes of flash by part; bytes of RAM; and instructions by what they were executed for
 */
export function figuresOf({ stages, program }) {
  const linked = Object.entries(linkedSizes());
  const byteCode = sum(byteCodeSizes(program.archive));
  const { xs, chip } = stages.end;
  // A stage has its own; most of it is for the handshake.
  const tlsPeak = Math.max(...Object.values(stages).map((stage) => stage.chip?.tlsPeak ?? 0));
  const labels = ["created", ...Object.keys(WORK)];
  return {
    flash: {
      ...Object.fromEntries(linked.map(([part, { flash }]) => [part, flash])),
      "byte code": byteCode,
      objects: live(stages.flash.xs),
    },
    ram: {
      /** Variables of C, by part. */
      variables: Object.fromEntries(linked.map(([part, { ram }]) => [part, ram])),
      stack: { peak: chip.stackPeak, size: chip.stackSize },
      heap: { peak: chip.heapPeak, size: chip.heapSize },
      /** Both are of the heap. */
      xs: { peak: xs.arena - xs.arenaLeastFree, size: xs.arena },
      tls: { peak: tlsPeak, online: stages.online.chip.tls },
      /** Both are of lwIP's variables: bytes of its heap, and buffers for what is received. */
      lwip: { peak: chip.lwipPeak, buffersPeak: chip.buffersPeak },
    },
    instructions: Object.fromEntries(
      labels
        .slice(1)
        .map((label, i) => [
          WORK[label],
          stages[label].chip.instructions - stages[labels[i]].chip.instructions,
        ]),
    ),
  };
}

/** The figures that have a budget, in bytes, by their names in budget.json. */
export function budgeted({ flash, ram }) {
  const { variables, stack, heap, xs, tls, lwip } = ram;
  const figures = {
    ...Object.fromEntries(Object.entries(flash).map(([part, bytes]) => [`flash, ${part}`, bytes])),
    "variables of lwIP": variables.lwIP,
    "other variables": sum(variables) - variables.lwIP,
    "lwIP's heap": lwip.peak,
    "C stack": stack.peak,
    "C heap": heap.peak,
    "XS in the C heap": xs.peak,
    "TLS in the C heap": tls.peak,
    "TLS in the C heap, online": tls.online,
  };
  return Object.fromEntries(Object.entries(figures).map(([name, it]) => [CHIP + name, it]));
}
