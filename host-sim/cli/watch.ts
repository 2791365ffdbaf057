import { Command } from "commander";
import type { Reading } from "../../firmware/telemetry/senml.js";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  reach,
  withAccount,
} from "./account.js";
import { integerFrom } from "./arguments.js";
import { err, out } from "./colours.js";
import { baseOf, describeError, describeReading, EXIT_HELP, printable } from "./report.js";
import { onInterrupt } from "./signals.js";
import { Watcher } from "./watcher.js";

interface Options extends AccountOptions {
  node: string;
  service?: string;
  json?: boolean;
  limit?: number;
}

export function watchCommand(): Command {
  const command = new Command("watch")
    .description("Subscribe to a node and print its readings as they come.")
    .requiredOption("-t, --node <node>", "the node to watch")
    .option("--service <jid>", "the pub/sub service (default: pubsub.DOMAIN)")
    .option("-L, --limit <count>", "end after so many items", integerFrom(1))
    .option("--json", "print one JSON object for each reading")
    .addHelpText(
      "after",
      `
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
  const watcher = new Watcher({
    client: { ...reach(options), jid, password },
    service,
    node,
    onSubscribed: () => note(`watching ${node} on ${service}`),
    onReadings: (readings, item) => {
      if (left <= 0) return;
      for (const reading of readings) {
        const { publisher } = item;
        const record = { node, item: item.id, ...(publisher && { publisher }), ...reading };
        console.log(json ? JSON.stringify(record) : line(reading));
      }
      if (--left === 0) watcher.close();
    },
    onUnreadable: (item, error) => note(`item ${item.id} is not SenML: ${describeError(error)}`),
    onLost: (error, delay) =>
      note(`${describeError(error)}; trying again in ${Math.ceil(delay / 1000)} s`),
  });
  onInterrupt(() => watcher.close());
  await watcher.ended;
}

function line(reading: Reading): string {
  return `${out.dim(describeTime(reading.time))}  ${baseOf(reading.name)}  ${describeReading(reading)}`;
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
