/** Makes the accounts of a fleet, and takes them away: in-band, or by the server's own command line. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Client } from "../../firmware/client/client.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { xml } from "../../firmware/xmpp/xml/element.js";
import { inParallel } from "./parallel.js";
import type { AccountCreation, Login, Stage } from "./plan.js";
import { NS_REGISTER, register } from "./registration.js";

/** How many are made at a time: each costs a server a connection, or this machine a process. */
const AT_A_TIME = { "in-band": 8, prosody: 2, ejabberd: 2 } as const;

type Reach = Stage["reach"];

/**
 * Makes accounts. Those that are there already are left as they are.
 * @throws ConfigError `accounts` when the server's command fails; what {@link register} throws
 */
export async function createAccounts(
  { kind, config }: AccountCreation,
  logins: readonly Login[],
  reach: Reach,
): Promise<void> {
  await inParallel(logins, AT_A_TIME[kind], async (login) => {
    if (kind === "in-band") return register(reach, login);
    const [user, domain] = partsOf(login.jid);
    const { password } = login;
    await (kind === "prosody"
      ? run("prosodyctl", [...prosody(config), "register", user, domain, password])
      : run("ejabberdctl", ["register", user, domain, password]));
  });
}

/** Takes accounts away. @throws as {@link createAccounts} does */
export async function removeAccounts(
  { kind, config }: AccountCreation,
  logins: readonly Login[],
  reach: Reach,
): Promise<void> {
  await inParallel(logins, AT_A_TIME[kind], async (login) => {
    const [user, domain] = partsOf(login.jid);
    if (kind === "in-band") await cancel(reach, login);
    else if (kind === "prosody")
      await run("prosodyctl", [...prosody(config), "deluser", `${user}@${domain}`]);
    else await run("ejabberdctl", ["unregister", user, domain]);
  });
}

function partsOf(jid: string): [user: string, domain: string] {
  const { local, domain } = JID.parse(jid);
  return [local, domain];
}

function prosody(config: string | undefined): string[] {
  return config === undefined ? [] : ["--config", config];
}

async function run(program: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(program, args);
  } catch (error) {
    const { code, stdout = "", stderr = "", message } = error as Error & Record<string, string>;
    if (code === "ENOENT")
      throw new ConfigError("accounts", `${program} is not on this machine, or not on the PATH`);
    const said = `${stdout}${stderr}`.trim();
    if (/already (exists|registered)/i.test(said)) return;
    // The message of Node's has the password in it.
    throw new ConfigError(
      "accounts",
      `${program} ${args[0]} failed: ${said || message.split(":")[0]}`,
    );
  }
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
