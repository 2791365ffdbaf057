/** A run in real time, on an installed server that is started for it: Prosody or ejabberd. */

import { TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { promised, withPubSub } from "../cli/session.js";
import { crypto } from "../node/crypto.js";
import { MemoryStorage } from "../node/memory-storage.js";
import { TCP } from "../node/tcp.js";
import { timer } from "../node/timer.js";
import { TLSSocket } from "../node/tls.js";
import { startEjabberd } from "../servers/ejabberd.js";
import { startProsody } from "../servers/prosody.js";
import type { XmppServer } from "../servers/server.js";
import type { Site } from "./board.js";
import { Dice } from "./dice.js";
import type { FaultKind } from "./faults/fault.js";
import { Wire } from "./faults/wire.js";
import type { Happening } from "./journal.js";
import { drawPlan } from "./plan.js";
import { Run } from "./run.js";
import type { Ended } from "./summary.js";

export interface RealOptions {
  readonly server: "prosody" | "ejabberd";
  readonly devices: number;
  /** How many things go wrong, in how many milliseconds, and of which kinds. */
  readonly faults: number;
  readonly length: number;
  readonly kinds: readonly FaultKind[];
  /** Milliseconds for which acknowledgements are doubted. Default: what the server needs. */
  readonly settle?: number;
  readonly onHappening?: (happening: Happening) => void;
  /** Is told when the run begins. */
  readonly onRun?: (run: Run) => void;
  /** Ends the run before its time. */
  readonly signal?: AbortSignal | undefined;
}

const NODE = "readings";
const PASSWORD = "chaos";

/** All in milliseconds. */
const LONGEST = 2_000;
const INTERVAL = 3_000;
const PATIENCE = 60_000;
const GHOST = 3_000;

/** Less haste than on the virtual clock: a server that is slow, as on a busy machine, must not pass for a dead one. */
const CLIENT = {
  backoff: { start: 0, base: 250, limit: 2_000, later: 4_000 },
  keepAlive: { interval: 2_000, timeout: 6_000 },
};

/**
 * How often something goes wrong with devices, to once with the server: there are many devices and one server, which
 * would else be down most of the time.
 */
const DEVICE_WEIGHT = 3;

/** How long the stores of the servers are doubted: Prosody's writes before it acknowledges. */
const SETTLE = { prosody: 0, ejabberd: 15_000 } as const;

/**
 * Starts the server with data of its own, runs, and removes both.
 * @throws Error when the server does not start, with its log, or the run was ended before its time
 */
export async function runForReal(seed: number, options: RealOptions): Promise<Ended> {
  const { devices } = options;
  const server = await (options.server === "prosody"
    ? startProsody({ durable: true })
    : startEjabberd());
  const wires = new Map<number, Wire>();
  try {
    // The others reach the server itself, which refuses connections while it is down.
    for (let odd = 1; odd <= devices; odd += 2)
      wires.set(odd, await Wire.open({ host: server.host, port: portOf(server, odd) }));
    const site = siteOf(server, wires);
    await makeNode(site, server);
    for (const who of ["witness", ...names(devices)]) await server.addAccount(who, PASSWORD);
    // In good order, so that the node is on disk before the server is killed first.
    await server.restart();
    return await run(seed, site, server, options);
  } finally {
    for (const wire of wires.values()) await wire.close();
    await server.stop();
  }
}

function names(devices: number): string[] {
  return Array.from({ length: devices }, (_, i) => `device${i + 1}`);
}

function makeNode(site: Site, { owner }: XmppServer): Promise<void> {
  const { certificate, ...reach } = site.reach("owner");
  const client = {
    ...reach,
    ...owner,
    tcp: { io: site.TCP },
    tls: {
      io: site.TLS,
      TCP: { io: site.TCP },
      ...(certificate === undefined ? {} : { secure: { certificate } }),
    },
    timer,
    crypto,
  };
  return withPubSub(client, site.service, (pubsub) =>
    promised((done) =>
      pubsub.createNode(site.node, { ...TELEMETRY_NODE, max_items: "10000" }, done),
    ),
  );
}

function run(seed: number, site: Site, server: XmppServer, options: RealOptions): Promise<Ended> {
  const { devices } = options;
  const dice = new Dice(seed);
  const plan = drawPlan(dice.split(), {
    ...options,
    kinds: options.kinds.flatMap((kind) =>
      Array<FaultKind>(kind === "kill" ? 1 : DEVICE_WEIGHT).fill(kind),
    ),
    longest: LONGEST,
    interval: INTERVAL,
    isScarce: false,
    settle: options.settle ?? SETTLE[options.server],
    client: CLIENT,
  });
  return new Promise((resolve, reject) => {
    const restart = async (down: number): Promise<void> => {
      await server.kill("SIGKILL");
      await new Promise((later) => setTimeout(later, down));
      await server.start();
    };
    const run = new Run({
      site,
      victim: {
        fail(fault, done) {
          if (fault.kind === "kill") restart(fault.down).then(done, reject);
          else done();
        },
      },
      plan,
      devices,
      dice: dice.split(),
      storage: () => new MemoryStorage(),
      patience: PATIENCE,
      onEnd: (result) => {
        const { violation } = result;
        const { journal } = run;
        const history =
          violation === undefined ? [] : journal.historyOf(violation.device, violation.number);
        resolve({ ...result, seed, history });
      },
    });
    if (options.onHappening !== undefined) run.journal.onHappening = options.onHappening;
    options.onRun?.(run);
    options.signal?.addEventListener("abort", () => {
      run.close();
      reject(new Error("interrupted"));
    });
  });
}

/** One device in three begins TLS on a plain connection. */
function isDirect(device: number): boolean {
  return device % 3 !== 0;
}

function portOf({ directPort, starttlsPort }: XmppServer, device: number): number {
  return isDirect(device) ? directPort : starttlsPort;
}

function siteOf(server: XmppServer, wires: ReadonlyMap<number, Wire>): Site {
  const { domain, pubsub, host, ca } = server;
  return {
    timer,
    TCP,
    TLS: TLSSocket,
    ghost: GHOST,
    wire: (device) => wires.get(device),
    reach: (who) => {
      const device = Number(/^device([0-9]+)$/.exec(who)?.[1]); // NaN for whoever looks on
      return {
        jid: `${who}@${domain}/chaos`,
        password: PASSWORD,
        host,
        port: wires.get(device)?.port ?? portOf(server, device),
        security: isDirect(device) ? "direct" : "starttls",
        certificate: ca,
      };
    },
    crypto: () => crypto,
    service: pubsub,
    node: NODE,
  };
}
