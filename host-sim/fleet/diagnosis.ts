/** Says in plain words what holds a fleet back, if anything does: the server, or the machine it runs on. */

import { LatencyHistogram } from "./latency.js";
import type { Counts } from "./tally.js";

/** What is known of a while. */
export interface Period {
  readonly before: Counts;
  readonly after: Counts;
  readonly seconds: number;
  /** How much of the time the busiest process of the fleet had something to do, from 0 to 1. */
  readonly busy: number;
}

/** Busy processes have no time to wait for anybody. */
const BUSY = 0.9;

/** The part of what comes up that has to be acknowledged, for a server to keep up. */
const KEEPS_UP = 0.9;

/** Acknowledgements that take longer, in milliseconds, say that the server has more to do than it can. */
const SLOW = 2_000;

/** Fewer items and devices than these say nothing. */
const FEW = 20;

/** @returns what to tell; undefined when all is well */
export function diagnose({ before, after, seconds, busy }: Period): string | undefined {
  const rate = (count: number): string => `${Math.round(count / seconds)}/s`;
  const published = after.published - before.published;
  const lost = after.lost - before.lost;
  // An outbox that is full grows no more, whatever comes up.
  const left = after.pending - before.pending + lost;
  const came = published + left;
  const connects = after.connects - before.connects;
  const { connecting = 0, waiting = 0 } = after.states;
  const latency = new LatencyHistogram(
    after.latencies.map((count, i) => count - (before.latencies[i] ?? 0)),
  ).quantile(0.95);
  // Devices that come back have something to catch up on.
  const isCalm =
    connects === 0 && after.resumes === before.resumes && after.faults === before.faults;
  const isBehind = isCalm && left > FEW && published < KEEPS_UP * came;
  const isSlow = isCalm && came > FEW && latency !== undefined && latency > SLOW;
  const isStuck = connecting > FEW && connecting + waiting > connects;
  if (!isBehind && !isSlow && !isStuck) return undefined;
  const what = isBehind
    ? `${rate(came)} items come up and ${rate(published)} are acknowledged; ${after.pending} wait` +
      (lost > 0 ? `, and ${rate(lost)} are lost, because outboxes are full` : "")
    : isSlow
      ? `acknowledgements take up to ${((latency ?? 0) / 1000).toFixed(1)} s`
      : `${connecting} devices are connecting, and ${rate(connects)} get through`;
  const percent = `${Math.round(100 * busy)} %`;
  return busy > BUSY
    ? `this machine is the limit: ${what}; the fleet is busy ${percent} of the time. Spread it with --processes, or over machines with --shard`
    : `the server is the limit, not the fleet, which is busy ${percent} of the time: ${what}`;
}
