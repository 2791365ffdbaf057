import { describe, expect, test } from "@jest/globals";
import { compile, requireXS, results, runOnBoard } from "./host.js";

/** See host-sim/xs/figures.h. */
interface Figures {
  readonly label: string;
  readonly slotSize: number;
  readonly slots: number;
  readonly slotsPeak: number;
  readonly chunks: number;
  readonly chunksPeak: number;
  readonly stackPeak: number;
  readonly stackSize: number;
}

/** What a device may take while it is online, TLS apart, in bytes. */
const LIVE_BUDGET = 24 * 1024;
const PEAK_BUDGET = 48 * 1024;

const live = ({ slots, slotSize, chunks }: Figures) => slots * slotSize + chunks;
const peak = ({ slotsPeak, slotSize, chunksPeak }: Figures) => slotsPeak * slotSize + chunksPeak;

if (requireXS()) {
  const stages = results<Figures>(runOnBoard("esp32c3", compile("life")));
  const [loaded, online] = stages as [Figures, Figures];
  const afterwards = stages.slice(1);

  describe("the memory of a device", () => {
    test("has the slots of a microcontroller", () => {
      expect(loaded.slotSize).toBe(16);
    });

    test.each(afterwards)("keeps to its budgets: $label", (stage) => {
      // Before the device there is only what the test itself takes.
      expect(live(stage) - live(loaded)).toBeLessThanOrEqual(LIVE_BUDGET);
      expect(peak(stage) - live(loaded)).toBeLessThanOrEqual(PEAK_BUDGET);
    });

    test("does not grow with what was published, or with reconnects", () => {
      for (const stage of afterwards) expect(live(stage)).toBeLessThanOrEqual(live(online) + 512);
    });

    test.each(afterwards)(
      "leaves an eighth of the stack or more, were it the device's alone: $label",
      (stage) => {
        expect(stage.stackPeak - loaded.stackPeak).toBeLessThanOrEqual((stage.stackSize * 7) / 8);
      },
    );
  });
}
