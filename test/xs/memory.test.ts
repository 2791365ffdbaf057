import { describe, expect, test } from "@jest/globals";
import { budget, CHIP, excessOf } from "../../scripts/budget.mjs";
import { budgeted, measureSizes } from "../../scripts/xs-sizes.mjs";
import { compile, requireXS, results, runOnBoard } from "./host.js";

/** See host-sim/xs/figures.h. */
interface Figures {
  readonly label: string;
  readonly slotSize: number;
  readonly slots: number;
  readonly chunks: number;
  readonly stackPeak: number;
  readonly stackSize: number;
}

/** Bytes by which two moments may differ, as what is on its way then differs. */
const MARGIN = 512;

const live = ({ slots, slotSize, chunks }: Figures) => slots * slotSize + chunks;

if (requireXS()) {
  const figures = budgeted(measureSizes());

  describe("what the firmware takes keeps to its budget, in bytes", () => {
    test("every figure has one, and no other has", () => {
      const names = Object.keys(budget).filter((name) => !name.startsWith(CHIP));
      expect(names.sort()).toEqual(Object.keys(figures).sort());
    });

    test.each(Object.entries(figures))("%s", (name, figure) => {
      expect(excessOf(name, figure)).toBeUndefined();
    });
  });

  describe("the memory of a device", () => {
    const stages = results<Figures>(runOnBoard("esp32c3", compile("life")));
    const [loaded, online] = stages as [Figures, Figures];
    const afterwards = stages.slice(1);

    test("has the slots of a microcontroller", () => {
      expect(loaded.slotSize).toBe(16);
    });

    test("does not grow with what was published, or with reconnects", () => {
      for (const stage of afterwards)
        expect(live(stage)).toBeLessThanOrEqual(live(online) + MARGIN);
    });

    test.each(afterwards)(
      "leaves an eighth of the stack or more, were it the device's alone: $label",
      (stage) => {
        expect(stage.stackPeak - loaded.stackPeak).toBeLessThanOrEqual((stage.stackSize * 7) / 8);
      },
    );

    test.each(["esp32c3", "esp32"])("is enough for ten reconnects on an %s", (board) => {
      expect(results(runOnBoard(board, compile("life")))).toHaveLength(stages.length);
    });

    test("is enough for the stanzas of strangers, which the stream survives", () => {
      expect(results(runOnBoard("esp32c3", compile("hostile")))).toHaveLength(5);
    });

    test("is the same after 1,000 publishes and after 10,000, with an eighth of the stack to spare", () => {
      const soak = results<Figures>(runOnBoard("esp32c3", compile("soak")));
      const [early, late] = soak as [Figures, Figures];
      expect(late.label).toBe("10000 publishes");
      expect(Math.abs(live(late) - live(early))).toBeLessThanOrEqual(MARGIN);
      for (const { stackPeak, stackSize } of soak)
        expect(stackPeak).toBeLessThanOrEqual((stackSize * 7) / 8);
    });
  });
}
