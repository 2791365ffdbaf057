import { randomBytes } from "node:crypto";
import { Command } from "commander";
import pc from "picocolors";
import { StanzaError } from "../../firmware/xmpp/errors.js";
import { ensureNode, type PubSub, TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { Accounts } from "../server/accounts.js";
import { loadOrCreateAuthority } from "../server/authority.js";
import { Listener } from "../server/listener.js";
import { Server } from "../server/server.js";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  type Reach,
  reach,
  withAccount,
} from "./account.js";
import { integerFrom } from "./arguments.js";
import { type Board, Boards, fill } from "./boards.js";
import { Live } from "./live.js";
import { baseOf, describeError, describeReading, EXIT_HELP, endWith } from "./report.js";
import { dataDirectory } from "./server.js";
import { promised, Session } from "./session.js";
import { onInterrupt } from "./signals.js";
import { Watcher } from "./watcher.js";

interface Options extends Partial<AccountOptions> {
  count: number;
  interval: number;
  limit?: number;
  node: string;
  service?: string;
  owner?: string;
  seed: number;
}

export function demoCommand(): Command {
  const command = new Command("demo")
    .description(
      "Watch simulated boards publish their readings, on a server of their own or yours.",
    )
    .option("-c, --count <count>", "how many boards", integerFrom(1), 5)
    .option("--im, --interval <ms>", "time between two samples of a board", integerFrom(10), 2_000)
    .option("-L, --limit <count>", "end after so many readings were received", integerFrom(1))
    .option("-t, --node <node>", "the node to publish to", "pipit-demo")
    .option("--service <jid>", "the pub/sub service (default: pubsub.DOMAIN)")
    .option("--owner <jid>", "the account that creates the node and subscribes (default: --jid)")
    .option("--seed <number>", "the same seed gives the same weather", integerFrom(0), 1)
    .addHelpText(
      "after",
      `
Without --jid, an embedded server is started on this machine. With --jid, boards log in to that account's
server, each as a resource of it, or as accounts of their own where the JID has %i:

  npm start -- --jid me@example.org
  npm start -- --jid board%i@example.org --owner me@example.org --server xmpp://10.0.0.5

The password is PIPIT_PASSWORD, and the owner's PIPIT_OWNER_PASSWORD if it differs.${EXIT_HELP}`,
    );
  withAccount(command, { describe: "an account on your server", required: false });
  return command.action((options: Options) =>
    demo(options).catch((error: unknown) => endWith(command, error)),
  );
}

/** Where the demonstration takes place. */
interface Stage {
  title: string;
  reach: Reach;
  boards: { jid: string; password: string };
  owner: { jid: string; password: string };
  close(): Promise<void>;
}

async function demo(options: Options): Promise<void> {
  const { jid } = options;
  const stage = jid === undefined ? await ownStage(options) : await yourStage({ ...options, jid });
  try {
    await play(options, stage);
  } finally {
    await stage.close();
  }
}

/** An embedded server, with accounts that last as long as it does. */
async function ownStage(options: Options): Promise<Stage> {
  if (options.server !== undefined)
    throw new Error("--server needs --jid: which account are the boards to log in to?");
  const domain = "localhost";
  const { authority, certificateFile } = await loadOrCreateAuthority(dataDirectory());
  const password = process.env.PIPIT_PASSWORD || randomBytes(16).toString("hex");
  const accounts = new Accounts();
  accounts.add("owner", password);
  for (let i = 1; i <= options.count; i++) accounts.add(`board${i}`, password);
  const server = new Server({
    domain,
    accounts: accounts.lookup,
    mayCreateNodes: (account) => account === `owner@${domain}`,
  });
  const listener = new Listener({ server, authority, port: 0, directPort: 0 });
  const { port } = await listener.listen();
  return {
    title: `an embedded server at xmpp://localhost:${port} (for demonstration only)`,
    reach: {
      ...reach({ ...options, ca: certificateFile }),
      host: "127.0.0.1",
      port,
      security: "starttls",
    },
    boards: { jid: `board%i@${domain}`, password },
    owner: { jid: `owner@${domain}`, password },
    close: () => listener.close(),
  };
}

