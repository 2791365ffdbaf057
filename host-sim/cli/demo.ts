import { randomBytes } from "node:crypto";
import { Command } from "commander";
import { ConfigError, StanzaError } from "../../firmware/xmpp/errors.js";
import { ensureNode, TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { deviceOf } from "../collector/names.js";
import { FleetSource } from "../dashboard/fleet-source.js";
import { Model } from "../dashboard/model.js";
import { Fleet, type FleetDevice } from "../fleet/fleet.js";
import type { DeviceType, FleetPlan, Stage } from "../fleet/plan.js";
import { openStage } from "../fleet/real-stage.js";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  parseAccount,
  reach,
  withAccount,
} from "./account.js";
import { integerFrom, parseName } from "./arguments.js";
import { out } from "./colours.js";
import { DemoSensor } from "./demo-sensor.js";
import { Live } from "./live.js";
import { describeError, describeReading, EXIT_HELP } from "./report.js";
import { promised, withPubSub } from "./session.js";
import { onInterrupt } from "./signals.js";
import { tracer } from "./trace.js";
import { Watcher } from "./watcher.js";
import { openPage, type PageOptions, type WebPage, withPage } from "./web-page.js";

interface Options extends Partial<AccountOptions>, PageOptions {
  count: number;
  interval: number;
  limit?: number;
  node: string;
  owner?: string;
  seed: number;
  dashboard: boolean;
}

/** Milliseconds between the first connections of two boards, and for those of all together at most. */
const CONNECT_INTERVAL = 300;
const CONNECT_TIME = 15_000;

/** Boards that the terminal shows: what fits. */
const MOST_DRAWN = 12;

/** The domain of the server that the demonstration brings. */
const DOMAIN = "localhost";

export function demoCommand(): Command {
  const command = new Command("demo")
    .description(
      "Watch simulated boards publish their readings, on a server of their own or yours.",
    )
    .option("-c, --count <count>", "how many boards", integerFrom(1), 5)
    .option("--im, --interval <ms>", "time between two samples of a board", integerFrom(10), 2_000)
    .option("-L, --limit <count>", "end after so many readings were received", integerFrom(1))
    .option("-t, --node <node>", "the node to publish to", parseName, "pipit-demo")
    .option(
      "--owner <jid>",
      "the account that creates the node and subscribes (default: --jid)",
      parseAccount,
    )
    .option("--seed <number>", "the same seed gives the same weather", integerFrom(0), 1)
    .option("--no-dashboard", "serve no page, only print")
    .addHelpText(
      "after",
      `
Without --jid, an embedded server is started on this machine. With --jid, boards log in to that account's
server, each as a resource of it, or as accounts of their own where the JID has %i:

  npm start -- --jid me@example.org
  npm start -- --jid board%i@example.org --owner me@example.org --server xmpp://10.0.0.5

The password is PIPIT_PASSWORD, and the owner's PIPIT_OWNER_PASSWORD if it differs.${EXIT_HELP}`,
    );
  withPage(command);
  withAccount(command, { describe: "an account on your server", required: false });
  return command.action(demo);
}

/** Where the demonstration takes place, and as whom. */
interface Setting {
  plan: FleetPlan;
  stage: Stage;
  owner: { jid: string; password: string };
  place: string;
  /** Whether boards publish as the owner. */
  isShared: boolean;
}

async function demo(options: Options, command: Command): Promise<void> {
  const { jid } = options;
  if (jid === undefined)
    for (const name of ["server", "owner", "ca"])
      if (command.getOptionValueSource(name) === "cli")
        throw new ConfigError("jid", `--${name} needs --jid: who is to log in to your server?`);
  const setting = jid === undefined ? await ownSetting(options) : await yourSetting(options, jid);
  try {
    await play(options, setting);
  } finally {
    await setting.stage.close();
  }
}

