import type { Timer } from "../../../firmware/io.js";
import { PACE } from "../../../firmware/telemetry/pace.js";
import { TELEMETRY_NODE } from "../../../firmware/xmpp/extensions/pubsub.js";
import type { Site } from "../../../host-sim/chaos/board.js";
import { Dice } from "../../../host-sim/chaos/dice.js";
import type { Happening } from "../../../host-sim/chaos/journal.js";
import { type Result, Run } from "../../../host-sim/chaos/run.js";
import { promised } from "../../../host-sim/cli/session.js";
import { crypto } from "../../../host-sim/node/crypto.js";
import { MemoryStorage } from "../../../host-sim/node/memory-storage.js";
import { TCP } from "../../../host-sim/node/tcp.js";
import { timer } from "../../../host-sim/node/timer.js";
import { TLSSocket } from "../../../host-sim/node/tls.js";
import { TestClient } from "./clients.js";
import type { XmppServer } from "./server.js";

const NODE = "readings";
const PASSWORD = "secret";

/** How much faster time passes for devices: they wait for half a minute after a refusal. */
const HASTE = 8;

const start = Date.now();

/** The machine's time, as if it passed faster. */
const hasty: Timer = {
  set: (callback, delay) => timer.set(callback, Math.ceil(delay / HASTE)),
  clear: (handle) => timer.clear(handle),
  now: () => start + (Date.now() - start) * HASTE,
};

export interface FleetOptions {
  /** Where devices have their accounts. */
  readonly home: XmppServer;
  /** Where the node is, and the subscriber. */
  readonly away: XmppServer;
  readonly devices: number;
  /** What goes wrong, one after the other, and for how long things go well before each, in milliseconds. */
  readonly troubles: readonly (() => Promise<void>)[];
  /** How devices reach their server, when that is not all the same. */
  readonly reach?: (device: string) => Partial<ReturnType<Site["reach"]>>;
  /** Milliseconds for which acknowledgements are doubted. */
  readonly settle?: number;
}

/** Milliseconds, as they pass for devices. */
const INTERVAL = 1_500;
const PATIENCE = 600_000;
const CLIENT = {
  backoff: { start: 0, base: 2_000, limit: 8_000, later: 8_000 },
  keepAlive: { interval: 16_000, timeout: 48_000 },
};
