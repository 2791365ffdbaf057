import { setTimeout as wait } from "node:timers/promises";
import { Command } from "commander";
import { isField, type SettingsTexts } from "../../firmware/board/settings.js";
import type { Client } from "../../firmware/client/client.js";
import { ConfigError, TransportError } from "../../firmware/xmpp/errors.js";
import { JID } from "../../firmware/xmpp/jid.js";
import type { BoardLink } from "../device/board-link.js";
import type { LogLine } from "../device/log-reader.js";
import {
  type AccountOptions,
  findPassword,
  parseServer,
  reach,
  serverUri,
  withAccount,
} from "./account.js";
import { collectPairs, parseName } from "./arguments.js";
import { err } from "./colours.js";
import { askLine } from "./prompt.js";
import { describeError, EXIT_HELP } from "./report.js";
import {
  formatLine,
  isUnplugged,
  note,
  openLink,
  orClose,
  reopenLink,
  type SerialOptions,
  withPort,
} from "./serial.js";

// The client, and all that it needs, takes long to load; the other commands do not need it.
const device = () => import("../device/provision.js");

export interface ProvisionOptions extends Omit<AccountOptions, "jid">, SerialOptions {
  jid?: string;
  ssid?: string;
  wifiPasswordFile?: string;
  node?: string;
  set?: Record<string, string>;
  offline?: boolean;
}

/** Adds what a board can be told. */
export function withProvisioning(command: Command): Command {
  withPort(command)
    .option("--ssid <name>", "the network to join")
    .option("--wifi-password-file <file>", "its passphrase; or set PIPIT_WIFI_PASSWORD")
    .option("-t, --node <node>", "the node to publish to", parseName)
    .option(
      "--set <field=value>",
      "another setting, such as interval=60000 or sensors=sht3x,rssi; may be repeated",
      collectPairs,
    )
    .option("--offline", "do not log in from this computer first: the board gets the password");
  return withAccount(command, { describe: "the board's account", required: false });
}

export function provisionCommand(): Command {
  const command = new Command("provision")
    .description("Tell the board on this computer's USB its network, its account and its node.")
    .option("--json", "print one JSON object when the board is online")
    .addHelpText(
      "after",
      `
What is not said is asked for, if the board does not know it yet. This computer logs in with the account
first: the board then gets keys that only work for this account on this server, and never sees the password.
All settings: docs/provisioning.md.

Example: pipit provision --ssid home --jid board@example.org --node telemetry${EXIT_HELP}`,
    );
  return withProvisioning(command).action(
    async (options: ProvisionOptions & { json?: boolean }) => {
      const link = await openLink(options, tellTrouble);
      const board = await orClose(link, provision(link, options));
      await waitOnline(link, options, tellTrouble).then((last) => last.close());
      const { name, jid, node } = board;
      if (options.json) console.log(JSON.stringify({ name, jid, node }));
      else console.log(`${name} is online as ${jid}, and publishes to ${node}`);
    },
  );
}

/** What a board came to know. */
export interface Provisioned {
  readonly name: string;
  readonly jid: string;
  readonly node: string;
  /** The account's password, if it was given now. */
  readonly password?: string;
}

/**
 * Tells a board what it does not know yet, and what was said here. It restarts then.
 * @throws ConfigError for what is wrong with it; XmppError when the account cannot log in
 */
export async function provision(link: BoardLink, options: ProvisionOptions): Promise<Provisioned> {
  const { checkTexts, readInfo, readSettingsOf, saveSettings } = await device();
  const { firmware, version, chip, name } = await readInfo(link);
  if (firmware !== "Pipit")
    throw new Error(`the firmware on the board is ${firmware}: put Pipit there with pipit flash`);
  note(`${name}: ${firmware} ${version} on ${chip}`);
  const stored = await readSettingsOf(link);
  const texts = await given(options);
  checkTexts(texts);
  Object.assign(texts, await findNetwork(link, options, stored));
  const jid =
    texts.jid ?? stored.jid ?? (await askLine("Account (user@domain): ", "account", "--jid"));
  const node = texts.node ?? stored.node ?? (await askLine("Node: ", "node", "--node"));
  Object.assign(texts, { jid, node });
  checkTexts(texts);
  const password = needsPassword(options, texts, stored)
    ? await findPassword(options.passwordFile, "PIPIT_PASSWORD", jid)
    : undefined;
  if (password !== undefined)
    Object.assign(texts, await secretFor(password, { ...stored, ...texts }, options));
  await saveSettings(link, texts);
  note("stored; the board restarts");
  const called = texts.name ?? name;
  return { name: called, jid, node, ...(password === undefined ? {} : { password }) };
}

/** What was said on the command line. */
async function given(options: ProvisionOptions): Promise<SettingsTexts> {
  const { jid, node, service, server, ca, mechanism, set = {} } = options;
  const texts: SettingsTexts = {};
  for (const [name, value] of Object.entries(set)) {
    if (!isField(name)) throw new ConfigError("set", `there is no setting ${name}`);
    if (SECRETS.has(name)) throw new ConfigError("set", `${name} would be seen by others here`);
    texts[name] = value;
  }
  if (jid !== undefined) texts.jid = jid;
  if (node !== undefined) texts.node = node;
  if (service !== undefined) texts.service = service;
  if (server !== undefined) texts.server = serverUri(server);
  if (ca !== undefined) texts.ca = await readAuthority(ca);
  if (mechanism !== undefined) texts.mechanism = mechanism;
  return texts;
}

/** What others could read on the command line. */
const SECRETS: ReadonlySet<string> = new Set(["passphrase", "password", "keys"]);

