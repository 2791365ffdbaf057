import { randomBytes } from "node:crypto";
import { Command } from "commander";
import { ConfigError, StanzaError } from "../../firmware/xmpp/errors.js";
import { ensureNode, TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { deviceOf } from "../collector/names.js";
import { loadOrCreateAuthority } from "../server/authority.js";
import { Listener } from "../server/listener.js";
import { deriveCredentials } from "../server/sasl/credentials.js";
import { Server } from "../server/server.js";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  parseAccount,
  type Reach,
  reach,
  withAccount,
} from "./account.js";
import { integerFrom } from "./arguments.js";
import { type Board, Boards, fill } from "./boards.js";
import { out } from "./colours.js";
import { Live } from "./live.js";
import { describeError, describeReading, EXIT_HELP } from "./report.js";
import { dataDirectory } from "./server.js";
import { promised, withPubSub } from "./session.js";
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
    .option(
      "--owner <jid>",
      "the account that creates the node and subscribes (default: --jid)",
      parseAccount,
    )
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
  return command.action(demo);
}

/** Where the demonstration takes place. */
interface Stage {
  place: string;
  reach: Reach;
  boards: { jid: string; password: string };
  owner: { jid: string; password: string };
  close(): Promise<void>;
}

async function demo(options: Options, command: Command): Promise<void> {
  const { jid } = options;
  if (jid === undefined)
    for (const name of ["server", "owner", "ca"])
      if (command.getOptionValueSource(name) === "cli")
        throw new ConfigError("jid", `--${name} needs --jid: who is to log in to your server?`);
  const stage = jid === undefined ? await ownStage(options) : await yourStage({ ...options, jid });
  try {
    await play(options, stage);
  } finally {
    await stage.close();
  }
}

/** An embedded server, where every account has the same password. */
async function ownStage(options: Options): Promise<Stage> {
  const domain = "localhost";
  const { authority, certificateFile } = await loadOrCreateAuthority(dataDirectory());
  const password = process.env.PIPIT_PASSWORD || randomBytes(16).toString("hex");
  const credentials = deriveCredentials(password);
  const server = new Server({
    domain,
    accounts: () => credentials,
    mayCreateNodes: (account) => account === `owner@${domain}`,
  });
  const listener = new Listener({ server, authority, port: 0, directPort: 0 });
  const { port } = await listener.listen();
  return {
    place: `an embedded server for demonstration, xmpp://localhost:${port}`,
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
    throw new ConfigError(
      "owner",
      "which account makes the node and subscribes? Say so by --owner",
    );
  const password = await findPassword(passwordFile, "PIPIT_PASSWORD", jid);
  const another = options.owner === undefined ? "" : process.env.PIPIT_OWNER_PASSWORD;
  return {
    place: JID.parse(fill(jid, 1)).domain,
    reach: reach(options),
    boards: { jid, password },
    owner: { jid: owner, password: another || password },
    close: async () => {},
  };
}

async function play(options: Options, stage: Stage): Promise<void> {
  const { count, interval, limit, node, seed } = options;
  const service = await prepareNode(options, stage);
  const received = new Map<string, string>();
  let total = 0;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  onInterrupt(end);

  let boards: Boards | undefined;
  const picture = (): string =>
    draw(stage.place, node, service, boards?.list ?? [], received, total);
  // What --verbose prints would run through the picture.
  const live = new Live(options.verbose ? undefined : picture);
  let begin = (): void => {};
  const subscribed = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const watcher = new Watcher({
    client: { ...stage.reach, ...stage.owner },
    service,
    node,
    onSubscribed: begin,
    onReadings: (readings) => {
      for (const reading of readings) {
        received.set(reading.name, describeReading(reading));
        if (!live.isDrawing) console.log(`${nameOf(reading.name)}  ${describeReading(reading)}`);
      }
      total += readings.length;
      live.changed();
      if (limit !== undefined && total >= limit) end();
    },
    onLost: (error) => live.say(`subscriber: ${describeError(error)}`),
  });

  try {
    await Promise.race([subscribed, ended, watcher.ended]);
    const states = new Map<Board, string>();
    boards = new Boards({
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
        live.say(`${board.name}  ${board.state}`);
      },
      onError: (board, error) => live.say(`${board.name}: ${describeError(error)}`),
    });
    await Promise.race([ended, watcher.ended, boards.ended()]);
  } finally {
    // The boards first, so that the picture shows them closed.
    await boards?.close();
    watcher.close();
    await watcher.ended.catch(() => {}); // which was thrown above
    live.end();
  }
  boards.check();
}

/**
 * Makes the node, and says on which service it is. Where an account may not make nodes on the domain's
 * service, it may on itself (XEP-0163), if it is the one that publishes, too.
 */
async function prepareNode(options: Options, stage: Stage): Promise<string> {
  const { jid } = stage.owner;
  const service = options.service ?? defaultService(jid);
  const make = (on: string): Promise<void> =>
    withPubSub({ ...stage.reach, ...stage.owner }, on, (pubsub) =>
      promised((done) => ensureNode(pubsub, options.node, TELEMETRY_NODE, done)),
    );
  try {
    await make(service);
    return service;
  } catch (error) {
    const personal = JID.parse(jid).bare.toString();
    const same = !stage.boards.jid.includes("%i") && options.service === undefined;
    if (!(error instanceof StanzaError) || !same) throw error;
    await make(personal).catch(() => {
      throw error; // the service that was asked for is the one to tell of
    });
    return personal;
  }
}

const DOTS: Readonly<Record<Board["state"], string>> = {
  online: out.green("●"),
  connecting: out.yellow("◐"),
  waiting: out.dim("○"),
  closing: out.yellow("◌"),
  closed: out.dim("○"),
};

function draw(
  place: string,
  node: string,
  service: string,
  boards: readonly Board[],
  received: ReadonlyMap<string, string>,
  total: number,
): string {
  const lines = boards.map((board) => {
    const readings = [...received].filter(([name]) => nameOf(name) === board.name);
    const values = readings
      .map(([, text]) => `${text.padEnd(20)}  `)
      .join("")
      .padEnd(44);
    const counts = `${board.published} published${board.pending > 1 ? `, ${board.pending} wait` : ""}`;
    const state = board.state.padEnd(10);
    return `  ${DOTS[board.state]} ${board.name.padEnd(8)} ${state}  ${values}${out.dim(counts)}`;
  });
  return [
    `${out.bold("Pipit")}: simulated boards publish to ${node} on ${service}`,
    out.dim(`at ${place}; Ctrl-C closes everything`),
    "",
    ...lines,
    "",
    `  ${total} readings received by the subscriber`,
  ].join("\n");
}

/** The board that a reading is from. */
function nameOf(reading: string): string {
  return deviceOf(reading).replace(/^urn:dev:ops:pipit-/, "");
}
