import { createInterface } from "node:readline";
import { Command } from "commander";
import { entryId } from "../../firmware/outbox/entry-id.js";
import { EPOCH_LENGTH } from "../../firmware/outbox/segment.js";
import { encodeSenml, type Reading } from "../../firmware/telemetry/senml.js";
import { isUnit } from "../../firmware/telemetry/units.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { ensureNode, type PubSub, TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { crypto } from "../node/crypto.js";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  reach,
  withAccount,
} from "./account.js";
import { parseName } from "./arguments.js";
import { EXIT_HELP, printable } from "./report.js";
import { promised, withPubSub } from "./session.js";
import { onInterrupt } from "./signals.js";

interface Options extends AccountOptions {
  node: string;
  base: string;
  id?: string;
  create?: boolean;
  json?: boolean;
}

export function publishCommand(): Command {
  const command = new Command("publish")
    .description("Publish readings to a node.")
    .argument("[reading...]", "NAME=VALUE or NAME=VALUE:UNIT; all together are one item")
    .requiredOption("-t, --node <node>", "the node to publish to", parseName)
    .option(
      "--base <name>",
      "what goes before the names, such as urn:dev:mac:0024befffe804ff1:",
      "",
    )
    .option("--id <id>", "the item's id; one that is there already is overwritten", parseName)
    .option("--create", "create the node if it is not there")
    .option("--json", "print one JSON object for each item")
    .addHelpText(
      "after",
      `
Without readings, standard input is read: JSON lines, each an item, each a reading or a list of readings:
  {"name":"temperature","unit":"Cel","value":21.5,"time":1700000000}

Units are those of the SenML registry: Cel, %RH, Pa, V, A, W, lx, m/s2 and so on.

Example: pipit publish --jid dev1@example.org -t telemetry temperature=21.5:Cel door=false${EXIT_HELP}`,
    );
  withAccount(command, { describe: "the account to publish with", required: true });
  return command.action(publish);
}

async function publish(texts: string[], options: Options): Promise<void> {
  const { jid, base, id, node, create, json } = options;
  const now = Date.now() / 1000;
  const readings = texts.map((text) => parseReading(text, base, now));
  if (readings.length > 0)
    encodeSenml(readings); // a mistake should show before anything is sent
  else if (process.stdin.isTTY) throw usage("no readings: name some, or pipe JSON lines in");
  else if (id !== undefined) throw usage("--id is for one item: name its readings as arguments");
  const service = options.service ?? defaultService(jid);
  const password = await findPassword(options.passwordFile, "PIPIT_PASSWORD", jid);
  const epoch = crypto.random(EPOCH_LENGTH);
  let count = 0;
  const input = new AbortController();
  const publishAll = async (pubsub: PubSub): Promise<void> => {
    if (create) await promised((done) => ensureNode(pubsub, node, TELEMETRY_NODE, done));
    for await (const item of readings.length > 0 ? [readings] : readItems(base, input.signal)) {
      const payload = encodeSenml(item);
      const published = await promised<string>((done) =>
        pubsub.publish(node, { id: id ?? entryId(epoch, count++), payload }, done),
      );
      const record = { node, item: published, readings: item.length };
      console.log(json ? JSON.stringify(record) : `published ${printable(published)}`);
    }
  };
  if (readings.length === 0) onInterrupt(() => input.abort());
  try {
    await withPubSub({ ...reach(options), jid, password }, service, publishAll);
  } finally {
    input.abort();
  }
}

/** `NAME=VALUE` or `NAME=NUMBER:UNIT`. */
function parseReading(text: string, base: string, time: number): Reading {
  const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw usage(`"${text}" is not a reading: write NAME=VALUE or NAME=VALUE:UNIT`);
  const reading = { name: base + name, time };
  const [, number, unit] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?::(.+))?$/.exec(value) ?? [];
  if (number !== undefined)
    return { ...reading, value: Number(number), ...(unit === undefined ? {} : { unit }) };
  if (value === "true" || value === "false") return { ...reading, value: value === "true" };
  // A comma for a decimal point should not turn a number into a word.
  const colon = value.lastIndexOf(":");
  if (colon >= 0 && isUnit(value.slice(colon + 1)))
    throw usage(`"${text}" has a unit, but "${value.slice(0, colon)}" is not a number like 21.5`);
  return { ...reading, value };
}

/**
 * Items from standard input, until it ends or `signal` says so.
 * @throws ConfigError for a line that is not readings, which are not published then
 */
async function* readItems(base: string, signal: AbortSignal): AsyncGenerator<Reading[]> {
  let number = 0;
  for await (const line of createInterface({ input: process.stdin, signal })) {
    number++;
    if (line.trim() === "") continue;
    yield parseLine(line, `line ${number}`, base);
  }
}

/** The fields of a reading, and their types. */
const FIELDS: Readonly<Record<keyof Reading, readonly string[]>> = {
  name: ["string"],
  unit: ["string"],
  value: ["number", "string", "boolean"],
  data: ["string"],
  sum: ["number"],
  time: ["number"],
  updateTime: ["number"],
};

/** A reading, or a list of them, as JSON. Those without a time are from now. */
function parseLine(line: string, where: string, base: string): Reading[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw usage(`${where} is not JSON: ${(error as Error).message}`);
  }
  const readings = (Array.isArray(parsed) ? parsed : [parsed]).map((reading: unknown) => {
    if (typeof reading !== "object" || reading === null || !("name" in reading))
      throw usage(`${where} is not a reading: it needs a name and a value`);
    for (const [field, value] of Object.entries(reading)) {
      const types = Object.hasOwn(FIELDS, field) ? FIELDS[field as keyof Reading] : undefined;
      if (types === undefined)
        throw usage(`${where}: "${field}" is not one of ${Object.keys(FIELDS).join(", ")}`);
      if (!types.includes(typeof value))
        throw usage(`${where}: the ${field} is not a ${types.join(" or ")}`);
    }
    const { name, time = Date.now() / 1000, ...rest } = reading as Partial<Reading>;
    return { ...rest, time, name: base + name };
  });
  try {
    encodeSenml(readings);
  } catch (error) {
    throw usage(`${where}: ${(error as ConfigError).text}`);
  }
  return readings;
}

function usage(text: string): ConfigError {
  return new ConfigError("input", text);
}
