/**
 * How long the sensor programs of the box take, interpreted and as native code, whichever the host has. Its argument
 * is a file of JSON: `{ "windows": how many for native code }`; interpreted, it is a fiftieth of them. Prints a line of
 * JSON for each program and way, with the samples, and the milliseconds for them.
 */

import * as calibration from "../../../firmware/programs/calibration.js";
import * as change from "../../../firmware/programs/change.js";
import * as smoothing from "../../../firmware/programs/smoothing.js";
import * as statistics from "../../../firmware/programs/statistics.js";
import * as thinning from "../../../firmware/programs/thinning.js";
import * as vibration from "../../../firmware/programs/vibration.js";
import { NativeProgram, type NativePrograms } from "../../../firmware/sensors/native-program.js";
import { describeProgram, PlainProgram, type Running } from "../../../firmware/sensors/program.js";
import { signalWindow } from "../../../host-sim/programs/exercise.js";
import { native } from "../../../host-sim/xs/native.js";

declare function trace(text: string): void;

const natives = native as unknown as NativePrograms;
const [settings = ""] = native.arguments();
const { windows } = JSON.parse(native.readText(settings)) as { windows: number };

for (const module of [calibration, change, smoothing, statistics, thinning, vibration]) {
  const description = describeProgram(module);
  measure("interpreted", new PlainProgram(module), Math.ceil(windows / 50));
  if ("beginProgram" in natives)
    measure("native", new NativeProgram(natives, module.describe), windows);

  function measure(way: string, running: Running, count: number): void {
    const signal = [0, 1, 2, 3].map((index) => signalWindow(description, 0, index));
    const rounds = Math.ceil((count * 100) / description.window);
    const begun = Date.now();
    for (let i = 0; i < rounds; i++)
      running.samples(signal[i & 3] as Float64Array, (error) => {
        if (error !== undefined) throw error;
      });
    const ms = Date.now() - begun;
    const samples = rounds * description.window * description.inputs.length;
    trace(`${JSON.stringify({ program: description.name, way, samples, ms })}\n`);
  }
}
