/**
 * Runs transcripts in XS. Arguments: the sizes of the pieces into which to cut what the server sends, with
 * commas between them; the folder of the transcripts, and their names. Prints a line of JSON for each run.
 */

import { crypto } from "../../../host-sim/xs/crypto.js";
import { native } from "../../../host-sim/xs/native.js";
import { type Cut, runTranscript } from "../../transcripts/runner.js";

declare function trace(text: string): void;

const [sizes = "", folder = "", ...names] = native.arguments();

const cuts: Record<string, Cut> = {
  whole: (bytes) => [bytes],
  "byte by byte": (bytes) => cut(bytes, [1]),
  "at random": (bytes) => cut(bytes, sizes.split(",").map(Number)),
};

function cut(bytes: Uint8Array, sizes: number[]): Uint8Array[] {
  const pieces = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = at + (sizes[i % sizes.length] as number);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

const read = (name: string) => native.readText(`${folder}/${name}`);

function problemOf(name: string, cut: Cut): string | undefined {
  try {
    runTranscript(name, read, crypto, cut);
    return undefined;
  } catch (error) {
    return (error as Error).stack ?? String(error);
  }
}

for (const name of names) {
  for (const [cut, pieces] of Object.entries(cuts)) {
    trace(`${JSON.stringify({ name, cut, problem: problemOf(name, pieces) })}\n`);
  }
}
native.figures("end");
