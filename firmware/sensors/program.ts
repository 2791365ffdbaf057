/**
 * A sensor program at work, however it runs: as TypeScript, as WebAssembly in a simulator, or as native code on
 * a chip.
 */

import { Description } from "../programs/description.js";
import { Records } from "../programs/records.js";
import { ConfigError } from "../xmpp/errors.js";

/** The most records that a program may give for a window. */
export const MOST_RECORDS = 64;

export interface Running {
  /**
   * Gives the program its next window: `description.window` samples of each input, one after another in time,
   * the inputs of one time side by side.
   * @param done is called once, at once or later, with an error after which the program is of no more use, or
   *   with three numbers for each record (see {@link Records}), which hold until the next call
   */
  samples(
    window: Float64Array,
    done: (error: Error | undefined, records: Float64Array) => void,
  ): void;
  /** Ends it; `done` is not called any more. */
  close(): void;
}

/** The module of a program: what its file exports. */
export interface ProgramModule {
  describe(description: Description): void;
  readonly Program: new (
    config: Float64Array,
  ) => {
    samples(window: Float64Array, records: Records): void;
  };
}

const NO_RECORDS = Object.freeze([]);

/** Runs a program as it is, here and now. */
export class PlainProgram implements Running {
  readonly description: Description;
  readonly #program: InstanceType<ProgramModule["Program"]>;
  readonly #records = new Records(MOST_RECORDS);

  /** @throws ConfigError `program` for a configuration that does not fit */
  constructor(module: ProgramModule, config: Readonly<Record<string, number>> = {}) {
    this.description = describeProgram(module);
    this.#program = new module.Program(configure(this.description, config));
  }

  samples(
    window: Float64Array,
    done: (error: Error | undefined, records: Float64Array) => void,
  ): void {
    const records = this.#records;
    records.length = 0;
    try {
      this.#program.samples(window, records);
      checkRecords(this.description, records.length, records.data);
    } catch (error) {
      return done(error as Error, new Float64Array(NO_RECORDS));
    }
    done(undefined, records.data.subarray(0, 3 * records.length));
  }

  close(): void {}
}

export function describeProgram(module: Pick<ProgramModule, "describe">): Description {
  const description = new Description();
  module.describe(description);
  return description;
}

/**
 * The values of all parameters in their order; those that are not named have their usual ones.
 * @throws ConfigError `program` for a name that there is not, or a value out of range
 */
export function configure(
  description: Description,
  config: Readonly<Record<string, number>>,
): Float64Array {
  const { name, parameters } = description;
  for (const [key, value] of Object.entries(config)) {
    const parameter = parameters.find((parameter) => parameter.name === key);
    if (parameter === undefined)
      throw new ConfigError(
        "program",
        `${name} has no parameter ${key}; it has ${parameters.map(({ name }) => name).join(", ") || "none"}`,
      );
    if (!(value >= parameter.least && value <= parameter.most))
      throw new ConfigError(
        "program",
        `${key} of ${name} is ${value}; it goes from ${parameter.least} to ${parameter.most}`,
      );
  }
  return Float64Array.from(parameters, ({ name, usual }) => config[name] ?? usual);
}

/**
 * What is asked of a program's records: not more than there is room for, of outputs that there are, with
 * numbers that can be sent.
 * @throws ConfigError `program`
 */
export function checkRecords(description: Description, count: number, data: Float64Array): void {
  const { name, outputs, window } = description;
  if (count > MOST_RECORDS)
    throw new ConfigError(
      "program",
      `${name} gave ${count} records for a window; ${MOST_RECORDS} are allowed`,
    );
  for (let at = 0; at < 3 * count; at += 3) {
    const output = data[at] as number;
    const sample = data[at + 1] as number;
    const value = data[at + 2] as number;
    if (outputs[output] === undefined)
      throw new ConfigError(
        "program",
        `${name} gave a record of output ${output}, which is not there`,
      );
    if (!(Number.isInteger(sample) && sample < window && sample > -MOST_SAMPLES_BACK))
      throw new ConfigError("program", `${name} gave a record for sample ${sample} of ${window}`);
    if (!Number.isFinite(value))
      throw new ConfigError("program", `${name} gave ${value} for ${outputs[output]?.name}`);
  }
}

/** How far back a record may reach. */
const MOST_SAMPLES_BACK = 1e6;
