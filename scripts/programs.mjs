/** Makes C of the sensor programs in the box, and builds the XS host that has them as native code. */

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";
import { FOLDER } from "./xs.mjs";

/** Programs in the box: their files in firmware/programs. */
export const BOX = ["calibration", "change", "smoothing", "statistics", "thinning", "vibration"];

/** The C of the programs: git ignores it. */
export const PROGRAMS = join(root, "build/programs");

/** The XS host with programs in it. */
export const PROGRAMS_HOST = join(FOLDER, "pipit-xs-programs");

/**
 * Translates all programs of the box. What tsc makes of this project has to be there.
 * @returns what is known of each of them: see `NativeProgram` in host-sim/programs/native.ts
 */
export async function translateBox() {
  const built = join(root, "build");
  const { listOf, translate } = await import(join(built, "host-sim/programs/native.js"));
  const { describeProgram } = await import(join(built, "firmware/sensors/program.js"));
  const programs = [];
  for (const name of BOX) {
    const module = await import(join(built, `firmware/programs/${name}.js`));
    const source = join(root, `firmware/programs/${name}.ts`);
    programs.push(await translate(source, describeProgram(module), PROGRAMS));
  }
  writeFileSync(join(PROGRAMS, "programs.c"), listOf(programs));
  // The one file of wabt's that its C needs; other files of the same folder are not for every compiler.
  mkdirSync(join(PROGRAMS, "include"), { recursive: true });
  copyFileSync("/usr/include/wasm-rt.h", join(PROGRAMS, "include/wasm-rt.h"));
  return programs;
}

/** Builds the host. Returns why it did not work, or nothing. */
export async function buildProgramsHost() {
  const status = await run(
    ...["make", "--silent", "--jobs=2", "-C", "host-sim/xs", `OUT=${FOLDER}`],
    ...[`PROGRAMS=${PROGRAMS}`, "programs"],
  );
  return status === 0 ? undefined : `make failed with status ${status}`;
}
