import { Command } from "commander";
import {
  type NodeConfig,
  type PubSub,
  TELEMETRY_NODE,
} from "../../firmware/xmpp/extensions/pubsub.js";
import { listNodes } from "../../firmware/xmpp/extensions/pubsub-lists.js";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  reach,
  withAccount,
} from "./account.js";
import { collectPairs, parseName } from "./arguments.js";
import { EXIT_HELP } from "./report.js";
import { promised, withPubSub } from "./session.js";

interface Options extends AccountOptions {
  config?: Record<string, string>;
  json?: boolean;
}

export function nodeCommand(): Command {
  const command = new Command("node")
    .description("Create, configure, list and delete nodes, as their owner.")
    .addHelpText(
      "after",
      `
Devices do not create nodes: a fleet that does brings servers down. Their owner makes them beforehand.

Example: pipit node create telemetry --jid owner@example.org --config max_items=1000${EXIT_HELP}`,
    );
  command.addCommand(
    action("create <node>", "Create a node for telemetry.", create)
      .option(...CONFIG)
      .addHelpText(
        "after",
        `
Unless said otherwise: ${describe(TELEMETRY_NODE)}

Example: pipit node create telemetry --jid owner@example.org`,
      ),
  );
  command.addCommand(
    action("configure <node>", "Change the configuration of a node, or show it.", configure)
      .option(...CONFIG)
      .addHelpText(
        "after",
        "\nExample: pipit node configure telemetry --jid owner@example.org --config max_items=1000",
      ),
  );
  command.addCommand(
    action("list", "List the nodes of the service.", list).addHelpText(
      "after",
      "\nExample: pipit node list --jid me@example.org --json",
    ),
  );
  command.addCommand(
    action("delete <node>", "Delete a node with all its items.", remove).addHelpText(
      "after",
      "\nExample: pipit node delete telemetry --jid owner@example.org",
    ),
  );
  return command;
}

const CONFIG = [
  "--config <name=value>",
  "a field of the configuration, such as max_items=1000; may be repeated",
  collectPairs,
] as const;

type Run = (pubsub: PubSub, options: Options, node: string) => Promise<void>;

function action(usage: string, description: string, run: Run): Command {
  const [name = "", argument] = usage.split(" ");
  const command = new Command(name).description(description);
  if (argument !== undefined) command.argument(argument, "the node", parseName);
  withAccount(command, { describe: "the owner's account", required: true });
  return command.option("--json", "print JSON").action(async () => {
    const options = command.opts<Options>();
    const { jid } = options;
    const service = options.service ?? defaultService(jid);
    const password = await findPassword(options.passwordFile, "PIPIT_PASSWORD", jid);
    await withPubSub({ ...reach(options), jid, password }, service, (pubsub) =>
      run(pubsub, options, command.args[0] ?? ""),
    );
  });
}

const create: Run = async (pubsub, options, node) => {
  const config: NodeConfig = { ...TELEMETRY_NODE, ...options.config };
  await promised((done) => pubsub.createNode(node, config, done));
  say(options, { node, service: pubsub.service }, `created ${node} on ${pubsub.service}`);
};

const configure: Run = async (pubsub, options, node) => {
  const { config } = options;
  if (config !== undefined) await promised((done) => pubsub.configure(node, config, done));
  const fields = await promised<ReadonlyMap<string, readonly string[]>>((done) =>
    pubsub.getConfig(node, done),
  );
  const lines = [...fields].map(([name, values]) => `${name}=${values.join(", ")}`);
  say(options, Object.fromEntries(fields), lines.join("\n"));
};

const list: Run = async (pubsub, options) => {
  const nodes = await promised<string[]>((done) => listNodes(pubsub, done));
  say(options, nodes, nodes.join("\n"));
};

const remove: Run = async (pubsub, options, node) => {
  await promised((done) => pubsub.deleteNode(node, done));
  say(options, { node }, `deleted ${node}`);
};

function say(options: Options, data: unknown, text: string): void {
  if (options.json) console.log(JSON.stringify(data));
  else if (text !== "") console.log(text);
}

function describe(config: NodeConfig): string {
  return Object.entries(config)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}
