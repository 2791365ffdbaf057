/** A sensor program that was compiled into the firmware. */

import { Description } from "../programs/description.js";
import {
  checkRecords,
  configure,
  MOST_RECORDS,
  type ProgramModule,
  type Running,
} from "./program.js";

/** The functions of `firmware/programs/native/xs-programs.h`. Numbers go as their bytes. */
export interface NativePrograms {
  /** @throws Error when the firmware has no such program, or no memory for it */
  beginProgram(name: string, config: Uint8Array): object;
  /** Returns the number of records; -1 when the program failed. */
  programSamples(program: object, window: Uint8Array, records: Uint8Array): number;
}

const NONE = Object.freeze([]);

export class NativeProgram implements Running {
  readonly description = new Description();
  readonly #native: NativePrograms;
  readonly #program: object;
  readonly #records = new Float64Array(3 * MOST_RECORDS);
  readonly #recordBytes = bytesOf(this.#records);

  /**
   * @param describe what the program says of itself: that of its TypeScript
   * @throws ConfigError `program` for a configuration that does not fit
   */
  constructor(
    native: NativePrograms,
    describe: ProgramModule["describe"],
    config: Readonly<Record<string, number>> = {},
  ) {
    describe(this.description);
    this.#native = native;
    this.#program = native.beginProgram(
      this.description.name,
      bytesOf(configure(this.description, config)),
    );
  }

  samples(window: Float64Array, done: Parameters<Running["samples"]>[1]): void {
    const bytes = bytesOf(window);
    const count = this.#native.programSamples(this.#program, bytes, this.#recordBytes);
    try {
      if (count < 0) throw new Error(`${this.description.name} failed`);
      checkRecords(this.description, count, this.#records);
    } catch (error) {
      return done(error as Error, new Float64Array(NONE));
    }
    done(undefined, this.#records.subarray(0, 3 * count));
  }

  close(): void {}
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
