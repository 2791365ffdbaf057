#!/usr/bin/env node
import { Command } from "commander";
import { demoCommand } from "./demo.js";
import { nodeCommand } from "./node.js";
import { publishCommand } from "./publish.js";
import { EXIT, EXIT_HELP } from "./report.js";
import { serverCommand } from "./server.js";
import { simulateCommand } from "./simulate.js";
import { watchCommand } from "./watch.js";

const program = new Command("pipit")
  .description("An XMPP client for microcontrollers, and a simulator that runs the same firmware.")
  .version("0.1.0")
  .addHelpText("after", EXIT_HELP)
  .showHelpAfterError("(more with --help)");

for (const make of [
  demoCommand,
  simulateCommand,
  watchCommand,
  publishCommand,
  nodeCommand,
  serverCommand,
])
  program.addCommand(make());

// commander ends with 1 for wrong usage; here that means that the server or the network failed.
for (const command of allCommands(program))
  command.exitOverride((error) => process.exit(error.exitCode === 1 ? EXIT.usage : error.exitCode));

await program.parseAsync();

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}
