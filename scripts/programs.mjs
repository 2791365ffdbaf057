/** Makes C of the sensor programs in the box, and builds the XS host and the chip that have them as native code. */

import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildEmulator, FIRMWARE } from "./emulator.mjs";
import { root, run } from "./run.mjs";
import { FOLDER } from "./xs.mjs";

/** Programs in the box: their files in firmware/programs. */
export const BOX = ["calibration", "change", "smoothing", "statistics", "thinning", "vibration"];

/** The C of the programs: git ignores it. */
export const PROGRAMS = join(root, "build/programs");

/** The XS host with programs in it. */
export const PROGRAMS_HOST = join(FOLDER, "pipit-xs-programs");

/** What QEMU boots for an emulated chip with programs in it. */
export const PROGRAMS_FIRMWARE = join(root, "build/emulator-programs/chip.elf");

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

/** Builds the firmware of the chip, with that of the chip without programs there already. As above. */
export function buildProgramsChip() {
  const folder = dirname(PROGRAMS_FIRMWARE);
  // All but the programs is the same.
  if (!existsSync(folder))
    cpSync(dirname(FIRMWARE), folder, { recursive: true, preserveTimestamps: true });
  const native = join(root, "firmware/programs/native");
  const programs = readdirSync(PROGRAMS).filter((name) => name.endsWith(".c"));
  return buildEmulator({
    extra: [
      ...programs.map((name) => join(PROGRAMS, name)),
      join(native, "wasm-runtime.c"),
      join(native, "xs-programs.c"),
      join(root, "host-sim/xs/native-programs.c"),
    ],
    flags: [
      `-I${native}`,
      `-I${PROGRAMS}`,
      `-I${PROGRAMS}/include`,
      "-O2",
      "-ffp-contract=off",
      "-w",
    ],
    folder,
  });
}
