/** Runs a fleet from its beginning to its end. */

import type { KeyValueStorage } from "../../firmware/io.js";
import { type DeviceEvent, Fleet, type FleetDevice } from "./fleet.js";
import type { FleetPlan, Shard, Stage } from "./plan.js";
import { Scenario } from "./scenario.js";

export interface RunOptions {
  readonly plan: FleetPlan;
  readonly stage: Stage;
  readonly shard?: Shard;
  readonly storage?: (name: string) => KeyValueStorage;
  /** Ends it after so many items were delivered, all devices together. */
  readonly limit?: number;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
  readonly onFleet?: (fleet: Fleet) => void;
  readonly onEvent?: (device: FleetDevice, event: DeviceEvent) => void;
  readonly onStep?: (words: string) => void;
}

/** How it ended. */
export interface Ended {
  readonly fleet: Fleet;
  /** What the scenario expected and did not come to be. */
  readonly failure: string | undefined;
}

/**
 * Without a scenario or a duration, it ends when it is told to, or when no device is left that would try again.
 * All streams are closed in good order then.
 * @throws ConfigError for options that cannot be used
 */
export async function runFleet(options: RunOptions): Promise<Ended> {
  const { plan, stage, limit = Number.POSITIVE_INFINITY, signal } = options;
  let published = 0;
  let failure: string | undefined;
  let end: () => void = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const fleet = new Fleet({
    ...options,
    faults: plan.scenario.some(({ kind }) => kind !== "wait" && kind !== "expect"),
    onEvent: (device, event) => {
      if (event.kind === "acked" && ++published >= limit) end();
      options.onEvent?.(device, event);
    },
  });
  options.onFleet?.(fleet);
  fleet.start();
  const scenario = newScenario(fleet, options, (unmet) => {
    failure = unmet;
    end();
  });
  if (scenario === undefined && plan.duration !== undefined)
    stage.reach.timer.set(end, plan.duration);
  signal?.addEventListener("abort", end);
  if (signal?.aborted) end();
  try {
    await drive(stage, Promise.race([over, fleet.ended]));
  } finally {
    scenario?.close();
    await drive(stage, fleet.close());
  }
  return { fleet, failure };
}

function newScenario(
  fleet: Fleet,
  { plan, onStep }: RunOptions,
  onEnd: (failure: string | undefined) => void,
): Scenario | undefined {
  if (plan.scenario.length === 0) return undefined;
  return new Scenario({ fleet, onEnd, ...(onStep === undefined ? {} : { onStep }) });
}

/** Waits for something; where the clock is a virtual one, time has to be let pass for that. */
async function drive(stage: Stage, wanted: Promise<void>): Promise<void> {
  let isDone = false;
  const done = wanted.finally(() => {
    isDone = true;
  });
  if (stage.runUntil !== undefined) {
    done.catch(() => {}); // thrown below
    await stage.runUntil(() => isDone);
  }
  await done;
}
