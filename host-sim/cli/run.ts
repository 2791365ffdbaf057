import { setTimeout as wait } from "node:timers/promises";
import { Command } from "commander";
import type { Reading } from "../../firmware/telemetry/senml.js";
import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import type { Item } from "../../firmware/xmpp/extensions/pubsub.js";
import { JID } from "../../firmware/xmpp/jid.js";
import type { TargetName } from "../device/image.js";
import type { LogLine } from "../device/log-reader.js";
import { defaultService, reach } from "./account.js";
import { boardOption } from "./build.js";
import { out } from "./colours.js";
import { flashBoard } from "./flash.js";
import { follow } from "./logs.js";
import {
  type Provisioned,
  type ProvisionOptions,
  provision,
  waitOnline,
  withProvisioning,
} from "./provision.js";
import { describeError, describeReading, EXIT_HELP } from "./report.js";
import { findLine, formatLine, note, orClose, reopenLink } from "./serial.js";
import { promised, withPubSub } from "./session.js";

interface Options extends ProvisionOptions {
  board?: TargetName;
  image?: string;
  erase?: boolean;
}

export function runCommand(): Command {
  const command = new Command("run")
    .description("Build, flash and provision the board on this computer's USB, and follow its log.")
    .addOption(boardOption().conflicts("image"))
    .option("--image <path>", "an image that is built already, in place of --board")
    .option("--erase", "erase everything on the board first: settings, keys and queued readings")
    .addHelpText(
      "after",
      `
It builds if there is something new to build, asks for what the board does not know yet, says when the first
readings have arrived at the server, and goes on with the log. Ctrl-C ends it.

Example: pipit run --board esp32c3 --jid board@example.org --node telemetry${EXIT_HELP}`,
    );
  return withProvisioning(command).action(run);
}

async function run(options: Options): Promise<void> {
  const folder = options.image ?? (await builtImage(options.board));
  const { readImages } = await import("../device/image.js");
  const { mac } = await flashBoard(await findLine(options), readImages(folder), options);
  const print = (line: LogLine): void => console.log(formatLine(line, out));
  const link = await reopenLink(options, print);
  const board = await orClose(link, provision(link, options));
  const online = await waitOnline(link, options, print);
  note(`${board.name} is online as ${board.jid}`);
  const ended = new AbortController();
  const telling = tellArrival(board, mac, options, ended.signal);
  try {
    await follow(online, options, print);
  } finally {
    ended.abort();
    await telling;
  }
}

async function builtImage(board: TargetName | undefined): Promise<string> {
  const { build, imageFolder, isUpToDate } = await import("../device/build.js");
  if (board === undefined)
    throw new ConfigError("board", "say what to flash: --board NAME, or --image PATH");
  return isUpToDate(board) ? imageFolder(board) : build(board);
}

/** How often to look for readings, in milliseconds. */
const PERIOD = 3_000;

/** Says when readings of the board are on its node, if its account may look. */
async function tellArrival(
  board: Provisioned,
  mac: string,
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const { jid, node, password } = board;
  const watch = `pipit watch -t ${node} --jid ${JID.parse(jid).bare}`;
  if (password === undefined) return note(`to see its readings: ${watch}`);
  try {
    const readings = await firstReadings(board, password, mac, options, signal);
    note(`its readings arrive: ${readings.map(describeReading).join(", ")}`);
    note(`to see them: ${watch}`);
  } catch (error) {
    if (signal.aborted) return;
    note(`whether its readings arrive cannot be seen with its account: ${describeError(error)}`);
  }
}

function firstReadings(
  { jid, node }: Provisioned,
  password: string,
  mac: string,
  options: Options,
  signal: AbortSignal,
): Promise<readonly Reading[]> {
  const since = Date.now() / 1000;
  // As RFC 9039 section 4.1 writes a MAC address, with ff:fe in the middle.
  const device = `urn:dev:mac:${mac.slice(0, 6)}fffe${mac.slice(6)}:`;
  const client = { ...reach(options), jid: JID.parse(jid).bare.toString(), password };
  return withPubSub(client, options.service ?? defaultService(jid), async (pubsub) => {
    for (;;) {
      const items = await promised<Item[]>((done) => pubsub.items(node, 10, done));
      const own = items
        .flatMap(readingsOf)
        .filter(({ name, time }) => name.startsWith(device) && time >= since);
      // An item may hold several of each channel.
      if (own.length > 0) return [...new Map(own.map((one) => [one.name, one])).values()];
      await wait(PERIOD, undefined, { signal });
    }
  });
}

/** Others may publish whatever they like. */
function readingsOf({ payload }: Item): Reading[] {
  try {
    return payload === undefined ? [] : decodeSenml(payload, Date.now() / 1000);
  } catch {
    return [];
  }
}
