#!/usr/bin/env node
import { Command } from "commander";
import { VERSION } from "../version.js";
import { buildCommand } from "./build.js";
import { chaosCommand } from "./chaos.js";
import { collectCommand } from "./collect.js";
import { dashboardCommand } from "./dashboard.js";
import { demoCommand } from "./demo.js";
import { doctorCommand } from "./doctor.js";
import { eraseCommand } from "./erase.js";
import { exportCommand } from "./export.js";
import { flashCommand } from "./flash.js";
import { logsCommand } from "./logs.js";
import { nodeCommand } from "./node.js";
import { programCommand } from "./program.js";
import { provisionCommand } from "./provision.js";
import { publishCommand } from "./publish.js";
import { EXIT_HELP, report } from "./report.js";
import { runCommand } from "./run.js";
import { serverCommand } from "./server.js";
import { simulateCommand } from "./simulate.js";
import { watchCommand } from "./watch.js";

const program = new Command("pipit")
  .description("An XMPP client for microcontrollers, and a simulator that runs the same firmware.")
  .version(VERSION)
  .addHelpText("after", EXIT_HELP)
  .showHelpAfterError("(more with --help)");

for (const make of [
  demoCommand,
  dashboardCommand,
  simulateCommand,
  watchCommand,
  collectCommand,
  exportCommand,
  publishCommand,
  nodeCommand,
  programCommand,
  serverCommand,
  chaosCommand,
  doctorCommand,
  runCommand,
  buildCommand,
  flashCommand,
  provisionCommand,
  logsCommand,
  eraseCommand,
])
  program.addCommand(make());

// Without this, commander ends the process by itself.
for (const command of allCommands(program)) command.exitOverride();

// A reader that goes away, as `head` does in a pipe, is no failure. A full disk is one.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") process.exitCode = report(error);
});

// The process ends by itself when nothing is open any more.
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}
