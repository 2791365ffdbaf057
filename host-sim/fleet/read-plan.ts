/** Makes a plan of a fleet file. */

import { ProgramRunner } from "../../firmware/sensors/program-runner.js";
import { Random } from "../../firmware/sensors/random.js";
import type { Channel, Sensor } from "../../firmware/sensors/sensor.js";
import { SimulatedSensor } from "../../firmware/sensors/simulated.js";
import { isUnit } from "../../firmware/telemetry/units.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { parseServer } from "../cli/account.js";
import { ProgramFile } from "../programs/program-file.js";
import type { DeviceSpec, FleetFile, LoginSpec, Path, ReadFile, StepSpec } from "./fleet-file.js";
import { type GeneratorFactory, inFolder, prepareGenerator } from "./generators.js";
import {
  baseNameOf,
  type DevicePlan,
  type DeviceType,
  type FleetPlan,
  fill,
  type Login,
  type ServerPlan,
} from "./plan.js";
import { GeneratedSensor } from "./sensor.js";
import type { Expectation, Step } from "./steps.js";
import { milliseconds, share } from "./time.js";

const DEFAULTS = {
  seed: 1,
  rate: 100,
  interval: "10s",
  items: 100,
  within: "30s",
  decimals: 2,
  node: "pipit/%t/%i",
  embedded: { domain: "fleet.test", jid: "%t%i@fleet.test", password: "fleet" },
} as const;

/**
 * @throws ConfigError `fleet` for what cannot be used, with the line and the field; for files that it names
 *   `replay`, `module` or `program`
 */
