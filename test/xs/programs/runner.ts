/** Runs tests inside of the XS host, and prints a line of JSON for each. */

import { timer } from "../../../host-sim/xs/timer.js";
import type { Test } from "../../conformance/host.js";

declare function trace(text: string): void;

/** How long a test may take, in milliseconds. */
const PATIENCE = 20_000;

let tests: { name: string; body: () => Promise<void> }[] = [];

/** Adds a test to the subject that is being described. */
export const test: Test = (name, body) => {
  tests.push({ name, body });
};

/** Tests go by subjects, for there is not the memory for all of them at once. */
export async function run(...subjects: (() => void)[]): Promise<void> {
  for (const describe of subjects) {
    tests = [];
    describe();
    for (const { name, body } of tests) {
      const problem = await Promise.race([problemOf(body), lateness()]);
      trace(`${JSON.stringify({ name, problem })}\n`);
      timer.clear(patience);
    }
  }
}

async function problemOf(body: () => Promise<void>): Promise<string | undefined> {
  try {
    await body();
    return undefined;
  } catch (error) {
    return (error as Error).stack ?? String(error);
  }
}

let patience: ReturnType<typeof timer.set> | undefined;

function lateness(): Promise<string> {
  return new Promise((resolve) => {
    patience = timer.set(() => resolve(`it takes longer than ${PATIENCE} ms`), PATIENCE);
  });
}
