/** The options that say who connects, and where to: the same for every command that does. */

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ClientOptions } from "../../firmware/client/client.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { MECHANISMS, type MechanismName } from "../../firmware/xmpp/sasl/mechanism.js";
import { Names } from "../../firmware/xmpp/xml/names.js";
import { nodeProvider } from "../node/provider.js";
import { askSecret } from "./prompt.js";
import { tracer } from "./trace.js";

/** What the shared options come to. */
export interface AccountOptions {
  jid: string;
  server?: Server;
  ca?: string;
  passwordFile?: string;
  mechanism?: MechanismName;
  service?: string;
  verbose?: boolean;
}

/** Where a server is, when DNS is not to say. */
export interface Server {
  host: string;
  port?: number;
  security: "starttls" | "direct";
}

/** Reads `xmpp://host[:port]` (STARTTLS) or `xmpps://host[:port]` (TLS from the start). */
export function parseServer(text: string): Server {
  const match = /^(xmpps?):\/\/(?:\[([0-9a-f:.]+)\]|([^/:@\s[\]]+))(?::([0-9]{1,5}))?\/?$/i.exec(
    text,
  );
  const port = match?.[4] === undefined ? undefined : Number(match[4]);
  if (match === null || (port !== undefined && (port < 1 || port > 65_535)))
    throw new InvalidArgumentError(
      "Write xmpp://host[:port], or xmpps://host[:port] when TLS begins with the connection.",
    );
  return {
    host: (match[2] ?? match[3]) as string,
    security: match[1]?.toLowerCase() === "xmpps" ? "direct" : "starttls",
    ...(port === undefined ? {} : { port }),
  };
}

/** The inverse of {@link parseServer}. */
export function serverUri({ host, port, security }: Server): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${security === "direct" ? "xmpps" : "xmpp"}://${name}${port === undefined ? "" : `:${port}`}`;
}

/** Checks the address of an account, which may have a resource. */
export function parseAccount(text: string): string {
  if (parseJid(text).local !== "") return text;
  throw new InvalidArgumentError("Write user@domain.");
}

/** Checks the address of a pub/sub service: a domain, or an account, which has nodes of its own. */
function parseService(text: string): string {
  parseJid(text);
  return text;
}

function parseJid(text: string): JID {
  try {
    return JID.parse(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new InvalidArgumentError(`In it, ${error.text}.`);
  }
}

/** Adds the shared options to a command. */
export function withAccount(
  command: Command,
  jid: { describe: string; required: boolean },
): Command {
  // An empty variable is one that is not set.
  for (const name of ["PIPIT_JID", "PIPIT_SERVER"])
    if (process.env[name] === "") delete process.env[name];
  const option = new Option("--jid <jid>", jid.describe).env("PIPIT_JID").argParser(parseAccount);
  return command
    .addOption(jid.required ? option.makeOptionMandatory() : option)
    .addOption(
      new Option(
        "--server <uri>",
        "xmpp://host[:port], or xmpps:// for direct TLS; default: by DNS",
      )
        .env("PIPIT_SERVER")
        .argParser(parseServer),
    )
    .option("--ca <file>", "trust these certificate authorities (PEM) in place of the system's")
    .option("--password-file <file>", "read the password from a file; or set PIPIT_PASSWORD")
    .addOption(
      new Option("--mechanism <name>", "the weakest SASL mechanism to use")
        .choices(MECHANISMS)
        .default("SCRAM-SHA-1"),
    )
    .option("--service <jid>", "the pub/sub service (default: pubsub.DOMAIN)", parseService)
    .option("-v, --verbose", "print the XML, without its secrets, on standard error");
}

/**
 * A password: from a file, the environment, or a prompt; never from the command line, which others can see.
 * @param option the one that names the file
 */
export async function findPassword(
  file: string | undefined,
  variable: string,
  whose: string,
  option = "--password-file",
): Promise<string> {
  if (file !== undefined) {
    try {
      return readFileSync(file, "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      throw new ConfigError("password", `${file} cannot be read: ${(error as Error).message}`);
    }
  }
  const fromEnvironment = process.env[variable];
  if (fromEnvironment !== undefined && fromEnvironment !== "") return fromEnvironment;
  if (!process.stdin.isTTY)
    throw new ConfigError("password", `set ${variable}, or name a file with ${option}`);
  return askSecret(`Password for ${whose}: `);
}

/** Everything but the account itself, and the same for all accounts of one command. */
export type Reach = Omit<ClientOptions, "jid" | "password">;

/** How to reach the server. */
export function reach(options: Omit<AccountOptions, "jid">): Reach {
  const { ca, server, mechanism, verbose } = options;
  return {
    ...nodeProvider(ca === undefined ? {} : { certificateFile: ca }),
    ...server,
    names: new Names(),
    ...(mechanism === undefined ? {} : { floor: mechanism }),
    ...(verbose ? { onTrace: tracer(process.stderr) } : {}),
  };
}

/**
 * The pub/sub service that a domain has by convention.
 * @throws ConfigError `service` for an address of a machine, which no name can be put before
 */
export function defaultService(jid: string): string {
  const { domain } = JID.parse(jid);
  if (isIP(domain.replace(/^\[(.*)\]$/, "$1")) === 0) return `pubsub.${domain}`;
  throw new ConfigError("service", `${domain} is no name: name its pub/sub service with --service`);
}