export async function readPlan(read: ReadFile): Promise<FleetPlan> {
  const { file, folder } = read;
  const { seed = DEFAULTS.seed, scenario = [], nodes = {}, duration } = file;
  const server = serverOf(read);
  const types: { type: DeviceType; spec: DeviceSpec }[] = [];
  const programs: ProgramFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.close()));
  };
  try {
    const known = new Set<string>();
    for (const [i, spec] of file.devices.entries()) {
      if (known.has(spec.type))
        throw read.problem(
          ["devices", i, "type"],
          `is ${spec.type} again: give each type a name of its own`,
        );
      known.add(spec.type);
      const type = await readType(spec, ["devices", i], read, programs);
      types.push({ type, spec });
    }
    const devices = drawDevices(read, types, server, seed);
    const owner = ownerOf(read, server);
    const service = nodes.service ?? `pubsub.${domainOf(read, devices)}`;
    return {
      name: file.name ?? "fleet",
      seed,
      devices,
      server,
      service,
      ...creationOf(file, folder),
      ...(owner === undefined ? {} : { owner }),
      ...(nodes.collector === undefined
        ? {}
        : { collector: loginOf(read, nodes.collector, ["nodes", "collector"]) }),
      items: nodes.items ?? DEFAULTS.items,
      connectInterval: 1000 / (file.start?.rate ?? DEFAULTS.rate),
      ...(duration === undefined ? {} : { duration: milliseconds(duration) }),
      scenario: scenario.map((step, i) => readStep(step, ["scenario", i], read, server, known)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

// Where, and as whom

function serverOf({ file, folder, problem }: ReadFile): ServerPlan {
  const { server = "embedded", accounts = {} } = file;
  if (server === "embedded") {
    const { domain, password } = DEFAULTS.embedded;
    const jid = accounts.jid ?? accounts.list?.[0]?.jid;
    return {
      kind: "embedded",
      domain:
        jid === undefined ? domain : fill(jid, 1, "x").replace(/^.*@/, "").replace(/\/.*$/, ""),
      password: accounts.password ?? password,
    };
  }
  const { uri, ca, mechanism, restart } = server;
  let place = {};
  try {
    if (uri !== undefined) place = parseServer(uri);
  } catch (error) {
    throw problem(["server", "uri"], `is "${uri}". ${(error as Error).message}`);
  }
  return {
    kind: "installed",
    ...place,
    ...(ca === undefined ? {} : { ca: inFolder(ca, folder) }),
    ...(mechanism === undefined ? {} : { mechanism }),
    ...(restart === undefined ? {} : { restart }),
  };
}

function creationOf({ accounts = {} }: FleetFile, folder: string): Pick<FleetPlan, "creation"> {
  const { create, config } = accounts;
  if (create === undefined) return {};
  return {
    creation: {
      kind: create,
      ...(config === undefined ? {} : { config: inFolder(config, folder) }),
    },
  };
}

function ownerOf(read: ReadFile, server: ServerPlan): Login | undefined {
  const { owner } = read.file.nodes ?? {};
  if (server.kind === "embedded")
    return { jid: `owner@${server.domain}`, password: server.password };
  return owner === undefined ? undefined : loginOf(read, owner, ["nodes", "owner"]);
}

function loginOf(read: ReadFile, { jid, password }: LoginSpec, path: Path): Login {
  checkAccount(read, jid, [...path, "jid"]);
  const found = password ?? read.file.accounts?.password;
  if (found === undefined)
    throw read.problem(
      path,
      "has no password: add `password: …`, a variable of the environment if you like",
    );
  return { jid, password: found };
}

function checkAccount({ problem }: ReadFile, jid: string, path: Path): void {
  try {
    if (JID.parse(jid).local !== "") return;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw problem(path, `is "${jid}", in which ${error.text}`);
  }
  throw problem(path, `is "${jid}", and should be user@domain`);
}

// Devices

function drawDevices(
  read: ReadFile,
  types: readonly { type: DeviceType; spec: DeviceSpec }[],
  server: ServerPlan,
  seed: number,
): DevicePlan[] {
  const { problem, file } = read;
  const pattern = file.nodes?.name ?? DEFAULTS.node;
  const logins = loginsOf(read, server);
  const { number: first = 1 } = file.start ?? {};
  const random = new Random(seed);
  const devices: DevicePlan[] = [];
  const taken = new Set<string>();
  for (const { type, spec } of types) {
    for (let i = 0; i < (spec.count ?? 1); i++) {
      const number = first + devices.length;
      const login = logins(devices.length, number, type.name);
      if (login === undefined)
        throw problem(
          ["accounts", "list"],
          `has ${devices.length} accounts, and there are more devices: add some, or write jid with %i in it`,
        );
      if (login.jid.includes("/") && taken.has(login.jid))
        throw problem(
          ["accounts"],
          `has ${login.jid} for two devices, which would throw each other out: write it without a resource, or with %i in it`,
        );
      taken.add(login.jid);
      devices.push({
        number,
        name: `${type.name}${number}`,
        type,
        ...login,
        node: fill(pattern, number, type.name),
        seed: Math.floor(random.at(number) * 2 ** 32),
      });
    }
  }
  return devices;
}

/** Gives the account of a device by its place in the fleet; undefined when there are no more. */
function loginsOf(
  read: ReadFile,
  server: ServerPlan,
): (index: number, number: number, type: string) => Login | undefined {
  const { accounts = {} } = read.file;
  const { embedded } = DEFAULTS;
  if (accounts.list !== undefined) {
    const logins = accounts.list.map((login, i) => loginOf(read, login, ["accounts", "list", i]));
    return (index) => logins[index];
  }
  const isEmbedded = server.kind === "embedded";
  const jid = accounts.jid ?? (isEmbedded ? embedded.jid : undefined);
  const password = accounts.password ?? (isEmbedded ? embedded.password : undefined);
  if (jid === undefined)
    throw read.problem(
      ["accounts"],
      "should say who the devices are: add `jid: device%i@…` or `list: …`",
    );
  if (password === undefined)
    throw read.problem(
      ["accounts"],
      "has no password: add `password: …`, a variable of the environment if you like",
    );
  checkAccount(read, fill(jid, 1, "x"), ["accounts", "jid"]);
  return (_, number, type) => ({ jid: fill(jid, number, type), password });
}

function domainOf(read: ReadFile, [first]: readonly DevicePlan[]): string {
  if (first === undefined) throw read.problem(["devices"], "has no device");
  return JID.parse(first.jid).domain;
}

async function readType(
  spec: DeviceSpec,
  path: Path,
  read: ReadFile,
  programs: ProgramFile[],
): Promise<DeviceType> {
  const { type: name, channels, program, qos } = spec;
  if (channels !== undefined && spec.sensor !== undefined)
    throw read.problem([...path, "sensor"], "and channels are both given: take one of them away");
  const options = readOptions(spec);
  if (program !== undefined) {
    const running = await readProgram(program, [...path, "program"], read, programs);
    const measured = channels === undefined ? undefined : await readChannels(spec, path, read);
    return {
      name,
      channels: [],
      sensor: () => NO_SENSOR,
      ...measured,
      ...options,
      program: running,
    };
  }
  if (channels !== undefined)
    return { name, ...(await readChannels(spec, path, read)), ...options };
  const room = (seed: number): Sensor => {
    const simulated = new SimulatedSensor(seed);
    if (qos === undefined) return simulated;
    return {
      channels: simulated.channels.map((channel) => ({ ...channel, qos })),
      sample: (time) => simulated.sample(time),
      close: () => simulated.close(),
    };
  };
  return { name, channels: room(0).channels, sensor: ({ seed }) => room(seed), ...options };
}

const NO_SENSOR: Sensor = Object.freeze({ channels: [], sample: () => [], close: () => {} });

function readOptions({
  interval = DEFAULTS.interval,
  jitter = "0%",
  batch = {},
  outbox = {},
  pace = {},
}: DeviceSpec): Pick<DeviceType, "interval" | "jitter" | "batch" | "outbox" | "pace"> {
  const { window, settle, "max-age": maxAge, policy, ...sizes } = outbox;
  const { time, ...bounds } = batch;
  const { "catch-up": catchUp, ...flight } = pace;
  return {
    interval: Math.max(1, milliseconds(interval)),
    jitter: share(jitter),
    batch: { ...bounds, ...inMilliseconds({ time }) },
    outbox: {
      ...sizes,
      ...inMilliseconds({ window, settle, maxAge }),
      ...(policy === undefined ? {} : { policy: policy === "thin" ? { thin: 2 } : policy }),
    },
    pace: { ...flight, ...(catchUp === undefined ? {} : { catchUp }) },
  };
}

function inMilliseconds(
  times: Readonly<Record<string, string | undefined>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(times).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, milliseconds(text)]],
    ),
  );
}

