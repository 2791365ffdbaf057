import { describe, expect, test } from "@jest/globals";
import { Client, type ClientOptions } from "../../firmware/client/client.js";
import { TransportError } from "../../firmware/xmpp/errors.js";
import type { Srv } from "../support/dns.js";
import { srvAnswer } from "../support/dns.js";
import { World } from "../support/world.js";
import { DOMAIN, type Event, type Session } from "../support/xmpp-server.js";

const STREAM_ERRORS = "xmlns='urn:ietf:params:xml:ns:xmpp-streams'";
const SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
const HEADER =
  "<stream:stream version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

/** The end of a stream, for an error. */
function error(content: string): string {
  return `<stream:error>${content}</stream:error></stream:stream>`;
}

/** Lets the server do something else when this comes, as often as `times` says. */
function when(
  world: World,
  event: Event,
  act: (session: Session) => void,
  times = Number.POSITIVE_INFINITY,
): void {
  let left = times;
  world.server.intercept = (happening, session) => {
    if (happening !== event || left-- <= 0) return false;
    act(session);
    return true;
  };
}

describe("a server that never answers", () => {
  test.each<[Event, number, string]>([
    ["connect", 30_000, "192.0.2.1 port 5222 cannot be reached"],
    ["stream", 60_000, "the server does not answer"],
    ["starttls", 60_000, "the server does not answer"],
    ["tls", 30_000, "the server does not answer in TLS"],
    ["auth", 60_000, "the server does not answer"],
    ["bind", 60_000, "the server does not answer"],
  ])("at %s, is given up after %d ms", (event, deadline, text) => {
    const world = new World({ pipelining: false });
    when(world, event, () => {});
    world.clock.advance(deadline - 1);
    expect(world.log).toEqual(["connecting"]);
    world.clock.advance(1);
    expect(world.errors).toMatchObject([
      { condition: "remote-server-timeout", text, retry: "now" },
    ]);
    expect(world.held).toEqual({ timers: 1, sockets: 0 });
    expect(world.network.peers[0]?.isClosed).toBe(true);
  });

  test("but sends white space, is given up all the same", () => {
    const world = new World({ pipelining: false });
    when(world, "auth", (session) => {
      for (let second = 1; second < 120; second++)
        world.clock.later(second * 1_000, () => session.send(" "));
    });
    world.clock.advance(60_000);
    expect(world.errors).toMatchObject([{ condition: "remote-server-timeout" }]);
  });
});

test.each([true, false])(
  "a server that falls silent for ten seconds before every word is waited for, pipelining: %s",
  (pipelining) => {
    const world = new World({ pipelining });
    const connect = world.network.onConnect;
    world.network.onConnect = (peer) => {
      const send = peer.send.bind(peer);
      peer.send = (data) => world.clock.later(10_000, () => send(data));
      connect(peer);
    };
    const before = world.clock.now();
    world.until(() => world.client.state === "online");
    expect(world.clock.now() - before).toBeGreaterThanOrEqual(40_000);
    expect(world.errors).toEqual([]);
    world.clock.advance(600_000);
    expect(world.client.state).toBe("online");
    world.client.close();
    world.clock.advance(10_000);
    expect(world.client.state).toBe("closed");
  },
);

