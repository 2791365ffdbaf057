import { Command } from "commander";
import pc from "picocolors";
import type { Reading } from "../../firmware/telemetry/senml.js";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  reach,
  withAccount,
} from "./account.js";
import { integerFrom } from "./arguments.js";
import { baseOf, describeError, describeReading, EXIT_HELP, endWith } from "./report.js";
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
  return command.action((options: Options) => watch(command, options));
}

async function watch(command: Command, options: Options): Promise<void> {
  const { jid, node, json } = options;
  const service = options.service ?? defaultService(jid);
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  try {
    const password = await findPassword(options.passwordFile, "PIPIT_PASSWORD", jid);
    const watcher = new Watcher({
      client: { ...reach(options), jid, password, backoff: { start: 0 } },
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
      onError: (error, delay) => {
        if (delay === undefined) endWith(command, error);
        note(`${describeError(error)}; trying again in ${Math.ceil(delay / 1000)} s`);
      },
    });
    onInterrupt(() => watcher.close());
  } catch (error) {
    endWith(command, error);
  }
}

function line(reading: Reading): string {
  const when = new Date(reading.time * 1000).toISOString();
  return `${pc.dim(when)}  ${baseOf(reading.name)}  ${describeReading(reading)}`;
}

/** Standard output is for data; what else there is to say goes here. */
function note(text: string): void {
  console.error(pc.dim(text));
}