async function readChannels(
  { channels: specs = [], qos: usual, interval = DEFAULTS.interval }: DeviceSpec,
  path: Path,
  read: ReadFile,
): Promise<Pick<DeviceType, "channels" | "sensor">> {
  const names = new Set<string>();
  const channels: Channel[] = [];
  const factories: GeneratorFactory[] = [];
  for (const [i, { name, unit, alarm, qos = usual, value }] of specs.entries()) {
    const here = [...path, "channels", i];
    if (names.has(name))
      throw read.problem(
        [...here, "name"],
        `is ${name} again: give each channel a name of its own`,
      );
    names.add(name);
    if (!isUnit(unit))
      throw read.problem(
        [...here, "unit"],
        `is "${unit}", which is no unit of the SenML registry: take Cel for °C, %RH, Pa, W, V, A, m/s2, or count`,
      );
    if (alarm && qos === "at-most-once")
      throw read.problem(
        [...here, "alarm"],
        "is true, and alarms cannot go at-most-once: give the channel another qos",
      );
    channels.push({ name, unit, ...(qos && { qos }), ...(alarm === undefined ? {} : { alarm }) });
    factories.push(await generatorOf(value, [...here, "value"], read));
  }
  const seconds = milliseconds(interval) / 1000;
  return {
    channels,
    sensor: ({ seed, number, type }) =>
      new GeneratedSensor(
        channels,
        factories.map((make, i) => ({
          generate: make({ seed: seedOf(seed, i), number, type: type.name }),
          decimals: specs[i]?.decimals ?? DEFAULTS.decimals,
        })),
        seconds,
      ),
  };
}

async function generatorOf(
  spec: Parameters<typeof prepareGenerator>[0],
  path: Path,
  { folder, problem }: ReadFile,
): Promise<GeneratorFactory> {
  try {
    return await prepareGenerator(spec, folder);
  } catch (error) {
    throw error instanceof ConfigError ? problem(path, `cannot be used: ${error.text}`) : error;
  }
}

function seedOf(seed: number, channel: number): number {
  return Math.floor(new Random(seed).at(channel) * 2 ** 32);
}

