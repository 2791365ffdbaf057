import { Command } from "commander";
import {
  type AccountOptions,
  defaultService,
  findPassword,
  reach,
  withAccount,
} from "./account.js";
import { integerFrom } from "./arguments.js";
import { startBoard } from "./board.js";
import { type Board, Boards, fill } from "./boards.js";
import { Live } from "./live.js";
import { describeError, EXIT_HELP } from "./report.js";
import { onInterrupt } from "./signals.js";

/** How long a board has to take its leave of the server, in milliseconds. */
const FAREWELL = 1_000;

interface Options extends AccountOptions {
  count: number;
  startnumber: number;
  connectInterval: number;
  interval: number;
  limit?: number;
  node: string;
  service?: string;
  seed: number;
  storage?: string;
  json?: boolean;
  board?: boolean;
}

export function simulateCommand(): Command {
  const command = new Command("simulate")
    .description("Run simulated boards that publish to a real server.")
    .option("-c, --count <count>", "how many boards", integerFrom(1), 1)
    .option("--startnumber <number>", "the number of the first board", integerFrom(0), 1)
    .option("-i, --connect-interval <ms>", "time between two connections", integerFrom(0), 10)
    .option("--im, --interval <ms>", "time between two samples of a board", integerFrom(10), 10_000)
    .option("-L, --limit <count>", "end after so many items, all boards together", integerFrom(1))
    .requiredOption("-t, --node <node>", "the node to publish to; %i is the board's number")
    .option("--service <jid>", "the pub/sub service (default: pubsub.DOMAIN)")
    .option("--seed <number>", "the same seed gives the same weather", integerFrom(0), 1)
    .option(
      "--storage <folder>",
      "where boards keep what waits to be published, for the next run (default: in memory)",
    )
    .option("--json", "print one JSON object for each change")
    .option("--board", "run one whole board, from its start on, and print its log")
    .addHelpText(
      "after",
      `
With %i in --jid each board has an account of its own; without it they share one, as resources of it.
All accounts have the same password.

Example: pipit simulate -c 100 --jid dev%i@example.org -t telemetry${EXIT_HELP}`,
    );
  withAccount(command, { describe: "the account; %i is the board's number", required: true });
  return command.action(simulate);
}

async function simulate(options: Options): Promise<void> {
  const { count, startnumber, jid, node, connectInterval, interval, limit, seed } = options;
  const { storage, json } = options;
  const password = await findPassword(options.passwordFile, "PIPIT_PASSWORD", jid);
  if (options.board) return simulateBoard(options, password);
  // What --verbose prints would run through the picture.
  const live = new Live(json || options.verbose ? undefined : () => statusLine(boards.list));
  const boards = new Boards({
    count,
    first: startnumber,
    jid,
    password,
    reach: reach(options),
    service: options.service ?? defaultService(fill(jid, startnumber)),
    node,
    connectInterval,
    interval,
    seed,
    ...(storage === undefined ? {} : { storage }),
    onBoard: (board) => {
      if (json) console.log(JSON.stringify(record(board)));
      live.changed();
      if (limit !== undefined && total(boards.list, "published") >= limit) void boards.close();
    },
    onError: (board, error) => live.say(`${board.name}: ${describeError(error)}`),
  });
  onInterrupt(() => void boards.close());
  try {
    await boards.ended();
  } finally {
    await boards.close();
    live.end();
  }
  if (!json && !live.isDrawing) console.log(statusLine(boards.list));
  boards.check();
}

/** Runs one board until it is interrupted. */
function simulateBoard(options: Options, password: string): void {
  const { startnumber, interval, seed } = options;
  const jid = fill(options.jid, startnumber);
  const simulated = startBoard({
    jid,
    password,
    ...(options.server === undefined ? {} : { server: options.server }),
    reach: reach(options),
    service: options.service ?? defaultService(jid),
    node: fill(options.node, startnumber),
    interval,
    seed: seed + startnumber,
    // Packets of provisioning stand between the lines of the log.
    onSerial: (text) => {
      if (text.startsWith("[")) process.stdout.write(text);
    },
  });
  onInterrupt(() => {
    simulated.board?.close();
    setTimeout(() => simulated.powerOff(), FAREWELL);
  });
}

function statusLine(boards: readonly Board[]): string {
  const inState = (state: Board["state"]): number =>
    boards.filter((board) => board.state === state).length;
  return [
    `${inState("online")} online`,
    `${inState("connecting")} connecting`,
    `${inState("waiting")} waiting`,
    `${total(boards, "published")} published`,
    `${total(boards, "pending")} pending`,
    `${total(boards, "dropped")} dropped`,
  ].join("  ");
}

function record(board: Board): object {
  const { name, node, state, published, pending, dropped, error } = board;
  return { board: name, node, state, published, pending, dropped, error: error?.message };
}

function total(boards: readonly Board[], what: "published" | "pending" | "dropped"): number {
  return boards.reduce((sum, board) => sum + board[what], 0);
}