/** A server that is there already. */
async function yourStage(options: Options & { jid: string }): Promise<Stage> {
  const { jid, passwordFile } = options;
  const owner = options.owner ?? jid;
  if (owner.includes("%i"))
    throw new Error("--owner is needed: which account creates the node and subscribes to it?");
  const password = await findPassword(passwordFile, "PIPIT_PASSWORD", jid);
  const ownPassword = process.env.PIPIT_OWNER_PASSWORD;
  return {
    title: JID.parse(fill(jid, 1)).domain,
    reach: reach(options),
    boards: { jid, password },
    owner: { jid: owner, password: ownPassword || password },
    close: async () => {},
  };
}

async function play(options: Options, stage: Stage): Promise<void> {
  const { count, interval, node, seed } = options;
  const service = await prepareNode(options, stage);
  const received = new Map<string, string>();
  let total = 0;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const live = new Live(() =>
    picture(stage.title, `${node} on ${service}`, boards.list, received, total),
  );

  let subscribed = (): void => {};
  const subscription = new Promise<void>((resolve) => {
    subscribed = resolve;
  });
  const watcher = new Watcher({
    client: { ...stage.reach, ...stage.owner, backoff: { start: 0 } },
    service,
    node,
    onSubscribed: () => subscribed(),
    onReadings: (readings) => {
      for (const reading of readings) {
        received.set(reading.name, describeReading(reading));
        if (!live.isDrawing) console.log(`${nameOf(reading.name)}  ${describeReading(reading)}`);
      }
      total += readings.length;
      left -= readings.length;
      live.changed();
      if (left <= 0) end();
    },
    onError: (error, delay) => {
      live.say(`subscriber: ${describeError(error)}`);
      if (delay === undefined) end();
    },
  });
  await Promise.race([subscription, ended]);

  const states = new Map<Board, string>();
  const boards = new Boards({
    count,
    first: 1,
    ...stage.boards,
    reach: stage.reach,
    service,
    node,
    connectInterval: 300,
    interval,
    seed,
    onBoard: (board) => {
      live.changed();
      if (live.isDrawing || states.get(board) === board.state) return;
      states.set(board, board.state);
      console.log(`${board.name}  ${board.state}`);
    },
    onError: (board, error) => live.say(`${board.name}: ${describeError(error)}`),
  });
  onInterrupt(end);
  await Promise.race([ended, boards.ended()]);
  // The boards first, so that the picture shows them closed.
  await boards.close();
  await watcher.close();
  live.end();
}

/**
 * Makes the node, and says on which service it is. Where an account may not make nodes on the domain's
 * service, it may on itself (XEP-0163), if it is the one that publishes, too.
 */
async function prepareNode(options: Options, stage: Stage): Promise<string> {
  const { jid } = stage.owner;
  const service = options.service ?? defaultService(jid);
  const make = (on: string): Promise<void> =>
    Session.use({ ...stage.reach, ...stage.owner }, on, (pubsub: PubSub) =>
      promised((done) => ensureNode(pubsub, options.node, TELEMETRY_NODE, done)),
    );
  try {
    await make(service);
    return service;
  } catch (error) {
    const personal = JID.parse(jid).bare.toString();
    const same = !stage.boards.jid.includes("%i") && options.service === undefined;
    if (!(error instanceof StanzaError) || !same) throw error;
    await make(personal);
    return personal;
  }
}

const DOTS: Readonly<Record<Board["state"], string>> = {
  online: pc.green("●"),
  connecting: pc.yellow("◐"),
  waiting: pc.dim("○"),
  closing: pc.yellow("◌"),
  closed: pc.dim("○"),
};

function picture(
  title: string,
  node: string,
  boards: readonly Board[],
  received: ReadonlyMap<string, string>,
  total: number,
): string {
  const lines = boards.map((board) => {
    const readings = [...received].filter(([name]) => nameOf(name) === board.name);
    const values = readings.map(([, text]) => text.padEnd(20)).join("");
    const counts = `${board.published} published${board.pending > 1 ? `, ${board.pending} wait` : ""}`;
    const state = board.state.padEnd(11);
    return `  ${DOTS[board.state]} ${board.name.padEnd(8)} ${state} ${values} ${pc.dim(counts)}`;
  });
  return [
    `${pc.bold("Pipit")}: simulated boards publish to ${node}`,
    pc.dim(`${title}; TLS, SCRAM-SHA-256; Ctrl-C closes everything`),
    "",
    ...lines,
    "",
    `  ${total} readings received by the subscriber`,
  ].join("\n");
}

/** The board that a reading is from. */
function nameOf(reading: string): string {
  return baseOf(reading).replace(/^urn:dev:ops:pipit-/, "");
}
