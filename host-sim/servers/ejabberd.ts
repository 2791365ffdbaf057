import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./ports.js";
import {
  type Premises,
  prepare,
  run,
  type ServerOptions,
  unwantedMechanisms,
  type XmppServer,
} from "./server.js";

/**
 * Starts ejabberd, as an Erlang node that is not part of any network: it needs no port mapper then.
 * @throws Error with its log, when it does not start
 */
export async function startEjabberd(options: ServerOptions = {}): Promise<XmppServer> {
  const premises = await prepare("ejabberd.test", options);
  const { domain, folder } = premises;
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const [starttlsPort, directPort, apiPort] = ports;
  const file = join(folder, "ejabberd.yml");
  await writeFile(file, JSON.stringify(configuration(premises, ports, options))); // JSON is YAML
  const call = async (command: string, parameters: object): Promise<void> => {
    const body = JSON.stringify(parameters);
    const answer = await fetch(`http://127.0.0.1:${apiPort}/api/${command}`, {
      method: "POST",
      body,
    });
    if (!answer.ok) throw new Error(`ejabberd refused to ${command}: ${await answer.text()}`);
  };
  return run({
    ...premises,
    name: "ejabberd",
    starttlsPort,
    directPort,
    command: ["erl", "-noinput", "-mnesia", "dir", `"${join(folder, "data")}"`, "-s", "ejabberd"],
    environment: {
      ERL_LIBS: ejabberdLibraries() ?? "",
      EJABBERD_CONFIG_PATH: file,
      EJABBERD_LOG_PATH: join(folder, "ejabberd.log"),
    },
    ready: ports.map((port) => `connections at 127.0.0.1:${port} `),
    async register(user, password) {
      await call("register", { user, host: domain, password });
      // What Mnesia has acknowledged is on disk seconds later, unless a backup makes it write.
      await call("backup", { file: join(folder, "backup") });
    },
  });
}

function configuration(
  { domain, pubsub, owner, certificateFile }: Premises,
  [starttlsPort, directPort, apiPort]: readonly [number, number, number],
  options: ServerOptions,
): object {
  const listen = (port: number, module: string, options: object) => ({
    port,
    ip: "127.0.0.1",
    module,
    ...options,
  });
  return {
    hosts: [domain],
    loglevel: "info",
    certfiles: [certificateFile],
    acme: { auto: false },
    auth_password_format: "plain", // so that every SCRAM mechanism is offered
    disable_sasl_mechanisms: unwantedMechanisms(options),
    s2s_access: "none", // tests do not leave this machine
    listen: [
      listen(starttlsPort, "ejabberd_c2s", { starttls_required: true, shaper: "c2s" }),
      listen(directPort, "ejabberd_c2s", { tls: true, shaper: "c2s" }),
      listen(apiPort, "ejabberd_http", { request_handlers: { "/api": "mod_http_api" } }),
    ],
    acl: { owner: { user: [owner.jid] }, loopback: { ip: ["127.0.0.0/8"] } },
    access_rules: { pubsub_createnode: { allow: "owner" } },
    api_permissions: {
      tests: { who: { access: { allow: { acl: "loopback" } } }, what: ["register", "backup"] },
    },
    shaper: { normal: { rate: 3000, burst_size: 20000 } }, // as in the file it is installed with
    shaper_rules: { c2s: options.limits ? "normal" : "none" },
    modules: {
      mod_caps: {},
      mod_carboncopy: {},
      mod_client_state: {},
      mod_disco: {},
      mod_ping: {},
      mod_pubsub: {
        hosts: [pubsub],
        access_createnode: "pubsub_createnode",
        plugins: ["flat", "pep"],
        max_items_node: 10000,
      },
      mod_roster: {},
      mod_stream_mgmt: { resume_timeout: 60 },
      mod_time: {},
      mod_version: {},
    },
  };
}

/** Where Debian put Erlang's libraries, which depends on the machine's architecture. */
export function ejabberdLibraries(): string | undefined {
  const parents = readdirSync("/usr/lib").filter((name) => name.endsWith("-linux-gnu"));
  return parents
    .map((name) => join("/usr/lib", name))
    .find((path) => readdirSync(path).some((library) => library.startsWith("ejabberd-")));
}
