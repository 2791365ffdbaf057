import { Command } from "commander";
import type { Finding } from "../device/tools.js";
import { out } from "./colours.js";
import { EXIT, printable } from "./report.js";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("See what is missing on this computer to build firmware for boards, and flash it.")
    .option("--json", "print one JSON object for each finding")
    .addHelpText(
      "after",
      `
To flash an image that somebody else has built takes a serial port and nothing else.

Exit status: 0 nothing is missing; 1 something is; 2 wrong usage.`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { examine, thisMachine } = await import("../device/tools.js");
      const findings = await examine(thisMachine);
      for (const finding of findings) console.log(json ? JSON.stringify(finding) : show(finding));
      if (findings.some(({ isGood }) => !isGood)) process.exitCode = EXIT.failed;
    });
}

function show({ what, neededFor, isGood, found, help }: Finding): string {
  const text = printable(`${what}: ${found}`);
  if (isGood) return `${out.green("✓")} ${text}`;
  const run = help === undefined ? "" : `\n    run: ${help}`;
  return `${out.red("✗")} ${text}  (to ${neededFor})${run}`;
}
