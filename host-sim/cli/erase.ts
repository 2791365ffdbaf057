import { Command } from "commander";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { askLine } from "./prompt.js";
import { EXIT_HELP } from "./report.js";
import { findLine, openLink, type SerialOptions, withPort } from "./serial.js";

interface Options extends SerialOptions {
  chip?: boolean;
  yes?: boolean;
}

export function eraseCommand(): Command {
  const command = new Command("erase")
    .description("Wipe what a board has stored: settings, keys, and readings not published yet.")
    .option("--chip", "all of the flash, with the firmware; works on a board that does not start")
    .option("--yes", "do not ask")
    .addHelpText("after", `\nExample: pipit erase --yes${EXIT_HELP}`);
  return withPort(command).action(async (options: Options) => {
    if (options.chip) {
      const line = await findLine(options);
      await confirm(`everything on the board on ${line.name}`, options);
      const { eraseChip } = await import("../device/flasher.js");
      const chip = await eraseChip(line);
      return console.log(`the ${chip} is empty`);
    }
    const { eraseBoard, readInfo } = await import("../device/provision.js");
    const link = await openLink(options);
    try {
      const { name } = await readInfo(link);
      await confirm(`the settings, keys and queued readings of ${name}`, options);
      await eraseBoard(link);
      console.log(`${name} has forgotten everything`);
    } finally {
      await link.close();
    }
  });
}

async function confirm(what: string, { yes }: Options): Promise<void> {
  if (yes) return;
  const answer = await askLine(`Erase ${what}? [y/N] `, "answer", `erase ${what} with --yes`);
  if (!/^y(es)?$/i.test(answer)) throw new ConfigError("answer", "nothing was erased");
}
