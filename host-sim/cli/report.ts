/** What commands say, and how they end. */

import type { Command } from "commander";
import pc from "picocolors";
import type { Reading } from "../../firmware/telemetry/senml.js";
import { ConfigError, SaslError, TransportError, XmppError } from "../../firmware/xmpp/errors.js";

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

/** An error as one line: what was wrong, and what to do if that is known. */
export function describeError(error: unknown): string {
  if (!(error instanceof XmppError)) return error instanceof Error ? error.message : String(error);
  const text = error.text === "" ? error.condition : `${error.text} (${error.condition})`;
  const advice = ADVICE[error.condition];
  return advice === undefined ? text : `${text}. ${advice}`;
}

const ADVICE: Readonly<Record<string, string>> = {
  "not-authorized": "Check the JID and the password",
  "invalid-mechanism": "A weaker mechanism can be allowed with --mechanism",
  "certificate-invalid": "If the server has a certificate authority of its own, name it with --ca",
  "connection-refused": "Is the server running, and on this port?",
  "item-not-found": "Make the node with: pipit node create NODE",
  "host-unknown": "The domain of the JID is not one that this server serves",
};

export function exitStatus(error: unknown): number {
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof SaslError) return EXIT.identity;
  if (error instanceof TransportError && error.condition === "certificate-invalid")
    return EXIT.identity;
  return EXIT.failed;
}

/** Ends the process for an error, in the words and with the status that all commands share. */
export function endWith(command: Command, error: unknown): never {
  return command.error(`${pc.red("error:")} ${describeError(error)}`, {
    exitCode: exitStatus(error),
  });
}

const SYMBOLS: Readonly<Record<string, string>> = { Cel: "°C", "%RH": "% RH" };

/** A reading for people: `temperature 21.5 °C`. */
export function describeReading(reading: Reading): string {
  const name = shortName(reading.name);
  const unit = reading.unit === undefined ? "" : ` ${SYMBOLS[reading.unit] ?? reading.unit}`;
  const value =
    reading.value ?? reading.data ?? (reading.sum === undefined ? "" : `Σ ${reading.sum}`);
  return `${name} ${value}${unit}`;
}

/** The last part of a name that says worldwide which sensor it is. */
export function shortName(name: string): string {
  return name.slice(
    name.lastIndexOf(":", name.endsWith(":status") ? name.length - 8 : undefined) + 1,
  );
}

/** What goes before it. */
export function baseOf(name: string): string {
  return name.slice(0, name.length - shortName(name).length).replace(/:$/, "");
}
