import { readFileSync } from "node:fs";
import { Command } from "commander";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { serveMetrics } from "../collector/metrics.js";
import { diagnose } from "../fleet/diagnosis.js";
import type { DeviceEvent, FleetDevice } from "../fleet/fleet.js";
import type { FleetFile } from "../fleet/fleet-file.js";
import { parseFleetFile } from "../fleet/fleet-file.js";
import { type JobEnd, type JobOptions, prepare, runJob } from "../fleet/job.js";
import { type DevicePlan, type FleetPlan, fill, partOf } from "../fleet/plan.js";
import { runProcesses } from "../fleet/processes.js";
import { FleetMetrics } from "../fleet/prometheus.js";
import { readPlan } from "../fleet/read-plan.js";
import { openStage } from "../fleet/real-stage.js";
import { addUp, type Counts, summarise } from "../fleet/tally.js";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  parseAccount,
  reach,
  serverUri,
  withAccount,
} from "./account.js";
import { integerFrom, parseEndpoint, parseName, parseShard } from "./arguments.js";
import { startBoard } from "./board.js";
import { Live } from "./live.js";
import { EXIT_HELP, ExitError } from "./report.js";
import { onInterrupt } from "./signals.js";
import { tracer } from "./trace.js";

/** How long a board has to take its leave of the server, in milliseconds. */
const FAREWELL = 1_000;

/** From so many devices on, they are run by a process of their own, whose heap is set up for them. */
const MANY = 500;

/** Milliseconds between two looks at what holds the fleet back. */
const LOOK = 10_000;

interface Options extends Omit<AccountOptions, "jid"> {
  jid?: string;
  file?: string;
  count: number;
  startnumber: number;
  connectInterval: number;
  interval: number;
  limit?: number;
  node: string;
  owner?: string;
  program?: string;
  seed: number;
  storage?: string;
  json?: boolean;
  board?: boolean;
  fast?: boolean;
  processes?: number;
  shard?: { index: number; of: number };
  log?: string;
  prometheus?: { host: string; port: number };
}

export function simulateCommand(): Command {
  const command = new Command("simulate")
    .description("Run simulated boards, one or thousands, against a real server.")
    .option(
      "-f, --file <file>",
      "a fleet file in place of most of these options; see docs/fleet.md",
    )
    .option("-c, --count <count>", "how many boards", integerFrom(1), 1)
    .option("--startnumber <number>", "the number of the first board", integerFrom(0), 1)
    .option("-i, --connect-interval <ms>", "time between two connections", integerFrom(0), 10)
    .option("--im, --interval <ms>", "time between two samples of a board", integerFrom(10), 10_000)
    .option("-L, --limit <count>", "end after so many items, all boards together", integerFrom(1))
    .option(
      "-t, --node <node>",
      "the node to publish to; %i is the board's number",
      parseName,
      "pipit/%i",
    )
    .option(
      "--owner <jid>",
      "the account that makes the nodes before, and is subscribed to them",
      parseAccount,
    )
    .option("--program <file>", "a sensor program (.wasm) that each board runs")
    .option(
      "--seed <number>",
      "the same seed gives the same weather",
      integerFrom(0, 2 ** 32 - 1),
      1,
    )
    .option(
      "--storage <folder>",
      "where boards keep what waits to be published, for the next run (default: in memory)",
    )
    .option("--fast", "as fast as possible, on a virtual clock, with an embedded server")
    .option("--processes <count>", "spread the boards over so many processes", integerFrom(1, 256))
    .option("--shard <i/n>", "run the i-th of n parts, as one of n machines", parseShard)
    .option("--log <file>", "add everything that happens to this file, as JSON lines")
    .option("--prometheus <[host:]port>", "serve figures for Prometheus on /metrics", parseEndpoint)
    .option("--json", "print one JSON object for each change, and a summary")
    .option("--board", "run one whole board, from its start on, and print its log")
    .addHelpText(
      "after",
      `
With %i in --jid each board has an account of its own; without it they share one, as resources of it.
All accounts have the same password, PIPIT_PASSWORD; the owner's is PIPIT_OWNER_PASSWORD if it differs.
A node for each board, made beforehand by --owner, is what servers cope with best.

Example: pipit simulate -c 100 --jid dev%i@example.org --owner me@example.org -t telemetry/%i${EXIT_HELP}`,
    );
  withAccount(command, { describe: "the account; %i is the board's number", required: false });
  return command.action(simulate);
}

