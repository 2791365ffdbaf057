import { Command } from "commander";
import type { BoardLink } from "../device/board-link.js";
import type { LogLine } from "../device/log-reader.js";
import { out } from "./colours.js";
import { EXIT_HELP, printable } from "./report.js";
import {
  formatLine,
  isUnplugged,
  note,
  openLink,
  orClose,
  reopenLink,
  type SerialOptions,
  withPort,
} from "./serial.js";
import { onInterrupt } from "./signals.js";

interface Options extends SerialOptions {
  past?: boolean;
  json?: boolean;
}

export function logsCommand(): Command {
  const command = new Command("logs")
    .description("Print the log of the board on this computer's USB as it comes.")
    .option("--past", "first what the board has kept: some fifty lines")
    .option("--json", "print one JSON object for each line")
    .addHelpText(
      "after",
      `
A board that is unplugged is waited for. Ctrl-C ends it.

Example: pipit logs --past${EXIT_HELP}`,
    );
  return withPort(command).action(async (options: Options) => {
    const print = (line: LogLine): void => console.log(options.json ? record(line) : show(line));
    const link = await openLink(options, print);
    if (options.past) {
      const { readLog } = await import("../device/provision.js");
      for (const line of await orClose(link, readLog(link))) print(line);
    }
    await follow(link, options, print);
  });
}

function show(line: LogLine): string {
  return formatLine(line, out);
}

function record({ text, entry }: LogLine): string {
  return JSON.stringify(entry ?? { text: printable(text) });
}

/** Keeps a line open until it is interrupted; one that is lost is opened again when it is back. */
export async function follow(
  first: BoardLink,
  options: SerialOptions,
  print: (line: LogLine) => void,
): Promise<void> {
  let link: BoardLink | undefined = first;
  let isWanted = true;
  const interrupted = new Promise<void>((resolve) => {
    onInterrupt(() => {
      isWanted = false;
      resolve();
    });
  });
  while (isWanted) {
    try {
      await Promise.race([interrupted, link.lost]);
    } catch (error) {
      if (!isUnplugged(error)) throw error;
      note("the board is unplugged; waiting for it");
      await link.close();
      const forever = { patience: Number.POSITIVE_INFINITY, isWanted: () => isWanted };
      const opening = reopenLink(options, print, forever);
      link = await opening.catch((failure) => {
        if (isWanted) throw failure;
        return undefined;
      });
      if (link === undefined) return;
      note("it is back");
    }
  }
  await link.close();
}
