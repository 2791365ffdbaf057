/**
 * Sensor programs as native code of the chip. No firmware has them unless it is built with some: docs/programs.md
 * says how.
 */

import { NativeProgram } from "../../sensors/native-program.js";
import type { ProgramModule } from "../../sensors/program.js";
import type { BuiltInProgram } from "../programs.js";

function beginProgram(this: void, name: string, config: Uint8Array): object {
  return native("xs_program_begin").call(this, name, config) as object;
}

function programSamples(
  this: void,
  program: object,
  window: Uint8Array,
  records: Uint8Array,
): number {
  return native("xs_program_samples").call(this, program, window, records) as number;
}

/**
 * @param describe what the program says of itself
 * @param open opens what samples
 * @param config parameters that are not to have their usual values
 */
export function nativeProgram(
  describe: ProgramModule["describe"],
  open: BuiltInProgram["open"],
  config: Readonly<Record<string, number>> = {},
): BuiltInProgram {
  return {
    describe,
    begin: () => new NativeProgram({ beginProgram, programSamples }, describe, config),
    open,
  };
}
