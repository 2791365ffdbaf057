import { Command, Option } from "commander";
import { TARGETS, type TargetName } from "../device/image.js";
import { EXIT_HELP } from "./report.js";

/** The option that says what kind of board it is. */
export function boardOption(): Option {
  return new Option("--board <name>", "the kind of board").choices(Object.keys(TARGETS));
}

export function buildCommand(): Command {
  return new Command("build")
    .description("Build the firmware for a board, by the Moddable SDK.")
    .addOption(boardOption().makeOptionMandatory())
    .addHelpText(
      "after",
      `
It needs the Moddable SDK 8.2 and ESP-IDF 6.0: pipit doctor says what is missing.
The image is a folder with manifest.json, as ESP Web Tools has it, and the files that it names.

Example: pipit build --board esp32c3${EXIT_HELP}`,
    )
    .action(async ({ board }: { board: TargetName }) => {
      const { build } = await import("../device/build.js");
      console.log(await build(board));
    });
}
