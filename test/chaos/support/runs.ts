import { expect, test } from "@jest/globals";
import { VIRTUAL_FAULTS } from "../../../host-sim/chaos/faults/fault.js";
import { describeFailure, type Ended, isGood, sumUp } from "../../../host-sim/chaos/summary.js";
import { runVirtually } from "../../../host-sim/chaos/virtual/run.js";

/** Ten thousand runs, in files of 2,500, so that they share the processors. */
export function testRuns(first: number, last: number): void {
  test(`no reading is lost, repeated or out of order in runs ${first} to ${last}`, () => {
    const results: Ended[] = [];
    for (let seed = first; seed <= last; seed++) results.push(run(seed));
    const sum = sumUp(results);
    // All that can go wrong did, and often.
    for (const kind of VIRTUAL_FAULTS)
      expect(sum.faults[kind]).toBeGreaterThan(results.length / 10);
    expect(sum.delivered + sum.dropped).toBe(sum.accepted);
    expect(sum.dropped).toBeGreaterThan(0);
    expect(sum.dropped).toBeLessThan(sum.accepted / 100);
    expect(sum.accepted).toBeGreaterThan(results.length * 10);
    expect(sum.resumes).toBeGreaterThan(results.length / 2);
    expect(sum.reboots).toBeGreaterThan(results.length / 3);
  }, 300_000);
}

function run(seed: number): Ended {
  let result: Ended;
  try {
    result = runVirtually(seed, { kinds: VIRTUAL_FAULTS });
  } catch (error) {
    throw new Error(`pipit chaos --seed ${seed} fails`, { cause: error });
  }
  if (!isGood(result)) throw new Error(`pipit chaos --seed ${seed}:\n${describeFailure(result)}`);
  return result;
}
