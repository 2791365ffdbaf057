/** What a run is to be like: drawn from its seed, and nothing else. */

import type { Policy } from "../../firmware/outbox/policy.js";
import type { BoardSettings } from "./board.js";
import type { Dice } from "./dice.js";
import type { DeviceFault, Fault, FaultKind } from "./faults/fault.js";
import type { Cut } from "./faults/storage.js";

export interface PlannedFault {
  /** Milliseconds after the beginning. */
  readonly at: number;
  /** The device it happens to; none for the server's. */
  readonly device?: number;
  readonly fault: Fault;
}

export interface Plan {
  /** Milliseconds during which things go wrong. */
  readonly length: number;
  readonly settings: BoardSettings;
  readonly faults: readonly PlannedFault[];
}

export interface PlanOptions {
  readonly devices: number;
  /** Milliseconds during which things go wrong, and how many things. */
  readonly length: number;
  readonly faults: number;
  /** Milliseconds that anything lasts, at most: outages, stalls, a server that is down. */
  readonly longest: number;
  /** Milliseconds between two samples, at most. */
  readonly interval: number;
  readonly kinds: readonly FaultKind[];
  /** Whether devices may have so little storage that it is full at times. */
  readonly isScarce: boolean;
  /** Milliseconds for which acknowledgements are doubted; 0 for not at all. */
  readonly settle: number;
  /** How soon devices notice that a connection is gone, and make another. */
  readonly client: Pick<BoardSettings, "backoff" | "keepAlive">;
}

const POLICIES: readonly Policy[] = ["drop-oldest", "drop-newest", { thin: 3 }];
const CUTS: readonly Cut[] = ["before", "torn", "after"];

export function drawPlan(dice: Dice, options: PlanOptions): Plan {
  const { devices, length, longest, kinds } = options;
  const faults = Array.from({ length: options.faults }, () => {
    const fault = drawFault(dice, dice.pick(kinds), longest);
    const at = dice.between(0, length);
    return isOfServer(fault) ? { at, fault } : { at, device: dice.between(1, devices), fault };
  });
  return {
    length,
    settings: drawSettings(dice, options),
    faults: faults.sort((a, b) => a.at - b.at),
  };
}

export function isOfServer(fault: Fault): fault is Exclude<Fault, DeviceFault> {
  return fault.kind === "kill" || fault.kind === "forget";
}

/** The ways in which devices are used: most of them as they are set when nobody says anything. */
function drawSettings(
  dice: Dice,
  { interval, isScarce, settle, client }: PlanOptions,
): BoardSettings {
  return {
    ...client,
    // Where acknowledgements are believed at once, both come to the same.
    qos:
      settle > 0 ? "effectively-once" : dice.pick(["at-least-once", "effectively-once"] as const),
    interval: dice.between(Math.ceil(interval / 5), interval),
    outbox: {
      // Room for two to seven items, or for more than a run has.
      ...(isScarce && dice.oneIn(4)
        ? { segment: 400, capacity: dice.between(1_400, 2_200) }
        : { capacity: 32_000 }),
      policy: dice.pick(POLICIES),
      settle,
      window: dice.oneIn(4) ? dice.between(1, interval * 2) : 0,
    },
    batch: { time: dice.oneIn(4) ? dice.between(1, interval * 3) : 0 },
    pace: { window: dice.between(1, 8), catchUp: 50 },
  };
}

function drawFault(dice: Dice, kind: FaultKind, longest: number): Fault {
  const time = dice.between(1, longest);
  switch (kind) {
    case "cut":
      return { kind, direction: dice.pick(["in", "out"]), bytes: dice.between(0, 1500) };
    case "delay":
      return { kind, delay: dice.between(1, Math.ceil(longest / 20)), time };
    case "trickle":
      return { kind, time: Math.ceil(time / 4) };
    case "stall":
    case "slow-reader":
    case "outage":
      return { kind, time };
    case "tear": {
      const which = dice.pick(["this", "next"] as const);
      // To connect takes some 4 kB in and 2 kB out, of which half is TLS's handshake; a publish takes 600 bytes.
      const bytes = dice.between(0, which === "next" ? 4000 : 600);
      return { kind, which, direction: dice.pick(["in", "out"]), bytes };
    }
    case "restart":
    case "power":
      return { kind, off: dice.between(1, longest) };
    case "power-at-write":
      return { kind, writes: dice.between(0, 5), cut: dice.pick(CUTS), off: time };
    case "storage":
      return { kind, writes: dice.between(1, 5) };
    case "clock":
      return { kind, by: dice.between(-40_000_000, 40_000_000) };
    case "kill":
      return { kind, down: time };
    default:
      return { kind };
  }
}
