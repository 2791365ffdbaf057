import { homedir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { JID } from "../../firmware/xmpp/jid.js";
import { Accounts } from "../server/accounts.js";
import { loadOrCreateAuthority } from "../server/authority.js";
import { Listener } from "../server/listener.js";
import { Server } from "../server/server.js";
import { findPassword } from "./account.js";
import { collect, integerFrom } from "./arguments.js";
import { EXIT_HELP, endWith } from "./report.js";
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

export function serverCommand(): Command {
  const command = new Command("server")
    .description("Run the embedded XMPP server: for laptops and tests, not for production.")
    .option("--domain <domain>", "the domain of its accounts", "localhost")
    .option("--host <address>", "where to listen; 127.0.0.1 is this machine only", "127.0.0.1")
    .option("--port <port>", "for STARTTLS; 0 for any free one", integerFrom(0), 5222)
    .option("--direct-port <port>", "for direct TLS; 0 for any free one", integerFrom(0), 5223)
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
  return command.action((options: Options) =>
    serve(options).catch((error: unknown) => endWith(command, error)),
  );
}

async function serve(options: Options): Promise<void> {
  const { domain, data, host, port, directPort } = options;
  const stored = await loadOrCreateAuthority(data);
  const accounts = new Accounts(join(data, "accounts.json"));
  const names = options.account ?? [];
  if (names.length > 0) {
    const password = await findPassword(options.passwordFile, "PIPIT_PASSWORD", names.join(", "));
    for (const name of names) accounts.add(name, password);
  }
  const owner = JID.of(options.owner, domain).toString();
  const server = new Server({
    domain,
    accounts: accounts.lookup,
    mayCreateNodes: (account) => account === owner,
  });
  const listener = new Listener({ server, authority: stored.authority, host, port, directPort });
  const ports = await listener.listen();
  const { certificateFile: ca } = stored;
  if (options.json) console.log(JSON.stringify({ domain, host, ...ports, ca }));
  else
    console.log(`${domain} at ${host}: STARTTLS on port ${ports.port}, TLS on port ${ports.directPort}
Its certificate authority: --ca ${ca}
Nodes are created by ${owner}. Ctrl-C ends it.`);
  onInterrupt(() => void listener.close());
}
