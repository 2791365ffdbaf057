import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Federation, S2S_PORT } from "./federation.js";
import { freePort } from "./ports.js";
import { confined } from "./process.js";
import {
  type Premises,
  prepare,
  run,
  type ServerOptions,
  unwantedMechanisms,
  type XmppServer,
} from "./server.js";

export interface ProsodyOptions extends ServerOptions {
  /**
   * How passwords are stored, and so which SCRAM mechanisms are offered: both for `plain`, which is the
   * default, else the one of that hash.
   */
  readonly authentication?: "plain" | "hashed-sha-1" | "hashed-sha-256";
  /** SCRAM's iteration count; 4096 when absent, the least that is allowed (RFC 7677 4), to save time. */
  readonly iterations?: number;
  /** Whether clients may log in without TLS; not when absent. */
  readonly unencrypted?: boolean;
  /** How many logins it takes from one address in two seconds; any number when absent. */
  readonly logins?: number;
  /** Whether items outlive it; not when absent, because every publish writes all items of the node then. */
  readonly durable?: boolean;
}

/**
 * Starts Prosody.
 * @throws Error with its log, when it does not start
 */
export async function startProsody(options: ProsodyOptions = {}): Promise<XmppServer> {
  const premises = await prepare("prosody", options);
  const [starttlsPort, directPort] = [await freePort(), await freePort()];
  const file = join(premises.folder, "prosody.cfg.lua");
  await writeFile(file, configuration(premises, starttlsPort, directPort, options));
  return run({
    ...premises,
    name: "prosody",
    starttlsPort,
    directPort,
    command: ["prosody", "--config", file, "-F"],
    ready: [
      `Activated service 'c2s' on [127.0.0.1]:${starttlsPort}`,
      `Activated service 'c2s_direct_tls' on [127.0.0.1]:${directPort}`,
    ],
    async register(user, password) {
      // As the server's own user: both write to the same files.
      const prosodyctl = [
        "prosodyctl",
        "--config",
        file,
        "register",
        user,
        premises.domain,
        password,
      ];
      await promisify(execFile)(...confined(prosodyctl));
    },
  });
}

function configuration(
  premises: Premises,
  starttlsPort: number,
  directPort: number,
  options: ProsodyOptions,
): string {
  const { domain, pubsub, owner, folder, certificateFile } = premises;
  const {
    authentication = "plain",
    iterations = 4096,
    registration = false,
    unencrypted = false,
    durable = false,
    rate,
    logins,
    federation,
  } = options;
  const unwanted = unwantedMechanisms(options).map((name) => `"${name}"`);
  return `
    data_path = "${folder}"
    log = { { levels = { min = "info" }, to = "console" } }
    interfaces = { "127.0.0.1" }
    c2s_ports = { ${starttlsPort} }
    c2s_direct_tls_ports = { ${directPort} }
    certificates = "${folder}"
    c2s_require_encryption = ${!unencrypted}
    ssl = { certificate = "${certificateFile}", key = "${certificateFile}" }
    -- Else delayed acknowledgements add 40 ms to several steps of a login.
    network_settings = { nagle = false }

    authentication = "${authentication === "plain" ? "internal_plain" : "internal_hashed"}"
    password_hash = "${authentication === "hashed-sha-256" ? "SHA-256" : "SHA-1"}"
    default_iteration_count = ${iterations}
    disable_sasl_mechanisms = { ${unwanted.join(", ")} }

    modules_enabled = {
      "carbons", "csi_simple", "disco", "pep", "ping", "roster", "saslauth", "smacks", "time", "tls",
      "version", ${rate === undefined ? "" : '"limits",'}
      ${registration ? '"register",' : ""}
      ${logins === undefined ? "" : '"c2s_conn_throttle",'}
      ${federation === undefined ? "" : '"s2s_auth_certs",'}
    }
    allow_registration = ${registration}
    ${rate === undefined ? "" : `limits = { c2s = { rate = "${rate}b/s", burst = "2s" } }`}
    ${logins === undefined ? "" : `cthrottler_logins_count = ${logins}; cthrottler_time = 2`}
    ${federation === undefined ? 'modules_disabled = { "s2s" }' : s2s(federation, premises)}
    smacks_hibernation_time = 60

    VirtualHost "${domain}"
    Component "${pubsub}" "pubsub"
      admins = { "${owner.jid}" }
      expose_publisher = true
      ${durable ? "" : 'storage = { pubsub_data = "memory" }'}
      pubsub_max_items = 10000
      -- The store's own limit, 1000 when it is not set. A node at or above it refuses to publish.
      storage_archive_item_limit = 20000
  `;
}

/** Tests do not leave this machine: names are in a file, and what is not there does not exist. */
function s2s({ address }: Federation, { authorityFile, hosts }: Premises): string {
  return `
    s2s_interfaces = { "${address}" }
    s2s_ports = { ${S2S_PORT} }
    s2s_require_encryption = true
    s2s_secure_auth = true
    s2s_ssl = { cafile = "${authorityFile}" }
    unbound = { hoststxt = "${hosts}", resolvconf = false }
  `;
}
