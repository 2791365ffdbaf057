/** Sensor programs on the emulated chip, interpreted and as native code: the same bits as V8. */

import { expect, jest, test } from "@jest/globals";
import {
  describeProgram,
  PlainProgram,
  type ProgramModule,
} from "../../firmware/sensors/program.js";
import { exercise } from "../../host-sim/programs/exercise.js";
import { Chip } from "../../scripts/emulator.mjs";
import { BOX, PROGRAMS_FIRMWARE } from "../../scripts/programs.mjs";
import { compileProgram } from "../../scripts/xs-program.mjs";
import { requireXS } from "../xs/host.js";

jest.setTimeout(240_000);

/** Noise, a saw and steps: half a minute for an emulated chip. */
const SIGNALS = 3;

interface Line {
  readonly program: string;
  readonly way: string;
  readonly seed: number;
  readonly lines: readonly string[];
}

if (requireXS(PROGRAMS_FIRMWARE)) {
  test("every program of the box says on rv32imc what it says in V8", async () => {
    const chip = new Chip({
      program: compileProgram("test/xs/programs/sensor-programs"),
      settings: { signals: SIGNALS },
      firmware: PROGRAMS_FIRMWARE,
    });
    expect(await chip.ended).toBe(0);
    const found = chip.lines
      .filter((line) => line.includes('"way"'))
      .map((line) => JSON.parse(line) as Line);
    expect(found).toHaveLength(BOX.length * 2 * SIGNALS);
    for (const { program, way, seed, lines } of found) {
      const module: ProgramModule = await import(`../../firmware/programs/${program}.ts`);
      exercise(describeProgram(module), new PlainProgram(module), seed, (expected) =>
        expect({ program, way, seed, lines }).toEqual({ program, way, seed, lines: expected }),
      );
    }
  });
}
