/** Sensor programs that were built into the firmware of a board. */

import type { Timer } from "../io.js";
import { describeProgram, type ProgramModule, type Running } from "../sensors/program.js";
import {
  ProgramRunner,
  type ProgramRunnerOptions,
  type WindowSource,
} from "../sensors/program-runner.js";

/** A program, and where it gets its samples from. */
export interface BuiltInProgram {
  readonly describe: ProgramModule["describe"];
  /** @throws Error when it cannot begin */
  begin(): Running;
  /** Opens what samples. @throws Error when it is not there */
  open(): WindowSource;
}

/**
 * Begins those that the settings name. One that cannot begin is told of as one that failed, and its samples go
 * raw; so does a source that is not there.
 */
export function startPrograms(
  programs: readonly BuiltInProgram[],
  timer: Timer,
  baseName: string,
  onReadings: ProgramRunnerOptions["onReadings"],
): ProgramRunner[] {
  return programs.map(
    ({ describe, begin, open }) =>
      new ProgramRunner({
        program: begunOr(begin),
        description: describeProgram({ describe }),
        source: openedOr(open),
        timer,
        baseName,
        onReadings,
      }),
  );
}

function begunOr(begin: () => Running): Running {
  try {
    return begin();
  } catch (error) {
    return {
      samples: (_window, done) => done(error as Error, new Float64Array(0)),
      close: () => {},
    };
  }
}

function openedOr(open: () => WindowSource): WindowSource {
  try {
    return open();
  } catch {
    return { read: () => "no-answer", close: () => {} };
  }
}
