import { expect, test } from "@jest/globals";
import { Client, type ClientOptions } from "../../firmware/client/client.js";
import { TransportError } from "../../firmware/xmpp/errors.js";
import { ping } from "../../firmware/xmpp/extensions/ping.js";
import { messageStanza } from "../../firmware/xmpp/stanza/message.js";
import { xml } from "../../firmware/xmpp/xml/element.js";
import { srvAnswer } from "../support/dns.js";
import type { Peer } from "../support/network.js";
import { type Seeded, seeded } from "../support/random.js";
import { World } from "../support/world.js";
import type { Event, Session } from "../support/xmpp-server.js";

const RUNS = 200;
const STREAM_ERRORS = "xmlns='urn:ietf:params:xml:ns:xmpp-streams'";
const SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";

/** What may happen in place of what should: `true` when the server is to say nothing more. */
const FAULTS: ((session: Session, world: World, event: Event) => boolean)[] = [
  () => true, // silence
  ({ peer }) => {
    peer.end();
    return true;
  },
  ({ peer }) => {
    peer.end(new TransportError("connection-refused"));
    return true;
  },
  (session) => {
    session.send("</stream:stream>");
    return true;
  },
  (session, { random }) => {
    const conditions = ["reset", "conflict", "policy-violation", "internal-server-error"];
    const condition = random.pick(conditions);
    session.send(`<stream:error><${condition} ${STREAM_ERRORS}/></stream:error>`);
    return true;
  },
  (session) => {
    const error = `<see-other-host ${STREAM_ERRORS}>192.0.2.77:5269</see-other-host>`;
    session.send(`<stream:error>${error}</stream:error></stream:stream>`);
    return true;
  },
  (session, { random }) => {
    session.send(random.pick(["\0", "<", "garbage", "<x></y>", "<?pi?>", "&", "]]>", "\xff"]));
    return random.int(2) === 0;
  },
  (session) => {
    session.send(`<failure ${SASL}><temporary-auth-failure/></failure>`);
    return true;
  },
  (session, { random }) => {
    session.send(`<failure ${SASL}><${random.pick(["not-authorized", "aborted"])}/></failure>`);
    return true;
  },
  (session) => {
    session.send("<iq id='bind' type='error'><error type='cancel'/></iq>");
    return true;
  },
  ({ peer }, { clock, random }) => {
    peer.takes = false; // for a while, or until nobody waits any more
    clock.later(random.int(200_000), () => {
      peer.takes = true;
      peer.grant(peer.window);
    });
    return false;
  },
  ({ peer }, { clock }) => {
    peer.isBroken = true;
    clock.later(60_000, () => peer.end());
    return false;
  },
  (_session, { network, random }) => {
    network.failing = random.pick(["TCP", "TLS", "UDP", "Resolver"] as const);
    return false;
  },
  (session) => {
    session.send("<message><body>psst</body></message><iq type='get' id='x'><q xmlns='q'/></iq>");
    return false;
  },
  (session) => {
    for (let i = 0; i < 200; i++)
      session.send(`<iq type='get' id='${i}'><ping xmlns='urn:xmpp:ping'/></iq>`);
    return false;
  },
];

/** One client through a number of faults. */
class Run {
  readonly #random: Seeded;
  readonly #world: World;
  readonly #client: Client;
  #faults: number;
  #requests = 0;
  #replies = 0;

  constructor(random: Seeded) {
    this.#random = random;
    this.#faults = random.int(25);
    this.#world = new World({}, random);
    this.#world.client.close();
    this.#world.clock.advance(0);
    this.#world.log.length = 0;
    this.#disturb();
    this.#client = new Client(this.#world.options(this.#options()));
    this.#use();
  }