describe("pitfall 59: the wait before the next try", () => {
  const cut = (session: Session): void => session.peer.end();

  test("the first connection too is made at a random moment", () => {
    const delays = [1, 2, 3].map((seed) => {
      const world = new World({ backoff: { start: 5_000 } });
      for (let i = 0; i < seed; i++) world.random.next();
      const client = new Client(world.options({ backoff: { start: 5_000 } }));
      const before = world.clock.now();
      world.until(() => client.state !== "waiting");
      client.close();
      return world.clock.now() - before;
    });
    expect(new Set(delays).size).toBe(3);
    for (const delay of delays) expect(delay).toBeLessThan(5_000);
  });

  test("grows while there is no stream, even if connections are accepted", () => {
    const world = new World({ backoff: { start: 0, base: 1_000, limit: 60_000 } });
    when(world, "stream", cut);
    world.clock.advance(1_800_000);
    const { delays } = world;
    expect(delays.length).toBeGreaterThan(30);
    delays.forEach((delay, i) => {
      expect(delay).toBeLessThan(Math.min(1_000 * 2 ** i, 60_000));
    });
    expect(Math.max(...delays)).toBeGreaterThan(40_000);
  });

  test("is short again once a session stood", () => {
    const world = new World({ backoff: { start: 0, base: 1_000, limit: 600_000 } });
    when(world, "stream", cut, 12);
    world.until(() => world.client.state === "online");
    expect(Math.max(...world.delays)).toBeGreaterThan(100_000);
    world.server.last.peer.end();
    world.clock.advance(0);
    expect(world.delays.at(-1)).toBeLessThan(1_000);
  });

  const BUSY = "<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>";

  test.each<[string, Event, string]>([
    ["conflict", "presence", error(`<conflict ${STREAM_ERRORS}/>`)],
    ["policy-violation", "stream", HEADER + error(`<policy-violation ${STREAM_ERRORS}/>`)],
    ["host-unknown", "stream", HEADER + error(`<host-unknown ${STREAM_ERRORS}/>`)],
    ["temporary-auth-failure", "auth", `<failure ${SASL}><temporary-auth-failure/></failure>`],
    [
      "resource-constraint",
      "bind",
      `<iq id='bind' type='error'><error type='wait'>${BUSY}</error></iq>`,
    ],
  ])("is long after %s", (condition, event, text) => {
    const world = new World({ pipelining: false });
    when(world, event, (session) => session.send(text), 1);
    world.clock.advance(0);
    expect(world.log.at(-1)).toBe(`offline ${condition}`);
    expect(world.delays[0]).toBeGreaterThanOrEqual(300_000);
    expect(world.delays[0]).toBeLessThan(600_000);
    world.clock.advance(600_000);
    expect(world.client.state).toBe("online");
  });

  test("pitfall 32: there is none after a wrong password: one connection, one clear error, and the end", () => {
    const world = new World({ password: "pencils" });
    world.clock.advance(3_600_000);
    expect(world.network.peers).toHaveLength(1);
    expect(world.log).toEqual(["connecting", "closed", "offline not-authorized"]);
    expect(world.delays).toEqual([]);
    expect(world.held).toEqual({ timers: 0, sockets: 0 });
    world.client.close();
    world.clock.advance(0);
    expect(world.log.at(-1)).toBe("offline not-authorized");
  });
});

describe("a host that has no memory", () => {
  test.each(["TCP", "TLS"] as const)("for a %s socket: later there may be", (kind) => {
    const world = new World();
    world.network.failing = kind;
    world.clock.advance(0);
    expect(world.errors).toMatchObject([
      { name: "TransportError", condition: "connection-failed", retry: "now" },
    ]);
    expect(world.held).toEqual({ timers: 1, sockets: 0 });
    world.clock.advance(8_000);
    expect(world.client.state).toBe("online");
  });

  test("for a resolver: later there may be", () => {
    const world = new World();
    world.client.close();
    world.network.addresses.set("xmpp.example.org", "192.0.2.9");
    const client = new Client(world.options({ host: "xmpp.example.org", dns: world.dns }));
    world.network.failing = "Resolver";
    world.clock.advance(0);
    expect(world.errors).toMatchObject([{ condition: "remote-server-not-found" }]);
    world.clock.advance(8_000);
    expect(client.state).toBe("online");
  });
});

/** A world whose client finds its server by DNS. */
function byDNS(records: Srv[], options: Partial<ClientOptions> = {}): World & { other: Client } {
  const world = new World();
  world.client.close();
  world.clock.advance(0);
  world.log.length = 0;
  world.network.onQuery = (query) => {
    const direct = query.bytes[12] === "_xmpps-client".length;
    query.reply(srvAnswer(query.bytes, direct ? { rcode: 3 } : { records }));
  };
  for (const [i, name] of ["a", "b", "c", DOMAIN].entries())
    world.network.addresses.set(name, `192.0.2.${i + 1}`);
  const { host: _host, ...rest } = world.options(options);
  const other = new Client({ ...rest, dns: world.dns });
  return Object.assign(world, { other });
}