async function readProgram(
  spec: NonNullable<DeviceSpec["program"]>,
  path: Path,
  read: ReadFile,
  programs: ProgramFile[],
): Promise<NonNullable<DeviceType["program"]>> {
  const { file, config = {}, inputs = {} } = typeof spec === "string" ? { file: spec } : spec;
  let program: ProgramFile;
  try {
    program = await ProgramFile.open(inFolder(file, read.folder));
    programs.push(program);
    program.start(config).close(); // finds mistakes in the configuration
  } catch (error) {
    throw error instanceof ConfigError
      ? read.problem(path, `cannot be used: ${error.text}`)
      : error;
  }
  const { description } = program;
  for (const name of Object.keys(inputs))
    if (!description.inputs.some((input) => input.name === name))
      throw read.problem(
        [...path, "inputs", name],
        `is no input of ${description.name}: it has ${description.inputs.map((input) => input.name).join(", ")}`,
      );
  const factories = await Promise.all(
    description.inputs.map(({ name }) =>
      generatorOf(inputs[name] ?? { noise: { deviation: 1 } }, [...path, "inputs", name], read),
    ),
  );
  return (device, timer, onReadings) =>
    new ProgramRunner({
      program: program.start(config),
      description,
      timer,
      baseName: baseNameOf(device),
      onReadings,
      source: windows(
        factories.map((make, i) =>
          make({ seed: seedOf(device.seed, i), number: device.number, type: device.type.name }),
        ),
        description.rate,
      ),
    });
}

/** Windows of samples, one after the other. @param rate samples in a second */
function windows(
  generators: readonly ReturnType<GeneratorFactory>[],
  rate: number,
): { read(window: Float64Array): string | undefined; close(): void } {
  let index = 0;
  return {
    read(window) {
      for (let at = 0; at < window.length; at += generators.length, index++)
        for (const [i, generate] of generators.entries()) {
          const sample = generate(index, index / rate);
          if (typeof sample === "string") return sample;
          window[at + i] = sample;
        }
      return undefined;
    },
    close() {},
  };
}

// Steps

function readStep(
  spec: StepSpec,
  path: Path,
  { problem }: ReadFile,
  server: ServerPlan,
  types: ReadonlySet<string>,
): Step {
  const target = (
    kind: string,
    { share: part = "100%", type }: { readonly share?: string; readonly type?: string },
  ): { share: number; type?: string } => {
    if (type === undefined) return { share: share(part) };
    if (!types.has(type))
      throw problem([...path, kind, "type"], `is ${type}: there are ${[...types].join(", ")}`);
    return { share: share(part), type };
  };
  const { wait, expect, cut, reboot, revoke, stall, latency } = spec;
  const { "power-loss": power, "skew-clock": skew, "server-restart": restart } = spec;
  if (wait !== undefined) return { kind: "wait", time: milliseconds(wait) };
  if (expect !== undefined) return readExpectation(expect);
  if (cut !== undefined) return { kind: "cut", ...target("cut", cut) };
  if (reboot !== undefined) return { kind: "reboot", ...target("reboot", reboot) };
  if (revoke !== undefined) return { kind: "revoke", ...target("revoke", revoke) };
  if (stall !== undefined)
    return { kind: "stall", ...target("stall", stall), time: milliseconds(stall.for) };
  if (latency !== undefined)
    return {
      kind: "latency",
      ...target("latency", latency),
      delay: milliseconds(latency.delay),
      time: milliseconds(latency.for),
    };
  if (power !== undefined)
    return { kind: "power-loss", ...target("power-loss", power), off: milliseconds(power.off) };
  if (skew !== undefined)
    return { kind: "skew-clock", ...target("skew-clock", skew), by: milliseconds(skew.by) };
  if (server.kind === "installed" && server.restart === undefined)
    throw problem(
      [...path, "server-restart"],
      "needs a command that restarts the server: add `restart: …` to server",
    );
  return { kind: "server-restart", down: milliseconds(restart?.down ?? "1s") };
}

function readExpectation(expect: NonNullable<StepSpec["expect"]>): Expectation {
  const { online, resumed, "latency-p95": latency, within, ...counts } = expect;
  return {
    kind: "expect",
    ...counts,
    ...(online === undefined ? {} : { online: share(online) }),
    ...(resumed === undefined ? {} : { resumed: share(resumed) }),
    ...(latency === undefined ? {} : { latencyP95: milliseconds(latency) }),
    within: milliseconds(within ?? DEFAULTS.within),
  };
}
