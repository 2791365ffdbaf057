/** The embedded server as fleets use it: with their accounts, which all have one password, and their nodes. */

import { randomBytes } from "node:crypto";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { DEFAULT_CONFIG } from "../server/pubsub/config.js";
import { deriveCredentials } from "../server/sasl/credentials.js";
import { Server, type ServerOptions } from "../server/server.js";
import type { DevicePlan, FleetPlan } from "./plan.js";

/** @param salt of the password that all accounts have; when it is given, all runs are the same */
export class EmbeddedServer {
  /** Gets another one when the server is killed. */
  server: Server;
  readonly #options: ServerOptions;
  readonly #revoked = new Set<string>();

  constructor(
    plan: FleetPlan,
    options: Pick<ServerOptions, "timer" | "random"> & { readonly salt?: Uint8Array } = {},
  ) {
    const { server, owner, devices, items } = plan;
    if (server.kind !== "embedded" || owner === undefined)
      throw new ConfigError(
        "server",
        "the fleet is for a server of its own, and --fast takes the embedded one: leave out --fast, or server and accounts",
      );
    const { salt = randomBytes(16), ...rest } = options;
    const credentials = deriveCredentials(server.password, salt);
    this.#options = {
      ...rest,
      domain: server.domain,
      accounts: (name) => (this.#revoked.has(name) ? undefined : credentials),
      mayCreateNodes: (account) => account === owner.jid,
    };
    this.server = new Server(this.#options);
    const config = { ...DEFAULT_CONFIG, publish_model: "open", max_items: items } as const;
    const names = new Set(devices.map(({ node }) => node));
    this.server.pubsub.restore(
      [...names].map((name) => ({
        name,
        owner: owner.jid,
        config,
        subscribers: [owner.jid],
        items: [],
      })),
    );
  }

  /** Another server with the same nodes, as after a crash: it knows no session of before. */
  restart(): Server {
    const nodes = this.server.pubsub.save();
    this.server = new Server(this.#options);
    this.server.pubsub.restore(nodes);
    return this.server;
  }

  revoke(devices: readonly DevicePlan[]): void {
    for (const { jid } of devices) this.#revoked.add(JID.parse(jid).local);
  }
}
