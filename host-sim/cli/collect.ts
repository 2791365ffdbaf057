import { Command, Option } from "commander";
import { Collector } from "../collector/collector.js";
import { Metrics, serveMetrics } from "../collector/metrics.js";
import { openStore } from "../collector/open-store.js";
import type { Retention } from "../collector/store.js";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  reach,
  withAccount,
} from "./account.js";
import { collect as collectOption, parseDuration, parseEndpoint } from "./arguments.js";
import { err } from "./colours.js";
import { describeError, EXIT_HELP, printable } from "./report.js";
import { onInterrupt } from "./signals.js";

interface Options extends AccountOptions {
  node: string[];
  store: string;
  keep?: number;
  average: number;
  keepAverages?: number;
  metrics?: { host: string; port: number };
  json?: boolean;
}

export function collectCommand(): Command {
  const command = new Command("collect")
    .description(
      "Store the readings on nodes, also those that were published while it did not run.",
    )
    .requiredOption(
      "-t, --node <node>",
      "a node, or a pattern such as 'fleet/*' for those there are and will be; may be repeated",
      collectOption,
    )
    .option("--store <place>", "an SQLite file, or postgresql://USER@HOST/DATABASE", "pipit.db")
    .option(
      "--keep <time>",
      "make averages of readings older than this, such as 30d",
      parseDuration,
    )
    .addOption(
      new Option("--average <time>", "how long each average stands for")
        .argParser(parseDuration)
        .default(3_600, "1h"),
    )
    .option("--keep-averages <time>", "drop averages older than this", parseDuration)
    .option(
      "--metrics <[host:]port>",
      "serve Prometheus on this port; on this machine only, unless a host is given",
      parseEndpoint,
    )
    .option("--json", "print one JSON object for each item that is stored")
    .addHelpText(
      "after",
      `
One item is stored once, however often it comes. Readings are kept for ever unless --keep is given.
Only one pipit writes to an SQLite file; 'pipit export' may read meanwhile. The password of PostgreSQL is taken
from PGPASSWORD. The account stays subscribed to the nodes after the command has ended.

Example: pipit collect --jid me@example.org -t telemetry --store readings.db${EXIT_HELP}`,
    );
  withAccount(command, { describe: "the account to collect with", required: true });
  return command.action(collect);
}

async function collect(options: Options): Promise<void> {
  const { jid, node: nodes, json, metrics: endpoint } = options;
  const service = options.service ?? defaultService(jid);
  const password = await findPassword(options.passwordFile, "PIPIT_PASSWORD", jid);
  const store = await openStore(options.store, service);
  try {
    const retention = retentionOf(options);
    const metrics = new Metrics(() => collector.counts);
    // First, for the port may be in use.
    const server =
      endpoint && (await serveMetrics(metrics, endpoint.host, endpoint.port, "--metrics"));
    const collector: Collector = new Collector({
      client: { ...reach(options), jid, password, backoff: { start: 0 } },
      service,
      nodes,
      store,
      ...(retention === undefined ? {} : { retention }),
      onStored: (items) => {
        metrics.add(items);
        if (json)
          for (const { node, id, publisher, readings } of items)
            console.log(JSON.stringify({ node, item: id, publisher, readings }));
      },
      onReady: (count) =>
        note(`collecting from ${count} ${count === 1 ? "node" : "nodes"} of ${service}`),
      onNodeTrouble: (node, what) => note(`${node}: ${what}`),
      onStore: (error) =>
        note(
          error === undefined ? "storing again" : `${error.message}; it goes on when that is over`,
        ),
      onLost: (error, delay) =>
        note(`${describeError(error)}; trying again in ${Math.ceil(delay / 1000)} s`),
    });
    onInterrupt(() => collector.close());
    try {
      await collector.ended;
    } finally {
      server?.close();
      server?.closeAllConnections();
      const { items, readings, repeated, unreadable } = collector.counts;
      note(
        `${items} items with ${readings} readings stored, ${repeated} came again, ${unreadable} were not SenML`,
      );
    }
  } finally {
    await store.close();
  }
}

function retentionOf({ keep, average, keepAverages }: Options): Retention | undefined {
  if (keep === undefined) return undefined;
  return { keep, average, ...(keepAverages === undefined ? {} : { keepAverages }) };
}

/** Standard output is for data; what else there is to say goes here. */
function note(text: string): void {
  console.error(err.dim(printable(text)));
}
