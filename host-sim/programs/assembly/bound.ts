/**
 * AssemblyScript: what the simulator calls, through as-bind. `./program` and `./description` stand for the
 * program's file and for firmware/programs/description.ts, as compile.ts says.
 */

import { Description, Parameter, Quantity } from "./description";
import { describe, Program } from "./program";
import { Records } from "./records";

const CAPACITY: i32 = 1024;

const records: Records = new Records(CAPACITY);
let program: Program | null = null;

/** All that the program says of itself, as JSON. */
export function description(): string {
  const it: Description = new Description();
  describe(it);
  return (
    "{" +
    `"name":"${it.name}","version":"${it.version}","rate":${it.rate.toString()},` +
    `"window":${it.window.toString()},"inputs":${quantities(it.inputs)},` +
    `"outputs":${quantities(it.outputs)},"parameters":${parameters(it.parameters)}` +
    "}"
  );
}

/** Begins anew. @param config a value for each parameter */
export function init(config: Float64Array): void {
  program = new Program(config);
}

/** @returns three numbers for each record; the number of records before them, which may be more */
export function samples(window: Float64Array): Float64Array {
  records.length = 0;
  program!.samples(window, records);
  const told: i32 = min(records.length, CAPACITY);
  const result: Float64Array = new Float64Array(1 + 3 * told);
  result[0] = records.length;
  for (let i: i32 = 0; i < 3 * told; i++) result[i + 1] = records.data[i];
  return result;
}

function quantities(list: Quantity[]): string {
  const texts: string[] = [];
  for (let i: i32 = 0; i < list.length; i++)
    texts.push(
      `{"name":"${list[i].name}","unit":"${list[i].unit}","isAlarm":${list[i].isAlarm ? "true" : "false"}}`,
    );
  return `[${texts.join(",")}]`;
}

function parameters(list: Parameter[]): string {
  const texts: string[] = [];
  for (let i: i32 = 0; i < list.length; i++) {
    const it: Parameter = list[i];
    texts.push(
      `{"name":"${it.name}","least":${it.least.toString()},"most":${it.most.toString()},"usual":${it.usual.toString()}}`,
    );
  }
  return `[${texts.join(",")}]`;
}
