import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { JID } from "../../firmware/xmpp/jid.js";
import { Accounts } from "../server/accounts.js";
import { loadOrCreateAuthority } from "../server/authority.js";
import { Listener } from "../server/listener.js";
import { Server } from "../server/server.js";
import { findPassword } from "./account.js";
import { collect, integerFrom } from "./arguments.js";
import { EXIT_HELP } from "./report.js";
import { onInterrupt } from "./signals.js";

interface Options {
  domain: string;
  host: string;
  port: number;
  directPort: number;
  data: string;
  account?: string[];
  owner: string;
  passwordFile?: string;
  json?: boolean;
}

/** Where the embedded server keeps its certificate authority and its accounts (XDG Base Directory). */
export function dataDirectory(): string {
  return join(process.env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "pipit");
}

const portNumber = integerFrom(0, 65_535);

export function serverCommand(): Command {
  const command = new Command("server")
    .description("Run the embedded XMPP server: for laptops and tests, not for production.")
    .option("--domain <domain>", "the domain of its accounts", "localhost")
    .option("--host <address>", "where to listen; 127.0.0.1 is this machine only", "127.0.0.1")
    .option("--port <port>", "for STARTTLS; 0 for any free one", portNumber, 5222)
    .option("--direct-port <port>", "for direct TLS; 0 for any free one", portNumber, 5223)
    .option("--data <directory>", "where its authority and accounts are kept", dataDirectory())
    .option("--account <name>", "make an account, or change its password; may be repeated", collect)
    .option("--owner <name>", "the account that may create nodes", "owner")
    .option("--password-file <file>", "the password of those accounts; or set PIPIT_PASSWORD")
    .option("--json", "print one JSON object when it listens")
    .addHelpText(
      "after",
      `
Pub/sub nodes and their items are kept in memory only; accounts and the authority are kept on disk.

Example: PIPIT_PASSWORD=… pipit server --account owner --account dev1${EXIT_HELP}`,
    );
  return command.action(serve);
}

async function serve(options: Options): Promise<void> {
  const { domain, host, port, directPort } = options;
  const owner = JID.of(options.owner, domain);
  const data = resolve(options.data);
  const stored = await loadOrCreateAuthority(data);
  const accounts = new Accounts(join(data, "accounts.json"));
  const names = options.account ?? [];
  if (names.length > 0) {
    const password = await findPassword(options.passwordFile, "PIPIT_PASSWORD", names.join(", "));
    for (const name of names) accounts.add(name, password);
  }
  const server = new Server({
    domain,
    accounts: accounts.lookup,
    mayCreateNodes: (account) => account === owner.toString(),
  });
  const listener = new Listener({ server, authority: stored.authority, host, port, directPort });
  const ports = await listener.listen();
  onInterrupt(() => void listener.close());
  const { certificateFile: ca } = stored;
  if (options.json) console.log(JSON.stringify({ domain, host, ...ports, ca }));
  else
    console.log(`${domain} at ${host}: STARTTLS on port ${ports.port}, TLS on port ${ports.directPort}
Its certificate authority: --ca ${ca}
Nodes are created by ${owner}. Ctrl-C ends it.`);
  if (accounts.lookup(owner.local) === undefined)
    console.error(`There is no account ${owner.local} yet: make it with --account ${owner.local}`);
}
