import { describe, expect, test } from "@jest/globals";
import { compile, requireXS, results, runOnBoard } from "./host.js";

/** See host-sim/xs/figures.h. */
interface Figures {
  readonly label: string;
  readonly arenaLeastFree: number;
  readonly slots: number;
  readonly chunks: number;
}

/** Bytes that are always left, for what no test has thought of. */
const RESERVE = 12_000;

if (requireXS()) {
  describe("a whole board, with the memory that its manifest gives it", () => {
    const stages = results<Figures>(runOnBoard("esp32c3", compile("board")));

    test("starts, publishes, and answers at the serial line", () => {
      expect(stages.map(({ label }) => label)).toEqual([
        "loaded",
        "started",
        "normal",
        "1 item",
        "100 items",
        "asked",
      ]);
    });

    test.each(stages)("has some left: $label", ({ arenaLeastFree }) => {
      expect(arenaLeastFree).toBeGreaterThan(RESERVE);
    });
  });
}
