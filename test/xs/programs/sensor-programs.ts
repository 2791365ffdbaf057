/**
 * The sensor programs of the box over seeded signals, interpreted and as native code, whichever the host has.
 * Its argument is a file of JSON: `{ "signals": how many }`. Prints a line of JSON for each program, way and signal.
 */

import * as calibration from "../../../firmware/programs/calibration.js";
import * as change from "../../../firmware/programs/change.js";
import * as smoothing from "../../../firmware/programs/smoothing.js";
import * as statistics from "../../../firmware/programs/statistics.js";
import * as thinning from "../../../firmware/programs/thinning.js";
import * as vibration from "../../../firmware/programs/vibration.js";
import { NativeProgram, type NativePrograms } from "../../../firmware/sensors/native-program.js";
import { describeProgram, PlainProgram, type Running } from "../../../firmware/sensors/program.js";
import { exercise } from "../../../host-sim/programs/exercise.js";
import { native } from "../../../host-sim/xs/native.js";

const PROGRAMS = [calibration, change, smoothing, statistics, thinning, vibration];

const natives = native as unknown as NativePrograms;
const ways = ["interpreted", ...("beginProgram" in natives ? ["native"] : [])];

const [settings = ""] = native.arguments();
const { signals } = JSON.parse(native.readText(settings)) as { signals: number };

for (const module of PROGRAMS)
  for (const way of ways)
    for (let seed = 0; seed < signals; seed++) {
      const description = describeProgram(module);
      const running: Running =
        way === "native" ? new NativeProgram(natives, module.describe) : new PlainProgram(module);
      exercise(description, running, seed, (lines) =>
        trace(`${JSON.stringify({ program: description.name, way, seed, lines })}\n`),
      );
    }

declare function trace(text: string): void;
