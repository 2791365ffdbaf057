import { Command } from "commander";
import { Collector } from "../collector/collector.js";
import { CollectorSource } from "../dashboard/collector-source.js";
import { Model } from "../dashboard/model.js";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  reach,
  withAccount,
} from "./account.js";
import { collect } from "./arguments.js";
import { err } from "./colours.js";
import { describeError, EXIT_HELP, printable } from "./report.js";
import { onInterrupt } from "./signals.js";
import { openPage, type PageOptions, withPage } from "./web-page.js";

interface Options extends AccountOptions, PageOptions {
  node: string[];
  store: string;
}

export function dashboardCommand(): Command {
  const command = new Command("dashboard")
    .description("Collect the readings on nodes, and serve a page that shows them live.")
    .requiredOption(
      "-t, --node <node>",
      "a node, or a pattern such as 'fleet/*' for those there are and will be; may be repeated",
      collect,
    )
    .option("--store <place>", "an SQLite file, or postgresql://USER@HOST/DATABASE", "pipit.db")
    .addHelpText(
      "after",
      `
It collects as 'pipit collect' does, so what it shows of the past is what is in the store. A device counts as
online while its readings come, at three times its usual interval at the most.

The page is served without TLS. Where others listen, leave it on this machine's own address, and get there by SSH:
  ssh -L 8222:127.0.0.1:8222 HOST

Example: pipit dashboard --jid me@example.org -t 'fleet/*'${EXIT_HELP}`,
    );
  withPage(command);
  withAccount(command, { describe: "the account to collect with", required: true });
  return command.action(dashboard);
}

async function dashboard(options: Options): Promise<void> {
  const { jid, node: nodes } = options;
  const service = options.service ?? defaultService(jid);
  const password = await findPassword(options.passwordFile, "PIPIT_PASSWORD", jid);
  const { openStore } = await import("../collector/open-store.js");
  const store = await openStore(options.store, service);
  const model = new Model();
  const source = new CollectorSource(model, store, `${nodes.join(", ")} on ${service}`);
  model.source = source;
  try {
    await source.load();
    const sayAddress = (): void => note(`Watch it at ${page.address}`);
    const page = await openPage(options, model, sayAddress);
    sayAddress();
    const collector = new Collector({
      client: {
        ...reach(options),
        jid,
        password,
        backoff: { start: 0 },
        onState: (state) => {
          if (state === "online") source.reached(false);
        },
        onResumed: () => source.reached(true),
      },
      service,
      nodes,
      store,
      onStored: (items) => source.take(items),
      onReady: (count) => {
        source.reached(true);
        note(`collecting from ${count} ${count === 1 ? "node" : "nodes"} of ${service}`);
      },
      onNodeTrouble: (node, what) => note(`${node}: ${what}`),
      onStore: (error) => {
        if (error === undefined) source.reached(true);
        else source.lost(`Nothing is stored, nor shown: ${error.message}.`);
        note(error === undefined ? "storing again" : error.message);
      },
      onLost: (error, delay) => {
        source.lost(
          `Devices are shown as they were. The server is not reached: ${describeError(error)}.`,
        );
        note(`${describeError(error)}; trying again in ${Math.ceil(delay / 1000)} s`);
      },
    });
    onInterrupt(() => collector.close());
    try {
      await collector.ended;
    } finally {
      await page.close();
    }
  } finally {
    source.close();
    await store.close();
  }
}

/** Standard output is for data, of which there is none here. */
function note(text: string): void {
  console.error(err.dim(printable(text)));
}
