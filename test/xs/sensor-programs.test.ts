/** Sensor programs in the XS engine, interpreted and as native code, against what V8 says: to the last bit. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import * as calibration from "../../firmware/programs/calibration.js";
import * as change from "../../firmware/programs/change.js";
import * as smoothing from "../../firmware/programs/smoothing.js";
import * as statistics from "../../firmware/programs/statistics.js";
import * as thinning from "../../firmware/programs/thinning.js";
import * as vibration from "../../firmware/programs/vibration.js";
import { describeProgram, PlainProgram } from "../../firmware/sensors/program.js";
import { exercise } from "../../host-sim/programs/exercise.js";
import { BOX, PROGRAMS_HOST } from "../../scripts/programs.mjs";
import { compile, requireXS, results, runIn } from "./host.js";

const PROGRAMS = { calibration, change, smoothing, statistics, thinning, vibration };

/** How many seeded signals each program gets. */
const SIGNALS = 10;

interface Line {
  readonly program: string;
  readonly way: "interpreted" | "native";
  readonly seed: number;
  readonly lines: readonly string[];
}

test("every program of the box is looked at", () => {
  expect(Object.keys(PROGRAMS)).toEqual(BOX);
});

if (requireXS(PROGRAMS_HOST)) {
  const folder = mkdtempSync(join(tmpdir(), "pipit-programs-"));
  const settings = join(folder, "settings.json");
  writeFileSync(settings, JSON.stringify({ signals: SIGNALS }));
  const all = results<Line>(runIn(PROGRAMS_HOST, "esp32", compile("sensor-programs"), settings));
  rmSync(folder, { recursive: true });

  describe.each(Object.entries(PROGRAMS))("%s", (name, module) => {
    test.each(["interpreted", "native"])("%s", (way) => {
      const found = all.filter((line) => line.program === name && line.way === way);
      expect(found).toHaveLength(SIGNALS);
      for (const { seed, lines } of found)
        exercise(describeProgram(module), new PlainProgram(module), seed, (expected) =>
          expect({ seed, lines }).toEqual({ seed, lines: expected }),
        );
    });
  });
}
