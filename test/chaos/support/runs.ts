import { expect, test } from "@jest/globals";
import { FAULTS } from "../../../host-sim/chaos/faults/fault.js";
import { describeFailure, type Ended, isGood, sumUp } from "../../../host-sim/chaos/summary.js";
import { runVirtually } from "../../../host-sim/chaos/virtual/run.js";

/** What devices may keep in storage, in bytes. */
const CAPACITY = 32_000;

/** Ten thousand runs, in files of 2,500, so that they share the processors. */
export function testRuns(first: number, last: number): void {
  test(`no reading is lost, repeated or out of order in runs ${first} to ${last}`, () => {
    const results: Ended[] = [];
    for (let seed = first; seed <= last; seed++) results.push(run(seed));
    const sum = sumUp(results);
    // All that can go wrong did, and often.
    for (const kind of FAULTS) expect(sum.faults[kind]).toBeGreaterThan(results.length / 10);
    expect(sum.delivered).toBe(sum.accepted);
    expect(sum.accepted).toBeGreaterThan(results.length * 10);
    expect(sum.resumes).toBeGreaterThan(results.length / 2);
    expect(sum.reboots).toBeGreaterThan(results.length / 3);
    expect(sum.storage).toBeLessThanOrEqual(CAPACITY);
  }, 300_000);
}

function run(seed: number): Ended {
  let result: Ended;
  try {
    result = runVirtually(seed, { kinds: FAULTS });
  } catch (error) {
    throw new Error(`pipit chaos --seed ${seed} fails`, { cause: error });
  }
  if (!isGood(result)) throw new Error(`pipit chaos --seed ${seed}:\n${describeFailure(result)}`);
  return result;
}
