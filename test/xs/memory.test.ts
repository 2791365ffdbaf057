import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
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

/** Bytes, by the name of a figure. `goal` is what was designed for; `budget`, what may not be passed today. */
type Budget = Record<string, { readonly budget: number; readonly goal?: number }>;

const budget: Budget = JSON.parse(readFileSync(new URL("budget.json", import.meta.url), "utf8"));

const live = ({ slots, slotSize, chunks }: Figures) => slots * slotSize + chunks;

if (requireXS()) {
  const figures = budgeted(measureSizes());

  describe("what the firmware takes keeps to its budget, in bytes", () => {
    test("every figure has one, and no other has", () => {
      expect(Object.keys(budget).sort()).toEqual(Object.keys(figures).sort());
    });

    test.each(Object.entries(budget))("%s", (name, { budget }) => {
      const figure = figures[name] as number;
      if (figure > budget)
        throw new Error(
          `"${name}" is ${figure} bytes, ${figure - budget} more than its budget. "npm run size" shows where ` +
            `they are. Make it smaller; or, if it is worth them, "npm run size -- --update" sets another budget, ` +
            `and the commit says why.`,
        );
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

    test("is the same after 1,000 publishes and after 10,000", () => {
      const [early, late] = results<Figures>(runOnBoard("esp32c3", compile("soak")));
      expect(late?.label).toBe("10000 publishes");
      expect(Math.abs(live(late as Figures) - live(early as Figures))).toBeLessThanOrEqual(MARGIN);
    });
  });
}
