/** The thread that sensor programs of one file run in. It does what it is told, in order. */

import { parentPort, workerData } from "node:worker_threads";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { WasmProgram } from "./wasm.js";

/** What the thread is begun with. */
export interface WorkerData {
  readonly bytes: Uint8Array;
  readonly file: string;
}

export type Request =
  /** Makes a program; the answer has its description. */
  | { readonly kind: "start"; readonly id: number; readonly config: Float64Array | undefined }
  | { readonly kind: "samples"; readonly id: number; readonly window: Float64Array }
  | { readonly kind: "end"; readonly id: number };

/** One for each request but `end`, in their order, after a `"ready"`. */
export interface Answer {
  readonly error?: string;
  readonly description?: string;
  readonly records?: Float64Array;
}

const { bytes, file } = workerData as WorkerData;
const programs = new Map<number, WasmProgram>();

parentPort?.on("message", (request: Request) => {
  if (request.kind === "end") return void programs.delete(request.id);
  let answer: Answer;
  try {
    answer = handle(request);
  } catch (error) {
    answer = { error: error instanceof ConfigError ? error.text : String(error) };
  }
  parentPort?.postMessage(answer);
});

parentPort?.postMessage("ready");

function handle(request: Exclude<Request, { kind: "end" }>): Answer {
  if (request.kind === "start") {
    const program = new WasmProgram(bytes, file);
    if (request.config !== undefined) program.init(request.config);
    programs.set(request.id, program);
    return { description: JSON.stringify(program.description) };
  }
  const program = programs.get(request.id);
  return program === undefined
    ? { error: "it is not running" }
    : { records: program.samples(request.window) };
}
