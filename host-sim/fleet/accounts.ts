/** Makes the accounts of a fleet, and takes them away: in-band, or by the server's own command line. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Client } from "../../firmware/client/client.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { xml } from "../../firmware/xmpp/xml/element.js";
import { type Counter, inParallel } from "./parallel.js";
import type { AccountCreation, Login, Stage } from "./plan.js";
import { NS_REGISTER, register } from "./registration.js";

type Reach = Stage["reach"];

/** How a server's own command line is told to do something. */
interface ServerCommand {
  readonly program: string;
  /** The option that names its configuration file. */
  readonly option: string;
  readonly atATime: number;
  /** @returns the arguments, and what it is told on its standard input */
  add(account: JID, password: string): { args: readonly string[]; input: string };
  remove(account: JID): readonly string[];
}

const COMMANDS: Readonly<Record<"prosody" | "ejabberd", ServerCommand>> = {
  prosody: {
    program: "prosodyctl",
    option: "--config",
    atATime: 2,
    // It asks twice. Its `register` takes a password as an argument, and changes that of an account that is there.
    add: ({ bare }, password) => ({
      args: ["adduser", bare.toString()],
      input: `${password}\n`.repeat(2),
    }),
    remove: ({ bare }) => ["deluser", bare.toString()],
  },
  ejabberd: {
    program: "ejabberdctl",
    option: "--ctl-config",
    // While it runs it is an Erlang node, the name of which it draws from 4,096.
    atATime: 1,
    add: ({ local, domain }, password) => ({
      args: ["register", local, domain, password],
      input: "",
    }),
    remove: ({ local, domain }) => ["unregister", local, domain],
  },
};

/** What they say when there is nothing to do. */
const IS_DONE = /already (exists|registered)|user does not exist/i;

/** Connections that make accounts in-band, at a time. */
const IN_BAND_AT_A_TIME = 8;

/**
 * Makes accounts. Those that are there already are left as they are.
 * @throws ConfigError `accounts` when the server's command is not on this machine
 * @throws Error with what that command says when it fails; what {@link register} throws
 */
export async function createAccounts(
  { kind, config }: AccountCreation,
  logins: readonly Login[],
  reach: Reach,
  counter: Counter,
): Promise<void> {
  const made = counter("accounts", logins.length);
  if (kind === "in-band")
    return inParallel(logins, IN_BAND_AT_A_TIME, async (login) => {
      await register(reach, login);
      made();
    });
  const command = COMMANDS[kind];
  await inParallel(logins, command.atATime, async ({ jid, password }) => {
    const { args, input } = command.add(JID.parse(jid), password);
    await run(command, config, args, input, password);
    made();
  });
}

/** Takes accounts away. @throws as {@link createAccounts} does */
export async function removeAccounts(
  { kind, config }: AccountCreation,
  logins: readonly Login[],
  reach: Reach,
): Promise<void> {
  if (kind === "in-band")
    return inParallel(logins, IN_BAND_AT_A_TIME, (login) => cancel(reach, login));
  const command = COMMANDS[kind];
  await inParallel(logins, command.atATime, ({ jid, password }) =>
    run(command, config, command.remove(JID.parse(jid)), "", password),
  );
}

/** @param secret what no error may have in it */
async function run(
  { program, option }: ServerCommand,
  config: string | undefined,
  args: readonly string[],
  input: string,
  secret: string,
): Promise<void> {
  const all = [...(config === undefined ? [] : [option, config]), ...args];
  const running = promisify(execFile)(program, all);
  running.child.stdin?.on("error", () => {}); // it may end without having read
  running.child.stdin?.end(input);
  try {
    await running;
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as Error & Record<string, string>;
    if (code === "ENOENT")
      throw new ConfigError("accounts", `${program} is not on this machine, or not on the PATH`);
    const said = `${stderr}${stdout}`;
    if (IS_DONE.test(said)) return;
    throw new Error(`${program} ${args[0]} failed: ${gist(said).replaceAll(secret, "…")}`);
  }
}

/** The first paragraph that has words in it: after that, ejabberdctl explains itself for two dozen lines. */
function gist(said: string): string {
  const [first = ""] = said.trim().split(/\n\s*\n/);
  const lines = first.split("\n").filter((line) => /\w/.test(line));
  return lines.map((line) => line.trim()).join(" ") || "it does not say why";
}

/** A device gives up its own account (XEP-0077 3.2). */
function cancel(reach: Reach, { jid, password }: Login): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new Client({
      ...reach,
      jid: JID.parse(jid).bare.toString(),
      password,
      backoff: { start: 0 },
      presence: null,
      onOnline: () => {
        const query = xml("query", { xmlns: NS_REGISTER }, xml("remove"));
        // The server may end the stream in place of a reply.
        client.stanzas.request("set", undefined, query, () => client.close());
      },
      onOffline: (error, delay) => {
        if (delay === undefined || error.condition !== "not-authorized") client.close();
        reject(error);
      },
      onClosed: resolve,
    });
  });
}