/** An embedded server, where every account has the same password. */
async function ownSetting(options: Options): Promise<Setting> {
  const password = process.env.PIPIT_PASSWORD || randomBytes(16).toString("hex");
  const owner = { jid: `owner@${DOMAIN}`, password };
  const service = options.service ?? defaultService(owner.jid);
  const plan = newPlan(options, { jid: `board%i@${DOMAIN}`, password }, service, owner);
  const stage = await openStage(plan);
  const place = `an embedded server for demonstration, xmpps://localhost:${stage.reach.port}`;
  return { plan, stage, owner, place, isShared: false };
}

/** A server that is there already. */
async function yourSetting(options: Options, jid: string): Promise<Setting> {
  const { passwordFile } = options;
  const ownerJid = options.owner ?? jid;
  if (ownerJid.includes("%i"))
    throw new ConfigError(
      "owner",
      "which account makes the node and subscribes? Say so by --owner",
    );
  const password = await findPassword(passwordFile, "PIPIT_PASSWORD", jid);
  const another = options.owner === undefined ? "" : process.env.PIPIT_OWNER_PASSWORD;
  const owner = { jid: ownerJid, password: another || password };
  const service = options.service ?? defaultService(ownerJid);
  return {
    plan: newPlan(options, { jid, password }, service, owner),
    stage: { reach: reach({ ...options, verbose: false }), close: async () => {} },
    owner,
    place: JID.parse(jid.replaceAll("%i", "1")).domain,
    isShared: !jid.includes("%i"),
  };
}

/** @param account that of a board, with `%i` for its number */
function newPlan(
  { count, node, interval, seed }: Options,
  account: { jid: string; password: string },
  service: string,
  owner: { jid: string; password: string },
): FleetPlan {
  const type: DeviceType = {
    name: "board",
    channels: new DemoSensor(seed).channels,
    outbox: {},
    batch: {},
    pace: {},
    interval,
    jitter: 0,
    sensor: (device) => new DemoSensor(device.seed),
  };
  return {
    name: "demo",
    seed,
    devices: Array.from({ length: count }, (_, i) => ({
      number: i + 1,
      name: `board${i + 1}`,
      type,
      jid: account.jid.replaceAll("%i", String(i + 1)),
      password: account.password,
      node: node.replaceAll("%i", String(i + 1)),
      seed: seed + i + 1,
    })),
    server: { kind: "embedded", domain: DOMAIN, password: account.password },
    owner,
    items: 100,
    service,
    connectInterval: Math.min(CONNECT_INTERVAL, CONNECT_TIME / count),
    scenario: [],
    close: async () => {},
  };
}

async function play(options: Options, setting: Setting): Promise<void> {
  const { limit, node, verbose } = options;
  const { stage, owner, place } = setting;
  const service = await prepareNode(options, setting);
  const plan = { ...setting.plan, service };
  const received = new Map<string, string>();
  let total = 0;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  onInterrupt(end);

  const model = new Model();
  const source = new FleetSource(model, "Simulated boards", `${node} on ${service}`);
  model.source = source;
  const fleet = new Fleet({
    plan,
    stage,
    faults: options.dashboard,
    onEvent: (device, event) => {
      source.tell(device, event);
      live.changed();
      if (event.kind === "error") live.say(`${device.name}: ${describeError(event.error)}`);
      if (event.kind === "state" && !live.isDrawing && event.state !== "waiting")
        live.say(`${device.name}  ${event.state}`);
    },
  });
  const trace = verbose ? tracer(process.stderr) : undefined;
  for (const device of fleet.devices) device.trace = trace;
  source.show(fleet.devices);
  const sayAddress = (): void => {
    live.changed();
    if (page !== undefined && !live.isDrawing) live.say(`Watch it at ${page.address}`);
  };
  const page = options.dashboard ? await openPage(options, model, sayAddress) : undefined;
  // What --verbose prints would run through the picture.
  const live = new Live(
    verbose ? undefined : () => draw(place, plan, fleet.devices, received, total, page),
  );
  sayAddress();

  let begin = (): void => {};
  const subscribed = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const watcher = new Watcher({
    client: { ...stage.reach, ...owner, ...(trace === undefined ? {} : { onTrace: trace }) },
    service,
    node,
    onSubscribed: begin,
    onReadings: (readings) => {
      for (const reading of readings) {
        received.set(reading.name, describeReading(reading));
        if (!live.isDrawing) console.log(`${nameOf(reading.name)}  ${describeReading(reading)}`);
      }
      total += readings.length;
      live.changed();
      if (limit !== undefined && total >= limit) end();
    },
    onLost: (error) => live.say(`subscriber: ${describeError(error)}`),
  });

  try {
    await Promise.race([subscribed, ended, watcher.ended]);
    fleet.start();
    await Promise.race([ended, watcher.ended, fleet.ended]);
  } finally {
    // The boards first, so that the picture shows them closed.
    await fleet.close();
    watcher.close();
    await watcher.ended.catch(() => {}); // which was thrown above
    live.end();
    await page?.close();
  }
  fleet.check();
}

