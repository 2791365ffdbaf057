/** A client of the firmware's in a world of its own, in which time passes only when it is told to. */

import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { Client, type ClientOptions, type ClientState } from "../../firmware/client/client.js";
import type { Crypto } from "../../firmware/io.js";
import type { XmppError } from "../../firmware/xmpp/errors.js";
import { FakeClock } from "./clock.js";
import { FakeNetwork } from "./network.js";
import { type Seeded, seeded } from "./random.js";
import { DOMAIN, FakeServer, PASSWORD } from "./xmpp-server.js";

/** Cryptography whose random bytes `random` gives, and whose PBKDF2 takes a second by `clock`. */
export function fakeCrypto(random: Seeded, clock?: FakeClock): Crypto {
  const name = { "sha-1": "sha1", "sha-256": "sha256" } as const;
  return {
    digest: (hash, data) => new Uint8Array(createHash(name[hash]).update(data).digest()),
    hmac: (hash, key, data) => new Uint8Array(createHmac(name[hash], key).update(data).digest()),
    pbkdf2(hash, password, salt, iterations, done) {
      const size = hash === "sha-1" ? 20 : 32;
      const key = new Uint8Array(pbkdf2Sync(password, salt, iterations, size, name[hash]));
      if (clock === undefined) done(key);
      else clock.later(1000, () => done(key));
    },
    random: (count) => Uint8Array.from({ length: count }, () => random.int(256)),
  };
}

/** One client, one server, and what the client has told. */
export class World {
  readonly random: Seeded;
  readonly clock = new FakeClock();
  readonly network = new FakeNetwork(this.clock);
  readonly server = new FakeServer(this.network);
  /** States, and `offline CONDITION DELAY`, in order. */
  readonly log: string[] = [];
  readonly errors: XmppError[] = [];
  readonly delays: number[] = [];
  readonly client: Client;

  /** The client begins at once, and logs in by PLAIN, unless the options say otherwise. */
  constructor(options: Partial<ClientOptions> = {}, random = seeded(1)) {
    this.random = random;
    this.client = new Client(this.options(options));
  }

  options(options: Partial<ClientOptions> = {}): ClientOptions {
    const { network, clock } = this;
    return {
      jid: `juliet@${DOMAIN}/board`,
      password: PASSWORD,
      host: "192.0.2.1",
      floor: "PLAIN",
      tcp: { io: network.TCP },
      tls: { io: network.TLS, TCP: { io: network.TCP } },
      timer: clock,
      crypto: fakeCrypto(this.random, clock),
      ...options,
      backoff: { start: 0, ...options.backoff },
      onState: (state: ClientState) => {
        this.log.push(state);
        options.onState?.(state);
      },
      onOffline: (error, delay) => {
        this.log.push(`offline ${error.condition}`);
        this.errors.push(error);
        if (delay !== undefined) this.delays.push(delay);
        options.onOffline?.(error, delay);
      },
    };
  }

  /** The options for a client that finds its server by DNS. */
  get dns(): NonNullable<ClientOptions["dns"]> {
    const { Resolver, UDP } = this.network;
    return { io: Resolver, servers: ["192.0.2.53"], socket: { io: UDP } };
  }

  /** Lets time pass until something is so. @throws Error when it is not so within an hour */
  until(isSo: () => boolean): void {
    const end = this.clock.now() + 3_600_000;
    while (!isSo())
      if (!this.clock.step() || this.clock.now() > end)
        throw new Error(`in vain: ${this.log.slice(-10).join(", ")}`);
  }

  /** Lets the client log in. */
  online(): this {
    this.clock.advance(0);
    if (this.client.state !== "online") throw new Error(`not online: ${this.log.join(", ")}`);
    return this;
  }

  /** What the client holds: nothing, when it is closed. */
  get held(): { timers: number; sockets: number } {
    return { timers: this.clock.timers, sockets: this.network.open.size };
  }
}