describe("pitfall 15: several servers", () => {
  const records = ["a", "b", "c"].map((target, priority) => ({ target, priority }));
  const tried = (world: World): string[] => world.network.peers.map((peer) => peer.address);
  const refused = new TransportError("connection-refused");

  test("the next one is tried at once", () => {
    const world = byDNS(records);
    when(world, "connect", (session) => session.peer.end(refused), 2);
    world.clock.advance(0);
    expect(tried(world)).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    expect(world.log).toEqual(["connecting", "online"]);
  });

  test("pitfall 16: TLS checks the domain, not the host that DNS named", () => {
    const world = byDNS(records);
    world.clock.advance(0);
    expect(world.server.last.peer.tls?.secure.serverName).toBe(DOMAIN);
  });

  test("one without an address is passed over", () => {
    const world = byDNS(records);
    world.network.addresses.delete("a");
    world.clock.advance(0);
    expect(tried(world)).toEqual(["192.0.2.2"]);
  });

  test("when all have failed there is a wait, and the domain itself is not tried", () => {
    const world = byDNS(records);
    when(world, "connect", (session) => session.peer.end(refused), 3);
    world.clock.advance(0);
    expect(tried(world)).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    expect(world.log).toEqual(["connecting", "waiting", "offline connection-refused"]);
    world.clock.advance(8_000);
    expect(tried(world).at(-1)).toBe("192.0.2.1");
    expect(world.other.state).toBe("online");
  });

  test("without records the domain itself is tried", () => {
    const world = byDNS([]);
    world.clock.advance(0);
    expect(tried(world)).toEqual(["192.0.2.4"]);
  });

  test("a domain that offers no XMPP is asked again much later", () => {
    const world = byDNS([{ target: "" }]);
    world.clock.advance(0);
    expect(world.errors).toMatchObject([{ condition: "service-unavailable" }]);
    expect(world.delays[0]).toBeGreaterThanOrEqual(300_000);
    expect(tried(world)).toEqual([]);
  });

  test("pitfall 59: a session that is lost is no reason to rush to the next one", () => {
    const world = byDNS(records);
    world.clock.advance(0);
    world.server.last.peer.end();
    world.clock.advance(0);
    expect(tried(world)).toEqual(["192.0.2.1"]);
    expect(world.log).toEqual(["connecting", "online", "waiting", "offline connection-lost"]);
    world.clock.advance(8_000);
    expect(world.other.state).toBe("online");
  });

  test("a server that is full is no reason to try the next one", () => {
    const world = byDNS(records);
    when(world, "bind", (session) =>
      session.send(
        "<iq id='bind' type='error'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
      ),
    );
    world.clock.advance(0);
    expect(tried(world)).toHaveLength(1);
    expect(world.delays[0]).toBeGreaterThanOrEqual(300_000);
  });

  test("a wrong password is no reason to try the next one", () => {
    const world = byDNS(records, { password: "pencils" });
    world.clock.advance(0);
    expect(tried(world)).toHaveLength(1);
    expect(world.other.state).toBe("closed");
  });
});

