import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "@jest/globals";
import { crypto } from "../../host-sim/node/crypto.js";
import { seeded } from "../support/random.js";
import { type Cut, runTranscript, titleOf } from "../transcripts/runner.js";

const directory = new URL("../transcripts/", import.meta.url);
const files = readdirSync(directory).filter((name) => name.endsWith(".txt"));

const { seed, int } = seeded();

const cuts: Record<string, Cut> = {
  whole: (bytes) => [bytes],
  "byte by byte": (bytes) => Array.from(bytes, (byte) => Uint8Array.of(byte)),
  [`at random (seed ${seed})`]: (bytes) => {
    const pieces = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + int(40);
      pieces.push(bytes.subarray(at, end));
      at = end;
    }
    return pieces;
  },
};

const read = (name: string) => readFileSync(new URL(name, directory), "utf8");

describe.each(files)("%s", (file) => {
  test.each(Object.keys(cuts))(`${titleOf(read(file))} [%s]`, (name) => {
    runTranscript(file, read, crypto, cuts[name] as Cut);
  });
});
