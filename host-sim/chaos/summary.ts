/** What came of one run or many, in words. */

import { describe, type Happening } from "./journal.js";
import type { Result } from "./run.js";

/** A run with what it takes to tell why it failed. */
export interface Ended extends Result {
  readonly seed: number;
  readonly history: readonly Happening[];
}

/** Whether everything was delivered, or counted as lost, once, in order and in time. */
export function isGood({ violation, problem }: Result): boolean {
  return violation === undefined && problem === undefined;
}

/** Puts results together: what is counted is added up, and of what is measured the most is kept. */
export function sumUp(results: readonly Result[]): Omit<Result, "violation" | "problem"> {
  const total = (of: (result: Result) => number): number =>
    results.reduce((sum, result) => sum + of(result), 0);
  const most = (of: (result: Result) => number): number =>
    results.reduce((peak, result) => Math.max(peak, of(result)), 0);
  const faults: Record<string, number> = {};
  for (const result of results)
    for (const [kind, count] of Object.entries(result.faults))
      faults[kind] = (faults[kind] ?? 0) + count;
  return {
    faults,
    accepted: total((it) => it.accepted),
    delivered: total((it) => it.delivered),
    dropped: total((it) => it.dropped),
    repeated: total((it) => it.repeated),
    sessions: total((it) => it.sessions),
    resumes: total((it) => it.resumes),
    reboots: total((it) => it.reboots),
    backlog: most((it) => it.backlog),
    storage: most((it) => it.storage),
    catchUp: most((it) => it.catchUp),
  };
}

/** A few lines for people. */
export function describeResults(results: readonly Result[]): string {
  const sum = sumUp(results);
  const faults = Object.entries(sum.faults).sort(([, a], [, b]) => b - a);
  const count = faults.reduce((total, [, times]) => total + times, 0);
  return [
    `accepted   ${sum.accepted} readings`,
    `delivered  ${sum.delivered}; ${sum.repeated} were repeated on the wire`,
    `dropped    ${sum.dropped}, for want of room, and counted`,
    `faults     ${count}: ${faults.map(([kind, times]) => `${times} ${kind}`).join(", ")}`,
    `sessions   ${sum.sessions} begun, ${sum.resumes} resumed; ${sum.reboots} reboots`,
    `backlog    ${sum.backlog} entries and ${sum.storage} bytes of storage at most in one device`,
    `catch-up   ${(sum.catchUp / 1000).toFixed(1)} s at most, when nothing went wrong any more`,
  ].join("\n");
}

/** What is wrong with a run, and how that came to be. */
export function describeFailure({ violation, problem, history }: Ended): string {
  if (violation === undefined) return `${problem}`;
  const { device, number, kind, text } = violation;
  const lines = [`reading ${number} of device ${device} is ${kind}: ${text}`];
  if (problem !== undefined) lines.push(problem);
  return [...lines, "Its history:", ...history.map(describe)].join("\n");
}