describe("pitfall 20: see-other-host", () => {
  const sendTo = (host: string) => (session: Session) => {
    session.send(HEADER + error(`<see-other-host ${STREAM_ERRORS}>${host}</see-other-host>`));
  };

  test.each([
    ["192.0.2.8", "192.0.2.8", 5222],
    ["192.0.2.8:5269", "192.0.2.8", 5269],
    ["[2001:db8::8]:443", "2001:db8::8", 443],
    ["[2001:db8::8]", "2001:db8::8", 5222],
    [" 192.0.2.8 ", "192.0.2.8", 5222],
  ])("%s is gone to at once, in TLS, with a certificate for our domain", (host, address, port) => {
    const world = new World();
    when(world, "stream", sendTo(host), 1);
    world.online();
    expect(world.network.peers[1]).toMatchObject({ address, port });
    expect(world.server.last.peer.tls?.secure.serverName).toBe(DOMAIN);
    expect(world.errors).toEqual([]);
    expect(world.network.violations).toEqual([]);
  });

  test("where TLS was direct, it is there too", () => {
    const world = new World({ security: "direct" });
    when(world, "stream", sendTo("192.0.2.8:5223"), 1);
    world.online();
    expect(world.network.peers[1]?.tls?.secure).toMatchObject({
      serverName: DOMAIN,
      applicationLayerProtocolNegotiation: ["xmpp-client"],
    });
  });

  test.each(["", "192.0.2.8:0", "192.0.2.8:65536", "2001:db8::8", "a b", "[::1", "host:port"])(
    "%j is nowhere",
    (host) => {
      const world = new World();
      when(world, "stream", sendTo(host), 1);
      world.clock.advance(0);
      expect(world.errors).toMatchObject([{ condition: "see-other-host", retry: "later" }]);
      expect(world.network.peers).toHaveLength(1);
    },
  );

  test("a name is looked up, if there is DNS", () => {
    const world = byDNS([{ target: "a" }]);
    when(world, "stream", sendTo("b"), 1);
    world.clock.advance(0);
    expect(world.network.peers.map((peer) => peer.address)).toEqual(["192.0.2.1", "192.0.2.2"]);
    const without = new World();
    when(without, "stream", sendTo("b"), 1);
    without.clock.advance(0);
    expect(without.errors).toMatchObject([{ condition: "remote-server-not-found" }]);
    expect(without.network.peers).toHaveLength(1);
  });

  test("three times in a row are enough", () => {
    const world = new World();
    when(world, "stream", sendTo("192.0.2.8"));
    world.clock.advance(0);
    expect(world.network.peers).toHaveLength(4);
    expect(world.errors).toMatchObject([{ condition: "see-other-host", retry: "later" }]);
    expect(world.held).toEqual({ timers: 1, sockets: 0 });
  });

  test("hops of earlier tries do not count", () => {
    const world = new World();
    world.server.intercept = (event, session) => {
      const isFirst = session.peer.address === "192.0.2.1";
      if (event === "stream" && isFirst) sendTo("192.0.2.8")(session);
      else if (event === "connect" && !isFirst && world.errors.length < 6) session.peer.end();
      else return false;
      return true;
    };
    world.clock.advance(1_800_000);
    expect(world.errors.map((error) => error.condition)).toEqual(Array(6).fill("connection-lost"));
    expect(world.client.state).toBe("online");
  });

  test("a server that sends us away later is obeyed too", () => {
    const world = new World().online();
    world.server.last.send(error(`<see-other-host ${STREAM_ERRORS}>192.0.2.8</see-other-host>`));
    world.clock.advance(0);
    expect(world.log).toEqual(["connecting", "online", "connecting", "online"]);
    expect(world.network.peers[1]?.address).toBe("192.0.2.8");
  });
});

describe("pipelining", () => {
  /** What the client says before it has heard anything, in each connection. */
  const openings = (world: World): string[] =>
    world.network.peers.map((peer) => peer.take().replace(/<stream:stream .*?>/g, "<stream>"));

  test("after a negotiation that failed the client goes step by step, once", () => {
    const world = new World({ security: "direct" });
    when(world, "auth", (session) => session.peer.end(), 1);
    world.clock.advance(8_000);
    expect(world.client.state).toBe("online");
    const [first, second] = openings(world);
    expect(first).toMatch(/^<stream><auth [^>]*SCRAM-SHA-256/);
    expect(second).toMatch(/^<stream><auth [^>]*PLAIN/);
    // The next time it goes on without having heard the features of the last stream.
    const events: string[] = [];
    world.server.intercept = (event) => {
      events.push(event);
      return event === "stream" && events.filter((earlier) => earlier === event).length === 2;
    };
    world.server.last.peer.end();
    world.clock.advance(8_000);
    expect(events.filter((event) => event !== "end")).toEqual([
      "connect",
      "stream",
      "auth",
      "stream",
      "bind",
    ]);
  });

  test("a connection that could not be made says nothing about it", () => {
    const world = new World({ security: "direct" });
    when(world, "connect", (session) => session.peer.end(), 1);
    world.clock.advance(8_000);
    expect(openings(world).at(-1)).toMatch(/^<stream><auth [^>]*SCRAM-SHA-256/);
  });
});