  #options(): Partial<ClientOptions> {
    const { pick, int } = this.#random;
    const { dns } = this.#world;
    return {
      security: pick(["starttls", "direct"]),
      pipelining: pick([true, false]),
      keepAlive: { interval: 5_000 + int(60_000), timeout: 1_000 + int(30_000) },
      backoff: { start: int(5_000), base: 1 + int(8_000) },
      extensions: [ping],
      onWritable: () => this.#talk(),
      onOnline: () => this.#talk(),
      ...pick([{ host: "xmpp.example.org", dns }, { host: undefined, dns } as object, {}]),
      ...pick([{ presence: null }, {}]),
    };
  }

  /** A network that is slow and cuts everything to pieces, and a server that does not always do as it should. */
  #disturb(): void {
    const { network, server, clock } = this.#world;
    const { int, pick } = this.#random;
    const connect = network.onConnect;
    network.onConnect = (peer) => {
      server.window = pick([20, 1_000, 16_384]);
      this.#delay(peer);
      connect(peer);
    };
    server.intercept = (event, session) => {
      if (this.#faults === 0 || int(3) > 0) return false;
      this.#faults--;
      return pick(FAULTS)(session, this.#world, event);
    };
    network.addresses.set("xmpp.example.org", "192.0.2.1");
    network.addresses.set("example.org", "192.0.2.2");
    network.onQuery = (query) => {
      const answer = pick([
        { rcode: 3 },
        { rcode: 2 },
        { records: [{ target: "example.org" }, { target: "xmpp.example.org" }] },
        undefined,
      ]);
      if (answer !== undefined)
        clock.later(int(3_000), () => query.reply(srvAnswer(query.bytes, answer)));
    };
  }

  #delay(peer: Peer): void {
    const { clock } = this.#world;
    const { int } = this.#random;
    const send = peer.send.bind(peer);
    const slowness = this.#random.pick([1, 10, 1_000]);
    let due = 0;
    peer.send = (data) => {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      for (let at = 0; at < bytes.length; ) {
        const piece = bytes.subarray(at, at + 1 + int(500));
        at += piece.length;
        due = Math.max(due, clock.now()) + int(slowness);
        clock.later(due - clock.now(), () => send(piece));
      }
    };
  }

  /** Somebody uses the client, now and then. */
  #use(): void {
    this.#talk();
    this.#world.clock.later(this.#random.int(120_000), () => this.#use());
  }

  #talk(): void {
    const { stanzas } = this.#client;
    try {
      for (let i = this.#random.int(10); i > 0; i--) {
        stanzas.send(messageStanza("a@b", "x".repeat(this.#random.int(1_000))));
        stanzas.request("get", undefined, xml("q", { xmlns: "urn:q" }), () => this.#replies++);
        this.#requests++;
      }
    } catch (error) {
      expect(error).toBeInstanceOf(TransportError);
    }
  }

  /** Lets time pass, watching that something is always going to happen. */
  #live(until: () => boolean, most: number): void {
    const { clock, network, held } = this.#world;
    const end = clock.now() + most;
    while (!until() && clock.now() < end) {
      clock.step();
      if (network.violations.length > 0) throw new Error(network.violations.join(", "));
      if (this.#client.state !== "closed" && held.timers + held.sockets === 0)
        throw new Error(`stuck while ${this.#client.state}`);
    }
    if (!until()) throw new Error(`hangs while ${this.#client.state}`);
  }

  run(): void {
    const { clock, network } = this.#world;
    const isClosed = (): boolean => this.#client.state === "closed";
    const isUp = (): boolean => isClosed() || this.#client.state === "online";
    const early = this.#random.int(4) === 0 ? clock.now() + this.#random.int(600_000) : undefined;
    const isOver = (): boolean => early !== undefined && clock.now() >= early;
    this.#live(() => isClosed() || isOver() || this.#faults === 0, 48 * 3_600_000);
    // The last fault may be felt for a while. Then the client must come back.
    const calm = clock.now() + (isOver() ? 0 : 300_000);
    this.#live(() => isClosed() || clock.now() >= calm, 3_600_000);
    this.#live(isUp, 3_600_000);
    this.#client.close();
    this.#live(isClosed, 10_000);
    clock.advance(10_000);
    expect(this.#replies).toBe(this.#requests);
    expect([...network.open]).toEqual([]);
    expect(network.violations).toEqual([]);
  }
}

test("through any faults the client comes back or is closed, leaks nothing, and says nothing out of turn", () => {
  const { seed } = seeded();
  for (let run = 0; run < RUNS; run++) {
    const random = seeded(seed + run);
    try {
      new Run(random).run();
    } catch (error) {
      throw new Error(`PIPIT_SEED=${random.seed}: ${(error as Error).stack}`, { cause: error });
    }
  }
});
