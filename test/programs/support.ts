import {
  describeProgram,
  PlainProgram,
  type ProgramModule,
} from "../../firmware/sensors/program.js";

export interface Told {
  readonly output: string;
  /** Counted from the first sample of all. */
  readonly sample: number;
  readonly value: number;
}

/** Runs a program over a signal of whole windows, as TypeScript. */
export function tell(
  module: ProgramModule,
  signal: readonly number[],
  config: Record<string, number> = {},
): Told[] {
  const { window, outputs } = describeProgram(module);
  const program = new PlainProgram(module, config);
  const told: Told[] = [];
  for (let start = 0; start < signal.length; start += window)
    program.samples(Float64Array.from(signal.slice(start, start + window)), (error, records) => {
      if (error !== undefined) throw error;
      for (let at = 0; at < records.length; at += 3) {
        const [output = 0, sample = 0, value = 0] = records.subarray(at, at + 3);
        told.push({ output: outputs[output]?.name ?? "", sample: start + sample, value });
      }
    });
  return told;
}

/** The values of one output. */
export function valuesOf(told: readonly Told[], output: string): number[] {
  return told.filter((one) => one.output === output).map(({ value }) => value);
}
