/** What commands say, and how they end. */

import { CommanderError } from "commander";
import type { Reading } from "../../firmware/telemetry/senml.js";
import {
  ConfigError,
  SaslError,
  StanzaError,
  TransportError,
  XmppError,
} from "../../firmware/xmpp/errors.js";
import { channelOf } from "../collector/names.js";
import { err } from "./colours.js";

/** The exit statuses of all commands. */
export const EXIT = {
  done: 0,
  /** The server, the network or the other side said no. */
  failed: 1,
  /** What was typed cannot be done. */
  usage: 2,
  /** The server did not accept who we are, or did not prove who it is. */
  identity: 3,
} as const;

export const EXIT_HELP = `
Exit status: 0 done; 1 the server or the network failed; 2 wrong usage; 3 the account or the server's
certificate was not accepted.`;

/**
 * Says on standard error why a command ends.
 * @returns the exit status that goes with it
 */
export function report(error: unknown): number {
  if (error instanceof CommanderError)
    // It has spoken already. It ends with 1 for wrong usage; here that is 2.
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  console.error(`${err.red("error:")} ${describeError(error)}`);
  return exitStatus(error);
}

/** An error, mostly as one line: what was wrong, and what to do if that is known. */
export function describeError(error: unknown): string {
  if (!(error instanceof XmppError))
    return printable(error instanceof Error ? error.message : String(error));
  // What is wrong with a file may take several lines.
  if (error instanceof ConfigError) return error.text.split("\n").map(printable).join("\n");
  const text = error.text === "" ? error.condition : `${error.text} (${error.condition})`;
  const advice = (error instanceof StanzaError ? REFUSED : FAILED)[error.condition];
  return printable(advice === undefined ? text : `${text}. ${advice}`);
}

/** What to do when a request was refused. */
const REFUSED: Readonly<Record<string, string>> = {
  conflict: "To change it: pipit node configure NODE --config NAME=VALUE",
  forbidden:
    "Log in as one who may, such as the node's owner; or use the account's own nodes: --service JID. Prosody says the same of a node that is not there",
  "item-not-found": "Make the node with: pipit node create NODE",
  "remote-server-not-found": "Name the pub/sub service with --service",
  "service-unavailable": "Name the pub/sub service with --service",
};

/** What to do when the connection, or who may use it, was the trouble. */
const FAILED: Readonly<Record<string, string>> = {
  "certificate-invalid": "If the server has a certificate authority of its own, name it with --ca",
  "connection-refused": "Is the server running, and on this port?",
  "host-unknown": "The domain of the JID is not one that this server serves",
  "invalid-mechanism": "A weaker mechanism can be allowed with --mechanism",
  "not-authorized": "Check the JID and the password",
  "remote-server-not-found": "Name the server with --server xmpp://HOST",
  "tls-failure": "xmpp:// is for STARTTLS, mostly on port 5222; xmpps:// for TLS alone, on 5223",
};

/** An error of which the exit status is known: it may have come about in another process. */
export class ExitError extends Error {
  readonly exit: number;

  constructor(words: string, exit: number) {
    super(words);
    this.exit = exit;
  }
}

/** The exit status for an error; one that stands for several has the first of them as its cause. */
export function exitStatus(error: unknown): number {
  if (error instanceof ExitError) return error.exit;
  if (error instanceof Error && error.cause !== undefined) return exitStatus(error.cause);
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof SaslError) return EXIT.identity;
  if (error instanceof TransportError && error.condition === "certificate-invalid")
    return EXIT.identity;
  if (isOfFile(error)) return EXIT.usage;
  return EXIT.failed;
}

/** What the system says of a file or folder that was named, and that is not there or not ours to use. */
const OF_FILES = ["EACCES", "EEXIST", "EISDIR", "ENOENT", "ENOTDIR", "EPERM", "EROFS"];

/** Programs that cannot be started have a path as well. */
function isOfFile(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = "", path, syscall }: NodeJS.ErrnoException = error;
  return path !== undefined && OF_FILES.includes(code) && !syscall?.startsWith("spawn");
}

/**
 * A text on one line, without anything that a terminal would obey. Strangers publish to nodes and servers
 * write errors: a control character among them could change what the screen shows.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${code}`;
  });
}

const SYMBOLS: Readonly<Record<string, string>> = { Cel: "°C", "%RH": "% RH" };

/** A reading for people: `temperature 21.5 °C`. */
export function describeReading(reading: Reading): string {
  const name = channelOf(reading.name);
  const unit = reading.unit === undefined ? "" : ` ${SYMBOLS[reading.unit] ?? reading.unit}`;
  const value =
    reading.value ?? reading.data ?? (reading.sum === undefined ? "" : `Σ ${reading.sum}`);
  return printable(`${name} ${value}${unit}`);
}
