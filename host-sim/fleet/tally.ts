/** What a fleet has done so far, in numbers; those of several processes can be added up. */

import type { FleetDevice } from "./fleet-device.js";
import { LatencyHistogram } from "./latency.js";

/** Counts by what is counted. They go from process to process as they are. */
export interface Counts {
  devices: number;
  /** Devices in each state. */
  states: Partial<Record<FleetDevice["state"], number>>;
  /** Sessions that were begun, and that went on after their connection was lost. */
  connects: number;
  resumes: number;
  /** Items that outboxes took, that are acknowledged, that wait, and that are lost. */
  taken: number;
  published: number;
  pending: number;
  lost: number;
  /** What was done to devices. */
  faults: number;
  reboots: number;
  /** Devices that ended with an error. */
  failed: number;
  /** See {@link LatencyHistogram.counts}. */
  latencies: readonly number[];
}

/** The counts as they are now. */
export function countDevices(
  devices: readonly FleetDevice[],
  latency: LatencyHistogram = new LatencyHistogram(),
): Counts {
  const counts = nothing();
  for (const device of devices) {
    counts.devices++;
    counts.states[device.state] = (counts.states[device.state] ?? 0) + 1;
    counts.connects += device.sessions;
    counts.resumes += device.resumes;
    counts.taken += device.taken;
    counts.published += device.published;
    counts.pending += device.pending;
    counts.lost += device.lost;
    counts.faults += device.faults;
    counts.reboots += device.reboots;
    if (device.hasEnded && device.error !== undefined) counts.failed++;
  }
  counts.latencies = latency.counts;
  return counts;
}

/** The counts of several processes, together. */
export function addUp(all: readonly Counts[]): Counts {
  const sum = nothing();
  const latency = new LatencyHistogram();
  for (const counts of all) {
    for (const name of NUMBERS) sum[name] += counts[name];
    for (const [state, count] of Object.entries(counts.states)) {
      const name = state as FleetDevice["state"];
      sum.states[name] = (sum.states[name] ?? 0) + count;
    }
    latency.merge(new LatencyHistogram(counts.latencies));
  }
  sum.latencies = latency.counts;
  return sum;
}

const NUMBERS = [
  "devices",
  "connects",
  "resumes",
  "taken",
  "published",
  "pending",
  "lost",
  "faults",
  "reboots",
  "failed",
] as const;

function nothing(): Counts {
  return {
    devices: 0,
    states: {},
    connects: 0,
    resumes: 0,
    taken: 0,
    published: 0,
    pending: 0,
    lost: 0,
    faults: 0,
    reboots: 0,
    failed: 0,
    latencies: [],
  };
}

/** What is told at the end. Latencies are in milliseconds. */
export function summarise({ latencies, states, ...counts }: Counts): Record<string, unknown> {
  const latency = new LatencyHistogram(latencies);
  const rounded = (part: number): number | undefined => {
    const value = latency.quantile(part);
    return value === undefined ? undefined : Number(value.toPrecision(3));
  };
  return {
    ...counts,
    states,
    latency: { p50: rounded(0.5), p95: rounded(0.95), p99: rounded(0.99) },
  };
}