async function simulate(options: Options, command: Command): Promise<void> {
  if (options.board) {
    allowOnly(OF_BOARD, command, (name) => `${name} is for fleets: leave it out, or --board`);
    return simulateBoard(options);
  }
  const job = await jobOf(options, command);
  const { json, prometheus } = options;
  const closing = new AbortController();
  onInterrupt(() => closing.abort());
  let counts: Counts = addUp([]);
  // What --verbose prints would run through the picture.
  const live = new Live(json || options.verbose ? undefined : () => statusLine(counts));
  const server =
    prometheus &&
    (await serveMetrics(
      new FleetMetrics(() => counts),
      prometheus.host,
      prometheus.port,
      "--prometheus",
    ));
  const watch = watchLimits(
    () => counts,
    (line) => live.say(line),
  );
  try {
    const events = {
      say: (line: string) => live.say(line),
      progress: (latest: Counts, busy: number) => {
        counts = latest;
        watch.busy = busy;
        live.changed();
      },
      ...(json ? { event: printRecord } : {}),
      ...(options.verbose ? { trace: tracer(process.stderr) } : {}),
    };
    const processes = await countProcesses(options, job);
    if (processes > 1) await prepareAll(job, events.say, closing.signal);
    const end =
      processes === 0
        ? await runJob(job, events, closing.signal)
        : await runProcesses(
            processes,
            { ...job, isPrepared: processes > 1 },
            events,
            closing.signal,
          );
    counts = end.counts;
    watch.end();
    live.end();
    conclude(end, json ?? false, live.isDrawing);
  } finally {
    watch.end();
    live.end();
    server?.close();
    server?.closeAllConnections();
  }
}

// What is to be run

