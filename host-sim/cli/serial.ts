/** What commands that speak to a board over its cable have in common. */

import { setTimeout as wait } from "node:timers/promises";
import { type Command, Option } from "commander";
import { BoardLink } from "../device/board-link.js";
import type { LogLine } from "../device/log-reader.js";
import { type SerialLine, UnpluggedError } from "../device/serial-line.js";
import { err } from "./colours.js";
import { printable } from "./report.js";

export interface SerialOptions {
  port?: string;
}

/** How often to look whether a board is back, and how long, in milliseconds. */
const LOOK = 300;
const COMES_BACK = 15_000;

/** Adds the option that says which port a board is on. */
export function withPort(command: Command): Command {
  if (process.env.PIPIT_PORT === "") delete process.env.PIPIT_PORT;
  return command.addOption(
    new Option("--port <path>", "the serial port; default: the one that a board is on").env(
      "PIPIT_PORT",
    ),
  );
}

/**
 * The port that was named, or the one that a board is on. It is not open yet.
 * @throws Error when there is none, or when there are several
 */
export async function findLine({ port }: SerialOptions): Promise<SerialLine> {
  // Native code, which other commands need not load.
  const { NodeSerialLine } = await import("../device/node-serial.js");
  const { choosePort, listPorts } = await import("../device/ports.js");
  if (port !== undefined) {
    // What is behind it decides how it is reset; without a list the most common way is taken.
    const ports = await listPorts().catch(() => []);
    const known = ports.find(({ path }) => path === port);
    return known === undefined
      ? new NodeSerialLine(port)
      : new NodeSerialLine(port, { usbVendorId: known.vendor, usbProductId: known.product });
  }
  const { path, vendor, product } = choosePort(await listPorts());
  return new NodeSerialLine(path, { usbVendorId: vendor, usbProductId: product });
}

/** Speaks with the firmware. */
export async function openLink(
  options: SerialOptions,
  onLog?: (line: LogLine) => void,
): Promise<BoardLink> {
  return BoardLink.open(await findLine(options), onLog);
}

/**
 * The same for a board that has restarted: one with USB of its own goes away for a moment then.
 * @param isWanted whether to go on
 * @throws Error why it cannot be opened, in the end
 */
export async function reopenLink(
  options: SerialOptions,
  onLog?: (line: LogLine) => void,
  { patience = COMES_BACK, isWanted = (): boolean => true } = {},
): Promise<BoardLink> {
  const end = performance.now() + patience;
  for (;;) {
    try {
      return await openLink(options, onLog);
    } catch (error) {
      if (performance.now() > end || !isWanted()) throw error;
      await wait(LOOK);
    }
  }
}

/** Closes a link when what it was opened for fails: an open one would keep the process alive. */
export async function orClose<Result>(link: BoardLink, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    await link.close();
    throw error;
  }
}

export function isUnplugged(error: unknown): boolean {
  return error instanceof UnpluggedError;
}

const COLOURS = { error: "red", warning: "yellow", info: "reset", debug: "dim" } as const;

/** A line of a board's log, in the colour of its level. What is not the firmware's is dim. */
export function formatLine(
  { text, entry }: LogLine,
  colours: Pick<typeof err, "red" | "yellow" | "reset" | "dim">,
): string {
  return colours[entry === undefined ? "dim" : COLOURS[entry.level]](printable(text));
}

/** Says something beside what is the command's output. */
export function note(text: string): void {
  console.error(err.dim(printable(text)));
}