/** The one certificate of a PEM file, in base64. */
async function readAuthority(file: string): Promise<string> {
  const { readFileSync } = await import("node:fs");
  const { readCertificates } = await import("../node/trust.js");
  let certificates: string[];
  try {
    certificates = readCertificates(readFileSync(file, "utf8"));
  } catch (error) {
    throw new ConfigError("ca", `${file}: ${describeError(error)}`);
  }
  const [certificate = "", ...others] = certificates;
  if (others.length > 0)
    throw new ConfigError("ca", `${file}: a board has room for one certificate`);
  return certificate.replace(/-----[A-Z ]+-----|\s/g, "");
}

/** Whether the board has none, or wants it again: it is not to be shown to another server by whoever has the cable. */
function needsPassword(
  { passwordFile }: ProvisionOptions,
  texts: SettingsTexts,
  stored: SettingsTexts,
): boolean {
  if (passwordFile !== undefined || process.env.PIPIT_PASSWORD) return true;
  if (!(stored.password || stored.keys)) return true;
  const decisive = ["jid", "server", "ca", "mechanism"] as const;
  return decisive.some((name) => texts[name] !== undefined && texts[name] !== stored[name]);
}

/** Keys in place of the password, where the server is in reach from here. */
async function secretFor(
  password: string,
  { jid = "", server }: SettingsTexts,
  options: ProvisionOptions,
): Promise<SettingsTexts> {
  if (options.offline) return { password };
  const { deriveKeys } = await device();
  const { encodeKeys } = await import("../../firmware/board/settings.js");
  const where = options.server ?? (server === undefined ? undefined : parseServer(server));
  try {
    const keys = await deriveKeys({
      ...reach({ ...options, ...(where === undefined ? {} : { server: where }) }),
      jid: JID.parse(jid).bare.toString(),
      password,
    });
    return keys === undefined ? { password } : { keys: encodeKeys(keys) };
  } catch (error) {
    const isOutOfReach =
      error instanceof TransportError && error.condition !== "certificate-invalid";
    if (!isOutOfReach) throw error;
    note(`from here: ${describeError(error)}`);
    note("so the board gets the password, and forgets it once it has logged in");
    return { password };
  }
}

/** How often a person may mistype a passphrase. */
const TRIES = 3;

/** The network to be stored; nothing when the board keeps the one it has. */
async function findNetwork(
  link: BoardLink,
  options: ProvisionOptions,
  stored: SettingsTexts,
): Promise<SettingsTexts> {
  const { wifiPasswordFile: file } = options;
  const isSaid =
    options.ssid !== undefined || file !== undefined || !!process.env.PIPIT_WIFI_PASSWORD;
  if (stored.ssid !== undefined && !isSaid) return {};
  const { checkTexts, findNetworks, joinNetwork, readStatus } = await device();
  // After crashes the radio is off: the network is tried when the board has restarted.
  const hasRadio = (await readStatus(link)).get("mode") !== "safe";
  const known = options.ssid ?? (isSaid ? stored.ssid : undefined);
  const networks = hasRadio ? await findNetworks(link) : [];
  const ssid = known ?? (await chooseNetwork(networks));
  const isOpen = networks.find((one) => one.ssid === ssid)?.hasPassphrase === false;
  for (let tried = 1; ; tried++) {
    const passphrase = isOpen
      ? ""
      : await findPassword(file, "PIPIT_WIFI_PASSWORD", ssid, "--wifi-password-file");
    checkTexts({ ssid, passphrase });
    if (!hasRadio) return { ssid, passphrase };
    note(`joining ${ssid}`);
    if (await joinNetwork(link, ssid, passphrase)) return { ssid, passphrase };
    const isAsked = !isOpen && file === undefined && !process.env.PIPIT_WIFI_PASSWORD;
    const what = `the board cannot join ${ssid}: check the passphrase; and it must be a network of 2.4 GHz`;
    if (!isAsked || tried === TRIES) throw new Error(what);
    console.error(err.yellow(what));
  }
}

async function chooseNetwork(
  networks: readonly { readonly ssid: string; readonly signal: number }[],
): Promise<string> {
  const instead = "say it with --ssid";
  if (process.stdin.isTTY)
    networks.forEach(({ ssid, signal }, index) => {
      note(`${String(index + 1).padStart(3)}  ${ssid}  ${signal} dBm`);
    });
  const question = networks.length > 0 ? "Network (name or number): " : "Network: ";
  const answer = await askLine(question, "network", instead);
  return networks[Number(answer) - 1]?.ssid ?? answer;
}

/** How long a board may take to restart and to get online, and how often it is asked. Milliseconds. */
const GETS_ONLINE = 90_000;
const PERIOD = 1_000;

/**
 * Waits until a board that restarts is online.
 * @returns the link to it, which may be another than before
 * @throws Error with what is missing, when it takes too long
 */
export async function waitOnline(
  first: BoardLink,
  options: SerialOptions,
  onLog: (line: LogLine) => void,
): Promise<BoardLink> {
  const { readStatus } = await device();
  const end = performance.now() + GETS_ONLINE;
  let link = first;
  let status: ReadonlyMap<string, string> = new Map();
  while (performance.now() < end) {
    try {
      status = await readStatus(link);
      if (status.get("server") === ("online" satisfies Client["state"])) return link;
    } catch (error) {
      await link.close();
      if (!isUnplugged(error)) throw error;
      link = await reopenLink(options, onLog);
    }
    await wait(PERIOD);
  }
  await link.close();
  const state = ["wifi", "clock", "server"].map((name) => `${name} ${status.get(name) ?? "?"}`);
  throw new Error(`the board is not online yet (${state.join(", ")}): pipit logs says more`);
}

/** Prints what of a board's log a person should know. */
function tellTrouble(line: LogLine): void {
  const { level } = line.entry ?? {};
  if (level === "error" || level === "warning") console.error(formatLine(line, err));
}
