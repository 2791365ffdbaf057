import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { distribution, type Seat } from "./erlang.js";
import { S2S_PORT } from "./federation.js";
import { freePort } from "./ports.js";
import {
  type Premises,
  prepare,
  run,
  type ServerOptions,
  unwantedMechanisms,
  type XmppServer,
} from "./server.js";

export interface EjabberdOptions extends ServerOptions {
  /** Its place in a cluster. When absent it is an Erlang node that is not part of any network. */
  readonly seat?: Seat;
}

/**
 * Starts ejabberd.
 * @throws Error with its log, when it does not start
 */
export async function startEjabberd(options: EjabberdOptions = {}): Promise<XmppServer> {
  const premises = await prepare("ejabberd", options);
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
    command: [
      ...["erl", "-noinput", "-mnesia", "dir", `"${join(folder, "data")}"`],
      ...(options.seat === undefined ? [] : distribution(options.seat)),
      ...["-s", "ejabberd"],
    ],
    environment: {
      ERL_LIBS: ejabberdLibraries() ?? "",
      EJABBERD_CONFIG_PATH: file,
      EJABBERD_LOG_PATH: join(folder, "ejabberd.log"),
      ...(options.federation === undefined ? {} : namesFrom(premises.hosts)),
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
  { domain, pubsub, owner, certificateFile, authorityFile }: Premises,
  [starttlsPort, directPort, apiPort]: readonly [number, number, number],
  options: ServerOptions,
): object {
  const { federation, rate } = options;
  const listen = (port: number, module: string, options: object) => ({
    port,
    ip: "127.0.0.1",
    module,
    ...options,
  });
  return {
    hosts: [domain],
    registration_timeout: "infinity", // how long one address waits between two
    loglevel: "info",
    certfiles: [certificateFile],
    acme: { auto: false },
    auth_password_format: "plain", // so that every SCRAM mechanism is offered
    disable_sasl_mechanisms: unwantedMechanisms(options),
    s2s_access: federation === undefined ? "none" : "all",
    s2s_use_starttls: "required",
    s2s_cafile: authorityFile,
    outgoing_s2s_port: S2S_PORT,
    // Else it gives up on another server for up to five minutes after one connection that failed.
    s2s_max_retry_delay: "1 second",
    listen: [
      listen(starttlsPort, "ejabberd_c2s", { starttls_required: true, shaper: "c2s" }),
      listen(directPort, "ejabberd_c2s", { tls: true, shaper: "c2s" }),
      listen(apiPort, "ejabberd_http", { request_handlers: { "/api": "mod_http_api" } }),
      ...(federation === undefined
        ? []
        : [listen(S2S_PORT, "ejabberd_s2s_in", { ip: federation.address })]),
    ],
    acl: { owner: { user: [owner.jid] }, loopback: { ip: ["127.0.0.0/8"] } },
    access_rules: { pubsub_createnode: { allow: "owner" } },
    api_permissions: {
      tests: { who: { access: { allow: { acl: "loopback" } } }, what: ["register", "backup"] },
    },
    ...(rate !== undefined && { shaper: { normal: { rate, burst_size: 2 * rate } } }),
    shaper_rules: { c2s: rate === undefined ? "none" : "normal" },
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
      ...(options.registration ? { mod_register: { ip_access: "all", access: "all" } } : {}),
      mod_roster: {},
      mod_stream_mgmt: { resume_timeout: 60 },
      mod_time: {},
      mod_version: {},
    },
  };
}

/**
 * ejabberd finds other servers by the C library's resolver, so that one is given the file.
 * @throws Error when there is no nss_wrapper to do that
 */
function namesFrom(hosts: string): Readonly<Record<string, string>> {
  const folder = libraries("libnss_wrapper.so");
  if (folder === undefined)
    throw new Error("nss_wrapper is not installed (libnss-wrapper on Debian)");
  return { LD_PRELOAD: join(folder, "libnss_wrapper.so"), NSS_WRAPPER_HOSTS: hosts };
}

/** Where Debian put Erlang's libraries. */
export function ejabberdLibraries(): string | undefined {
  return libraries("ejabberd-");
}

/** The folder of libraries in which a name begins so. It depends on the machine's architecture. */
function libraries(start: string): string | undefined {
  const parents = readdirSync("/usr/lib").filter((name) => name.endsWith("-linux-gnu"));
  return parents
    .map((name) => join("/usr/lib", name))
    .find((path) => readdirSync(path).some((library) => library.startsWith(start)));
}
