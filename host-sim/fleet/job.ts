/**
 * A fleet, or a part of one, as a process runs it: here, or in a process of its own that is told what to do by
 * messages. What a job tells is the same either way.
 */

import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Element } from "../../firmware/xmpp/xml/element.js";
import { describeError, exitStatus } from "../cli/report.js";
import { Storage } from "../node/storage.js";
import { createAccounts } from "./accounts.js";
import { Complaints } from "./complaints.js";
import { EventLog } from "./event-log.js";
import type { DeviceEvent, Fleet, FleetDevice } from "./fleet.js";
import { parseFleetFile } from "./fleet-file.js";
import { createNodes } from "./nodes.js";
import type { Counter } from "./parallel.js";
import { type DevicePlan, type FleetPlan, partOf, type Shard, type Stage } from "./plan.js";
import { readPlan } from "./read-plan.js";
import { openStage } from "./real-stage.js";
import { runFleet } from "./run.js";
import { checkOpenFiles } from "./sources.js";
import type { Counts } from "./tally.js";
import { openVirtualStage } from "./virtual-stage.js";

/** What a process is to run. It goes from process to process as it is. */
export interface JobOptions {
  /** The text of the fleet file, and where it is from. */
  readonly text: string;
  readonly path: string;
  /** Whether variables of the environment stand in it. */
  readonly hasVariables: boolean;
  readonly shard: Shard;
  /** Whether accounts and nodes are there already: another process has made them. */
  readonly isPrepared: boolean;
  /** Whether time passes as fast as it can, with the embedded server. */
  readonly fast: boolean;
  /** The folder in which devices keep what waits. */
  readonly storage?: string;
  /** The file for everything that happens. */
  readonly log?: string;
  readonly limit?: number;
}

/** What a job tells. */
export interface JobEvents {
  /** Something for people. */
  say(line: string): void;
  /** Several times a second, and at the end. @param busy how much of the time there was something to do */
  progress(counts: Counts, busy: number): void;
  /** Everything, where somebody in the same process wants to know. */
  event?(device: FleetDevice, event: DeviceEvent): void;
  /** Every element that goes over a stream, secrets included. */
  trace?(direction: "in" | "out", element: Element): void;
}

/** How a job ended. */
export interface JobEnd {
  readonly counts: Counts;
  /** Devices that had trouble, by kind of trouble. */
  readonly troubles: Readonly<Record<string, number>>;
  /** What was expected of a scenario in vain. */
  readonly failure?: string;
  /** Devices that had an error at the end, and what the first of them says of it. */
  readonly broken: number;
  readonly exit: number;
}

/** Milliseconds between two tellings of progress. */
const PERIOD = 250;

/** Milliseconds for which people wait without being told how far it is. */
const PATIENCE = 10_000;

/** @throws ConfigError for what cannot be run; XmppError when accounts and nodes cannot be made */
export async function runJob(
  options: JobOptions,
  events: JobEvents,
  signal: AbortSignal,
): Promise<JobEnd> {
  const { path, text, shard, fast, storage, limit } = options;
  const plan = await readPlan(
    parseFleetFile(text, path, options.hasVariables ? process.env : undefined),
  );
  const complaints = new Complaints(events.say);
  let log: EventLog | undefined;
  let stage: Stage | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    if (options.log !== undefined) {
      const trouble = (error: Error): void => events.say(error.message);
      log = new EventLog(options.log, trouble);
    }
    const mine = partOf(plan, shard);
    if (!fast) checkOpenFiles(mine.length * (plan.server.kind === "embedded" ? 2 : 1));
    stage = fast ? openVirtualStage(plan) : await openStage(plan, shard.index);
    if (!fast && !options.isPrepared) await prepare(plan, mine, stage, events.say, signal);
    const { reach } = stage;
    const { fleet, failure } = await runFleet({
      plan,
      stage,
      shard,
      signal,
      ...(limit === undefined ? {} : { limit }),
      ...(storage === undefined ? {} : { storage: (name) => new Storage(join(storage, name)) }),
      onFleet: (fleet) => {
        timer = tellProgress(fleet, events);
        for (const device of fleet.devices) device.trace = events.trace;
      },
      onStep: (words) => events.say(`step: ${words}`),
      onEvent: (device, event) => {
        if (event.kind === "error")
          complaints.add(device.name, event.error, describeError(event.error));
        log?.add(reach.timer.now(), device, event);
        events.event?.(device, event);
      },
    });
    return endOf(fleet, complaints, failure);
  } finally {
    clearInterval(timer);
    log?.close();
    await stage?.close();
    await plan.close();
  }
}

function endOf(fleet: Fleet, complaints: Complaints, failure: string | undefined): JobEnd {
  const broken = fleet.devices.filter(({ error }) => error !== undefined);
  const [first] = broken;
  // Where there is a scenario, it says what may go wrong.
  const hasFailed = fleet.plan.scenario.length === 0 && first !== undefined;
  return {
    counts: fleet.counts,
    troubles: complaints.counts,
    ...(failure === undefined ? {} : { failure }),
    broken: hasFailed ? broken.length : 0,
    exit: failure !== undefined ? 1 : hasFailed ? exitStatus(first?.error) : 0,
  };
}

/**
 * Makes the accounts and nodes of devices, where the plan says so.
 * @throws XmppError and Error when they cannot be made, or the signal comes before they are
 */
export async function prepare(
  plan: FleetPlan,
  devices: readonly DevicePlan[],
  stage: Stage,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (plan.server.kind === "embedded") return;
  const began = performance.now();
  let told = began;
  const counter: Counter = (what, total) => {
    let done = 0;
    return () => {
      done++;
      if (signal.aborted) throw new Error(`ended when ${done} of ${total} ${what} were there`);
      if (performance.now() - told < PATIENCE) return;
      told = performance.now();
      say(`${done} of ${total} ${what} are there`);
    };
  };
  if (plan.creation !== undefined)
    await createAccounts(plan.creation, devices, stage.reach, counter);
  const nodes = [...new Set(devices.map(({ node }) => node))];
  await createNodes(plan, nodes, stage.reach, counter);
  if (plan.creation !== undefined || plan.owner !== undefined)
    say(
      `accounts and ${nodes.length} nodes are there after ${Math.round((performance.now() - began) / 100) / 10} s`,
    );
}

function tellProgress(fleet: Fleet, events: JobEvents): NodeJS.Timeout {
  let before = performance.eventLoopUtilization();
  return setInterval(() => {
    const now = performance.eventLoopUtilization();
    events.progress(fleet.counts, performance.eventLoopUtilization(now, before).utilization);
    before = now;
  }, PERIOD);
}
