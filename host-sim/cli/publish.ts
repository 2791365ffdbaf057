import { createInterface } from "node:readline";
import { Command } from "commander";
import { ItemIds } from "../../firmware/telemetry/item-id.js";
import { encodeSenml, type Reading } from "../../firmware/telemetry/senml.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { ensureNode, TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { crypto } from "../node/crypto.js";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  reach,
  withAccount,
} from "./account.js";
import { EXIT_HELP, endWith } from "./report.js";
import { promised, Session } from "./session.js";

interface Options extends AccountOptions {
  node: string;
  service?: string;
  base: string;
  id?: string;
  create?: boolean;
  json?: boolean;
}

export function publishCommand(): Command {
  const command = new Command("publish")
    .description("Publish readings to a node.")
    .argument("[reading...]", "NAME=VALUE or NAME=VALUE:UNIT; all together are one item")
    .requiredOption("-t, --node <node>", "the node to publish to")
    .option("--service <jid>", "the pub/sub service (default: pubsub.DOMAIN)")
    .option(
      "--base <name>",
      "what goes before the names, such as urn:dev:mac:0024befffe804ff1:",
      "",
    )
    .option("--id <id>", "the item's id; one that is there already is overwritten")
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
  return command.action((readings: string[], options: Options) =>
    publish(command, readings, options).catch((error: unknown) => endWith(command, error)),
  );
}

async function publish(command: Command, texts: string[], options: Options): Promise<void> {
  const { jid, base, id, node, create } = options;
  const now = Date.now() / 1000;
  const readings = texts.map((text) => parseReading(command, text, base, now));
  if (readings.length === 0 && process.stdin.isTTY)
    command.error("error: no readings: name some, or pipe JSON lines in", { exitCode: 2 });
  if (readings.length > 0) encodeSenml(readings); // a mistake should show before anything is sent
  const password = await findPassword(options.passwordFile, "PIPIT_PASSWORD", jid);
  const service = options.service ?? defaultService(jid);
  const ids = new ItemIds((count) => crypto.random(count));
  await Session.use({ ...reach(options), jid, password }, service, async (pubsub) => {
    if (create) await promised((done) => ensureNode(pubsub, node, TELEMETRY_NODE, done));
    const items = readings.length > 0 ? [readings] : readItems(base, now);
    for await (const item of items) {
      const payload = encodeSenml(item);
      const published = await promised<string>((done) =>
        pubsub.publish(node, { id: id ?? ids.next(), payload }, done),
      );
      const record = { node, item: published, readings: item.length };
      console.log(options.json ? JSON.stringify(record) : `published ${published}`);
    }
  });
}

/** `NAME=VALUE` or `NAME=NUMBER:UNIT`. */
function parseReading(command: Command, text: string, base: string, time: number): Reading {
  const equals = text.indexOf("=");
  if (equals < 1)
    command.error(`error: "${text}" is not a reading: write NAME=VALUE or NAME=VALUE:UNIT`, {
      exitCode: 2,
    });
  const name = base + text.slice(0, equals);
  const value = text.slice(equals + 1);
  const number = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?::(.+))?$/.exec(value);
  if (number === null) {
    const isBoolean = value === "true" || value === "false";
    return { name, time, value: isBoolean ? value === "true" : value };
  }
  const unit = number[2];
  return { name, time, value: Number(number[1]), ...(unit === undefined ? {} : { unit }) };
}

/** Items from standard input. */
async function* readItems(base: string, now: number): AsyncGenerator<Reading[]> {
  let number = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    number++;
    if (line.trim() === "") continue;
    yield parseLine(line, `line ${number}`).map((reading) => ({
      ...reading,
      name: base + reading.name,
      time: reading.time ?? now,
    }));
  }
}

function parseLine(line: string, where: string): (Omit<Reading, "time"> & { time?: number })[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw new ConfigError("input", `${where} is not JSON: ${(error as Error).message}`);
  }
  const readings = Array.isArray(parsed) ? parsed : [parsed];
  for (const reading of readings)
    if (typeof reading !== "object" || reading === null || typeof reading.name !== "string")
      throw new ConfigError("input", `${where} is not a reading: it needs a name and a value`);
  return readings;
}
