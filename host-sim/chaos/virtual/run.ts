/** Runs on a virtual clock, with the embedded server: a thousand times faster than time, and repeatable. */

import type { KeyValueStorage } from "../../../firmware/io.js";
import { MemoryStorage } from "../../node/memory-storage.js";
import type { Filter } from "../../server/session.js";
import type { Site } from "../board.js";
import { Dice } from "../dice.js";
import type { FaultKind } from "../faults/fault.js";
import type { Happening } from "../journal.js";
import { drawPlan } from "../plan.js";
import { type Result, Run } from "../run.js";
import type { Ended } from "../summary.js";
import { VirtualClock } from "./clock.js";
import { virtualCrypto } from "./crypto.js";
import { VirtualNetwork } from "./network.js";
import { DOMAIN, type Durability, PASSWORD, VirtualServer } from "./server.js";

/** What may be asked of a run. What is not, its seed says. */
export interface VirtualOptions {
  readonly devices?: number;
  readonly durability?: Durability;
  /** Milliseconds for which acknowledgements are doubted. */
  readonly settle?: number;
  readonly kinds: readonly FaultKind[];
  readonly onHappening?: (happening: Happening) => void;
  /** What stands in for a part that works, to see whether it is found out. */
  readonly sabotage?: { filter?: Filter; storage?: () => KeyValueStorage };
}

const NODE = "readings";
/** Most of what can go wrong does so with one device. */
const DEVICES = [1, 1, 2, 3] as const;

/** All in milliseconds. */
const LENGTH = 16_000;
const LONGEST = 4_000;
const INTERVAL = 5_000;
const PATIENCE = 60_000;
const GHOST = 4_000;

const CLIENT = {
  backoff: { start: 0, base: 200, limit: 1_000, later: 4_000 },
  keepAlive: { interval: 4_000, timeout: 2_000 },
};

/** What it takes for a server that writes what it has acknowledged up to five seconds later. */
const SETTLE = 6_000;

/** @throws Error what the firmware throws */
export function runVirtually(seed: number, options: VirtualOptions): Ended {
  const dice = new Dice(seed);
  const devices = options.devices ?? dice.pick(DEVICES);
  const durability = options.durability ?? dice.pick(["at-once", "late"]);
  const settle = options.settle ?? (durability === "late" ? SETTLE : dice.pick([0, SETTLE]));
  const plan = drawPlan(dice.split(), {
    devices,
    length: LENGTH,
    faults: dice.between(2, 7),
    longest: LONGEST,
    interval: INTERVAL,
    kinds: options.kinds,
    isScarce: true,
    settle,
    client: CLIENT,
  });

  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const server = new VirtualServer(clock, network, dice.split(), {
    durability,
    node: NODE,
    filter: options.sabotage?.filter,
  });
  let result: Result | undefined;
  const run = new Run({
    site: siteOn(clock, network),
    victim: {
      fail(fault, done) {
        if (fault.kind === "forget") {
          server.forgetSessions();
          return done();
        }
        server.kill();
        clock.later(fault.down, () => {
          server.start();
          done();
        });
      },
    },
    plan,
    devices,
    dice: dice.split(),
    storage: () => options.sabotage?.storage?.() ?? new MemoryStorage(),
    patience: PATIENCE,
    onEnd: (ended) => {
      result = ended;
    },
  });
  if (options.onHappening !== undefined) run.journal.onHappening = options.onHappening;
  while (result === undefined) if (!clock.step()) throw new Error("nothing happens any more");
  const { violation } = result;
  const history =
    violation === undefined ? [] : run.journal.historyOf(violation.device, violation.number);
  return { ...result, seed, history };
}

function siteOn(clock: VirtualClock, network: VirtualNetwork): Site {
  return {
    timer: clock,
    TCP: network.TCP,
    TLS: network.TLS,
    ghost: GHOST,
    reach: (who) => ({
      jid: `${who}@${DOMAIN}/chaos`,
      password: PASSWORD,
      host: "192.0.2.1",
      security: "direct",
    }),
    crypto: virtualCrypto,
    service: `pubsub.${DOMAIN}`,
    node: NODE,
  };
}
