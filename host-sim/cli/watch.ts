import { Command } from "commander";
import type { Reading } from "../../firmware/telemetry/senml.js";
import { type Gap, Gaps, GRACE } from "../collector/gaps.js";
import { deviceOf } from "../collector/names.js";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  reach,
  withAccount,
} from "./account.js";
import { integerFrom, parseName, parseTime } from "./arguments.js";
import { err, out } from "./colours.js";
import { describeError, describeReading, EXIT_HELP, printable } from "./report.js";
import { onInterrupt } from "./signals.js";
import { Watcher } from "./watcher.js";

interface Options extends AccountOptions {
  node: string;
  json?: boolean;
  limit?: number;
  /** Seconds since the epoch. */
  since?: number;
}

export function watchCommand(): Command {
  const command = new Command("watch")
    .description("Subscribe to a node and print its readings as they come.")
    .requiredOption("-t, --node <node>", "the node to watch", parseName)
    .option("-L, --limit <count>", "end after so many items", integerFrom(1))
    .option(
      "--since <time>",
      "begin with readings on the node taken since then: a date, or how long ago, such as 90m or 2d",
      parseTime,
    )
    .option("--json", "print one JSON object for each reading, and for each gap")
    .addHelpText(
      "after",
      `
What is published while the connection is lost is printed when it is back. Devices number their items; when
numbers are missing for ${GRACE / 1000} s, that is told as a gap: in JSON as {"gap":{"device","from","to"}}.

The account stays subscribed to the node after the command has ended.

Example: pipit watch --jid me@example.org --node telemetry${EXIT_HELP}`,
    );
  withAccount(command, { describe: "the account to watch with", required: true });
  return command.action(watch);
}

async function watch(options: Options): Promise<void> {
  const { jid, node, json } = options;
  const service = options.service ?? defaultService(jid);
  const password = await findPassword(options.passwordFile, "PIPIT_PASSWORD", jid);
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let { since } = options;
  const gaps = new Gaps();
  const tellGaps = (grace?: number): void => {
    for (const gap of gaps.due(grace))
      if (json) console.log(JSON.stringify({ node, gap }));
      else note(describeGap(gap));
  };
  const watcher = new Watcher({
    client: { ...reach(options), jid, password },
    service,
    node,
    onSubscribed: () => note(`watching ${node} on ${service}`),
    fromStart: since !== undefined,
    onReadings: (all, item) => {
      if (left <= 0) return;
      const device = deviceOf(all[0]?.name ?? "");
      if (gaps.take(device, item.id))
        note(`${device}: item ${item.id} was missing and has come now`);
      const from = since;
      const readings = from === undefined ? all : all.filter(({ time }) => time >= from);
      if (readings.length === 0) return;
      for (const reading of readings) {
        const { publisher } = item;
        const record = { node, item: item.id, ...(publisher && { publisher }), ...reading };
        console.log(json ? JSON.stringify(record) : line(reading));
      }
      if (--left === 0) watcher.close();
    },
    onUnreadable: (item, error) => note(`item ${item.id} is not SenML: ${describeError(error)}`),
    onCaughtUp: ({ isTruncated, gone }) => {
      since = undefined; // what is published from now on may still have been taken long ago
      if (isTruncated || gone.length > 0)
        note(`${node} has dropped its oldest items; some may be missing here`);
    },
    onNoCatchingUp: (error) => note(`what was missed cannot be retrieved: ${describeError(error)}`),
    onLost: (error, delay) =>
      note(`${describeError(error)}; trying again in ${Math.ceil(delay / 1000)} s`),
  });
  onInterrupt(() => watcher.close());
  const telling = setInterval(tellGaps, 1_000);
  try {
    await watcher.ended;
  } finally {
    clearInterval(telling);
    tellGaps(0);
  }
}

function describeGap({ device, from, to }: Gap): string {
  const which = from === to ? `item number ${from}` : `items number ${from} to ${to}`;
  return `${device}: ${which} missing`;
}

function line(reading: Reading): string {
  return `${out.dim(describeTime(reading.time))}  ${deviceOf(reading.name)}  ${describeReading(reading)}`;
}

/** @param time seconds since the epoch; whoever publishes says what they like, so it may be none */
function describeTime(time: number): string {
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime()) ? `${time} s` : date.toISOString();
}

/** Standard output is for data; what else there is to say goes here. */
function note(text: string): void {
  console.error(err.dim(printable(text)));
}