async function jobOf(options: Options, command: Command): Promise<JobOptions> {
  const { file, shard = { index: 0, of: 1 }, fast = false, storage, log, limit } = options;
  if (file !== undefined)
    allowOnly(BESIDE_FILE, command, (name) => {
      return `${name} is said by the file: write it there, or leave out -f`;
    });
  const text = file === undefined ? JSON.stringify(await describe(options)) : readText(file);
  return {
    text,
    path: file ?? "the options",
    hasVariables: file !== undefined,
    shard,
    isPrepared: false,
    fast,
    ...(storage === undefined ? {} : { storage }),
    ...(log === undefined ? {} : { log }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** What can be said beside a fleet file, which says the rest. */
const BESIDE_FILE = [
  ...["file", "limit", "storage", "fast", "processes", "shard", "log", "prometheus", "json"],
  "verbose",
];

/** What can be said of a whole board. */
const OF_BOARD = [
  ...["board", "jid", "startnumber", "interval", "node", "service", "seed", "server", "ca"],
  ...["passwordFile", "mechanism", "verbose"],
];

/** @throws ConfigError when anything else was said: it would have no effect */
function allowOnly(
  names: readonly string[],
  command: Command,
  describe: (option: string) => string,
): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (!names.includes(name) && command.getOptionValueSource(name) === "cli")
      throw new ConfigError(name, describe(`${option.long}`));
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError("file", `${path} cannot be read: ${(error as Error).message}`);
  }
}

/** The fleet file that the options come to. */
async function describe(options: Options): Promise<FleetFile> {
  const { jid, owner, server, ca, mechanism, service, program, connectInterval, fast } = options;
  const device = {
    type: "board",
    count: options.count,
    interval: `${options.interval}ms`,
    ...(program === undefined ? {} : { program }),
  };
  const common = {
    seed: options.seed,
    start: { rate: 1000 / Math.max(connectInterval, 0.001), number: options.startnumber },
    devices: [device],
  };
  if (fast) return { ...common, nodes: { name: options.node } };
  if (jid === undefined)
    throw new ConfigError(
      "jid",
      "as whom are the boards to log in? Say so by --jid, or name a file with -f",
    );
  const password = await findPassword(options.passwordFile, "PIPIT_PASSWORD", jid);
  return {
    ...common,
    server: {
      ...(server === undefined ? {} : { uri: serverUri(server) }),
      ...(ca === undefined ? {} : { ca }),
      ...(mechanism === undefined ? {} : { mechanism }),
    },
    accounts: { jid, password },
    nodes: {
      name: options.node,
      ...(service === undefined ? {} : { service }),
      ...(owner === undefined
        ? {}
        : { owner: { jid: owner, password: process.env.PIPIT_OWNER_PASSWORD || password } }),
    },
  };
}

/** How many processes there are to be, beside this one. */
async function countProcesses(
  { processes, json, verbose }: Options,
  job: JobOptions,
): Promise<number> {
  if (job.fast && processes !== undefined)
    throw new ConfigError(
      "processes",
      "a fleet with a virtual clock is one process: leave out --processes",
    );
  // What is printed of each device is of those in this process.
  if (processes !== undefined && (json || verbose))
    throw new ConfigError(
      "processes",
      "--json and --verbose print what happens in one process: take --log, or leave out --processes",
    );
  if (job.fast || json || verbose) return 0;
  return withPlan(job, async (plan, mine) => {
    const isEmbedded = plan.server.kind === "embedded";
    if (isEmbedded && processes !== undefined)
      throw new ConfigError(
        "processes",
        "several processes need a server of their own: start pipit server, and name it by server.uri",
      );
    return processes ?? (isEmbedded || mine.length < MANY ? 0 : 1);
  });
}

/** Makes accounts and nodes for all processes. */
function prepareAll(
  job: JobOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  return withPlan(job, async (plan, mine) => {
    const stage = await openStage(plan);
    try {
      await prepare(plan, mine, stage, say, signal);
    } finally {
      await stage.close();
    }
  });
}

async function withPlan<T>(
  { text, path, hasVariables, shard }: JobOptions,
  use: (plan: FleetPlan, mine: readonly DevicePlan[]) => Promise<T>,
): Promise<T> {
  const plan = await readPlan(parseFleetFile(text, path, hasVariables ? process.env : undefined));
  try {
    return await use(plan, partOf(plan, shard));
  } finally {
    await plan.close();
  }
}

// What is told of it

function printRecord(device: FleetDevice, { kind }: DeviceEvent): void {
  if (kind === "session" || kind === "resumed" || kind === "fault") return;
  const { name, node, state, published, pending, lost, error } = device;
  console.log(
    JSON.stringify({
      board: name,
      node,
      state,
      published,
      pending,
      dropped: lost,
      error: error?.message,
    }),
  );
}

function statusLine({ states, published, pending, lost, resumes }: Counts): string {
  return [
    `${states.online ?? 0} online`,
    `${states.connecting ?? 0} connecting`,
    `${states.waiting ?? 0} waiting`,
    `${published} published`,
    `${pending} pending`,
    `${lost} dropped`,
    `${resumes} resumed`,
  ].join("  ");
}

/** Says now and then what holds the fleet back. */
function watchLimits(
  counts: () => Counts,
  say: (line: string) => void,
): { busy: number; end(): void } {
  let before = counts();
  const timer = setInterval(() => {
    const after = counts();
    const words = diagnose({ before, after, seconds: LOOK / 1000, busy: watch.busy });
    if (words !== undefined) say(words);
    before = after;
  }, LOOK);
  const watch = { busy: 0, end: () => clearInterval(timer) };
  return watch;
}

/** Prints the summary. @throws Error for a fleet that did not do what it should, with the exit status */
function conclude(
  { counts, troubles, failure, broken, exit }: JobEnd,
  json: boolean,
  drawn: boolean,
): void {
  const summary = { ...summarise(counts), troubles };
  if (json) console.log(JSON.stringify({ summary }));
  else {
    if (!drawn) console.log(statusLine(counts));
    console.log(describeSummary(counts));
  }
  const why =
    failure ??
    (broken > 0 ? `${broken} of ${counts.devices} boards ended with an error` : undefined);
  if (why !== undefined) throw new ExitError(why, exit);
}

function describeSummary(counts: Counts): string {
  const { connects, resumes, taken, published, faults, lost } = counts;
  const { latency } = summarise(counts) as { latency: Record<string, number | undefined> };
  const times = ["p50", "p95", "p99"].map((name) => `${name} ${latency[name] ?? "–"}`).join("  ");
  return [
    `${connects} connects, ${resumes} resumes, ${faults} faults`,
    `${taken} items taken, ${published} acknowledgements, ${lost} lost; milliseconds to an acknowledgement: ${times}`,
  ].join("\n");
}

/** Runs one board until it is interrupted. */
async function simulateBoard(options: Options): Promise<void> {
  const { startnumber, interval, seed } = options;
  if (options.jid === undefined)
    throw new ConfigError("jid", "as whom is the board to log in? Say so by --jid");
  const jid = fill(options.jid, startnumber, "board");
  const password = await findPassword(options.passwordFile, "PIPIT_PASSWORD", options.jid);
  const simulated = startBoard({
    jid,
    password,
    ...(options.server === undefined ? {} : { server: options.server }),
    reach: reach(options),
    service: options.service ?? defaultService(jid),
    node: fill(options.node, startnumber, "board"),
    interval,
    seed: seed + startnumber,
    // Packets of provisioning stand between the lines of the log.
    onSerial: (text) => {
      if (text.startsWith("[")) process.stdout.write(text);
    },
  });
  onInterrupt(() => {
    simulated.board?.close();
    setTimeout(() => simulated.powerOff(), FAREWELL);
  });
}