/**
 * Makes the node, and says on which service it is. Where an account may not make nodes on the domain's
 * service, it may on itself (XEP-0163), if it is the one that publishes, too.
 */
async function prepareNode(options: Options, setting: Setting): Promise<string> {
  const { plan, stage, owner, isShared } = setting;
  const { service } = plan;
  const make = (on: string): Promise<void> =>
    withPubSub({ ...stage.reach, ...owner }, on, (pubsub) =>
      promised((done) => ensureNode(pubsub, options.node, TELEMETRY_NODE, done)),
    );
  try {
    await make(service);
    return service;
  } catch (error) {
    const personal = JID.parse(owner.jid).bare.toString();
    if (!(error instanceof StanzaError) || !isShared || options.service !== undefined) throw error;
    await make(personal).catch(() => {
      throw error; // the service that was asked for is the one to tell of
    });
    return personal;
  }
}

const DOTS: Readonly<Record<FleetDevice["state"], string>> = {
  online: out.green("●"),
  connecting: out.yellow("◐"),
  waiting: out.dim("○"),
  closing: out.yellow("◌"),
  closed: out.dim("○"),
  off: out.red("○"),
};

function draw(
  place: string,
  { service, devices: [first] }: FleetPlan,
  devices: readonly FleetDevice[],
  received: ReadonlyMap<string, string>,
  total: number,
  page: WebPage | undefined,
): string {
  const drawn = devices.slice(0, MOST_DRAWN);
  const lines = drawn.map((device) => {
    const readings = device.channels.slice(0, 2).flatMap(({ name }) => {
      const text = received.get(device.baseName + name);
      return text === undefined ? [] : [text.padEnd(20)];
    });
    const values = readings.join("  ").padEnd(44);
    const { state, published, pending } = device;
    const counts = `${published} published${pending > 1 ? `, ${pending} wait` : ""}`;
    return `  ${DOTS[state]} ${device.name.padEnd(8)} ${state.padEnd(10)}  ${values}${out.dim(counts)}`;
  });
  if (devices.length > drawn.length) {
    const online = devices.filter(({ state }) => state === "online").length;
    lines.push(out.dim(`  and ${devices.length - drawn.length} more; ${online} are online`));
  }
  return [
    `${out.bold("Pipit")}: simulated boards publish to ${first?.node} on ${service}`,
    out.dim(`at ${place}; Ctrl-C closes everything`),
    ...(page === undefined ? [] : [`Watch them at ${out.bold(page.address)}`]),
    "",
    ...lines,
    "",
    `  ${total} readings received by the subscriber`,
  ].join("\n");
}

/** The board that a reading is from. */
function nameOf(reading: string): string {
  return deviceOf(reading).replace(/^urn:dev:ops:pipit-/, "");
}
