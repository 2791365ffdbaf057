import { describe, expect, jest, test } from "@jest/globals";
import { Client, type ClientOptions, type ClientState } from "../../firmware/client/client.js";
import { ping } from "../../firmware/xmpp/extensions/ping.js";
import { ScramKeyCache } from "../../firmware/xmpp/sasl/scram.js";
import { messageStanza } from "../../firmware/xmpp/stanza/message.js";
import { xml } from "../../firmware/xmpp/xml/element.js";
import { write } from "../../firmware/xmpp/xml/writer.js";
import { srvAnswer } from "../support/dns.js";
import { World } from "../support/world.js";
import { DOMAIN } from "../support/xmpp-server.js";

/** Options without one that is needed. */
function without(name: keyof ClientOptions): Partial<ClientOptions> {
  return { [name]: undefined } as Partial<ClientOptions>;
}

describe("ECMA-419 section 8: the constructor", () => {
  const keys = new ScramKeyCache([
    {
      hash: "sha-1",
      salt: "QSXC",
      iterations: 4096,
      clientKey: new Uint8Array(20),
      serverKey: new Uint8Array(20),
    },
  ]);

  test.each<[string, Partial<ClientOptions>, string]>([
    ["an address that is none", { jid: "a@b@c" }, "jid-malformed"],
    ["a server's address", { jid: "example.org" }, "jid"],
    ["no password", without("password"), "credentials"],
    ["an empty password", { password: "" }, "password"],
    ["pitfall 28: a password that servers may read differently", { password: "ﬁsh" }, "password"],
    [
      "keys of a mechanism below the floor",
      { ...without("password"), keys, floor: "SCRAM-SHA-256" },
      "credentials",
    ],
    ["no port", { port: 0 }, "port"],
    ["a port too high", { port: 65_536 }, "port"],
    ["half a port", { port: 5222.5 }, "port"],
    ["a floor that is no mechanism", { floor: "CRAM-MD5" as "PLAIN" }, "floor"],
    ["a ceiling below the floor of iterations", { maxIterations: 4_095 }, "maxIterations"],
    ["a ceiling that is no number", { maxIterations: Number.NaN }, "maxIterations"],
    ["a name and no DNS", { host: "xmpp.example.org" }, "dns"],
    ["neither a host nor DNS", without("host"), "dns"],
    ["a backoff that is none", { backoff: { base: Number.NaN } }, "backoff"],
    ["a backoff back in time", { backoff: { start: -1 } }, "backoff"],
    ["a keep-alive without pause", { keepAlive: { interval: 0 } }, "keepAlive"],
    ["a keep-alive of parts", { keepAlive: { timeout: 0.5 } }, "keepAlive"],
  ])("refuses %s, before anything is allocated", (_what, options, condition) => {
    const world = new World();
    world.client.close();
    world.clock.advance(0);
    world.log.length = 0;
    expect(() => new Client(world.options(options))).toThrow(
      expect.objectContaining({ name: "ConfigError", condition, retry: "never" }),
    );
    expect(world.held).toEqual({ timers: 0, sockets: 0 });
    world.clock.advance(600_000);
    expect(world.log).toEqual([]);
  });

  test("refuses a priority out of range", () => {
    expect(() => new World({ presence: { priority: 128 } })).toThrow(RangeError);
  });

  test("takes stored keys in place of a password", () => {
    expect(new World({ ...without("password"), keys }).client.state).toBe("waiting");
  });

  test("leaves the options as they are, and options that nobody knows aside", () => {
    const world = new World();
    const options = world.options({ backoff: { start: 0 }, limits: {}, colour: "blue" } as object);
    const frozen = Object.freeze(options);
    for (const value of Object.values(frozen)) if (value !== world.clock) Object.freeze(value);
    const client = new Client(frozen);
    world.clock.advance(0);
    expect(client.state).toBe("online");
  });

  test("calls nobody back before it returns", () => {
    const world = new World();
    expect(world.log).toEqual([]);
    expect(world.network.peers).toEqual([]);
    expect(world.client.state).toBe("waiting");
    expect(world.held).toEqual({ timers: 1, sockets: 0 });
  });
});

describe.each(["starttls", "direct"] as const)("a session over TLS by %s", (security) => {
  test("begins, and ends in good order", () => {
    const onClosed = jest.fn();
    const world = new World({ security, onClosed }).online();
    const [session] = world.server.sessions;
    expect(world.client.jid.toString()).toBe(`juliet@${DOMAIN}/board`);
    world.client.close();
    expect(onClosed).not.toHaveBeenCalled();
    world.clock.advance(0);
    expect(world.log).toEqual(["connecting", "online", "closing", "closed"]);
    expect(onClosed).toHaveBeenCalledTimes(1);
    expect(session?.summary).toEqual(["presence", "presence unavailable"]);
    expect(session?.peer.take()).toMatch(/<\/stream:stream>$/);
    expect(world.held).toEqual({ timers: 0, sockets: 0 });
    expect(world.network.violations).toEqual([]);
    expect(world.client.jid.toString()).toBe(`juliet@${DOMAIN}/board`);
  });

  test("pitfall 16: the name that TLS checks is the domain", () => {
    const world = new World({ security }).online();
    expect(world.network.peers[0]).toMatchObject({
      address: "192.0.2.1",
      port: security === "direct" ? 5223 : 5222,
    });
    const { secure } = world.server.last.peer.tls ?? {};
    expect(secure?.serverName).toBe(DOMAIN);
    // XEP-0368: the protocol is named where the port does not say it.
    expect(secure?.applicationLayerProtocolNegotiation).toEqual(
      security === "direct" ? ["xmpp-client"] : undefined,
    );
  });

  test("whom to trust is handed on", () => {
    const tls = { ...new World().options().tls, secure: { certificate: "PEM" } };
    const world = new World({ security });
    const client = new Client(
      world.options({
        security,
        tls: {
          ...world.options().tls,
          ...tls,
          io: world.network.TLS,
          TCP: { io: world.network.TCP },
        },
      }),
    );
    world.clock.advance(0);
    expect(client.state).toBe("online");
    expect(world.server.last.peer.tls?.secure.certificate).toBe("PEM");
  });

  test.each([true, false])("works whatever is cut or held back, pipelining: %s", (pipelining) => {
    const world = new World({ security, pipelining });
    world.server.window = 7;
    world.online();
    world.client.close();
    world.clock.advance(0);
    expect(world.log.at(-1)).toBe("closed");
    expect(world.network.violations).toEqual([]);
  });

  test("what can be said at once goes out in one write", () => {
    const world = new World({ security });
    let writes = 0;
    world.network.onConnect = ((connect) => (peer) => {
      connect(peer);
      const read = peer.onReceive;
      peer.onReceive = (bytes) => {
        writes++;
        read(bytes);
      };
    })(world.network.onConnect);
    world.online();
    // STARTTLS, header and a guess at the mechanism, PLAIN, header and binding, presence
    expect(writes).toBe(security === "direct" ? 4 : 5);
  });
});

describe("pitfall 18: bytes behind <proceed/> end the connection", () => {
  const HEADER =
    "<stream:stream version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>" +
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>";
  const PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
  const INJECTED = "<stream:stream version='1.0'><stream:features/>";

  test.each([
    ["in one piece", HEADER + PROCEED + INJECTED],
    [
      "although the socket is read piece by piece",
      (HEADER.padEnd(2_048 - PROCEED.length) + PROCEED).padEnd(2_048) + INJECTED,
    ],
  ])("%s", (_how, text) => {
    const world = new World();
    world.server.intercept = (event, session) => {
      if (event === "starttls") session.send(text);
      return event !== "connect";
    };
    world.clock.advance(0);
    expect(world.errors).toMatchObject([{ condition: "policy-violation", retry: "later" }]);
    const [peer] = world.network.peers;
    expect(peer?.tls).toBeUndefined();
    expect(peer?.take()).toMatch(/<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'\/>$/);
    expect(world.held).toEqual({ timers: 1, sockets: 0 });
  });
});

describe("addresses", () => {
  test("the same resource is asked for in every session", () => {
    const world = new World().online();
    for (let session = 0; session < 3; session++) {
      expect(world.server.last.jid).toBe(`juliet@${DOMAIN}/board`);
      world.server.last.peer.end();
      world.clock.advance(300_000);
    }
    expect(world.server.sessions.length).toBe(4);
  });

  test("without a resource the server chooses one", () => {
    const world = new World({ jid: `juliet@${DOMAIN}` }).online();
    expect(world.client.jid.toString()).toBe(`juliet@${DOMAIN}/chosen`);
    world.server.last.peer.end();
    world.clock.advance(0);
    expect(world.client.jid.toString()).toBe(`juliet@${DOMAIN}`);
  });

  test.each([
    ["juliet@192.0.2.7", "192.0.2.7"],
    ["juliet@[2001:db8::7]", "2001:db8::7"],
  ])("a domain that is an address, %s, needs no DNS", (jid, address) => {
    const world = new World({ jid, ...without("host") });
    world.server.domain = jid.slice(jid.indexOf("@") + 1);
    world.online();
    expect(world.network.peers[0]).toMatchObject({ address, port: 5222 });
    expect(world.server.last.peer.tls?.secure.serverName).toBe(world.server.domain);
  });
});

describe("pitfall 40: presence", () => {
  const sent = (world: World): string[] =>
    world.server.last.stanzas.map((stanza) => write(stanza, "jabber:client"));

  test("is broadcast with a priority that attracts nothing", () => {
    expect(sent(new World().online())).toEqual(["<presence><priority>-1</priority></presence>"]);
  });

  test("may be none at all, at the end neither", () => {
    const world = new World({ presence: null }).online();
    world.client.close();
    world.clock.advance(0);
    expect(sent(world)).toEqual([]);
  });

  test("may be changed, and is so in the next session too", () => {
    const world = new World({ presence: { show: "away" } });
    world.client.setPresence({ show: "dnd", priority: 1 });
    world.online();
    world.client.setPresence({ show: "xa", status: "asleep", priority: 0 });
    world.clock.advance(0);
    const asleep = "<presence><show>xa</show><status>asleep</status></presence>";
    expect(sent(world)).toEqual([
      "<presence><show>dnd</show><priority>1</priority></presence>",
      asleep,
    ]);
    world.server.last.peer.end();
    world.clock.advance(8_000);
    expect(sent(world)).toEqual([asleep]);
  });

  test("that is none is refused, and the old one stays", () => {
    const world = new World().online();
    expect(() => world.client.setPresence({ priority: 128 })).toThrow(RangeError);
    expect(sent(world)).toHaveLength(1);
  });

  test("of others asks for nothing: a stranger's request to subscribe is not answered", () => {
    const world = new World().online();
    world.server.last.send("<presence type='subscribe' from='mallory@example.com'/>");
    world.clock.advance(0);
    expect(world.server.last.summary).toEqual(["presence"]);
  });
});

describe("stanzas", () => {
  test("go out as soon as the server may take them, before binding is confirmed", () => {
    const world = new World({
      onWritable: () => world.client.stanzas.send(messageStanza("a@b", "early")),
    });
    world.online();
    expect(world.server.last.summary).toEqual(["message", "presence"]);
    expect(world.network.violations).toEqual([]);
  });

  test("are answered, and answers found", () => {
    const world = new World({ extensions: [ping] }).online();
    const replies: unknown[] = [];
    world.client.stanzas.request("get", undefined, xml("q", { xmlns: "urn:q" }), (error, reply) =>
      replies.push(error ?? reply?.attr("type")),
    );
    world.server.last.send(
      "<iq type='get' id='1' from='example.org'><ping xmlns='urn:xmpp:ping'/></iq>",
    );
    world.clock.advance(0);
    expect(replies).toEqual(["result"]);
    expect(world.server.last.summary).toEqual(["presence", "iq get", "iq result"]);
  });

  test.each([
    ["its id", `<iq type='get' id='${"x".repeat(9_000)}'><q xmlns='urn:q'/></iq>`],
    [
      "its sender",
      `<iq type='get' id='1' from='a@b/${"&apos;".repeat(1_600)}'><q xmlns='urn:q'/></iq>`,
    ],
  ])("that nobody can answer, because of %s, do not end the session", (_why, text) => {
    const world = new World().online();
    world.server.last.send(`${text}<iq type='get' id='next'><q xmlns='urn:q'/></iq>`);
    world.clock.advance(0);
    expect(world.client.state).toBe("online");
    expect(world.server.last.summary).toEqual(["presence", "iq error"]);
  });

  test("that are too big are read over, and whoever asked hears of it, on both ends", () => {
    const told: string[] = [];
    const world = new World({ onTooBig: ({ text }) => told.push(text) }).online();
    const big = `<q xmlns='urn:q'>${"q".repeat(20_000)}</q>`;
    world.server.intercept = (event, session, iq) => {
      if (event === "iq" && iq?.attr("type") === "get")
        session.send(`<iq type='result' id='${iq.attr("id")}'>${big}</iq>`);
      return true;
    };
    const errors: unknown[] = [];
    world.client.stanzas.request("get", undefined, xml("q", { xmlns: "urn:q" }), (error) =>
      errors.push(error),
    );
    world.server.last.send(
      `<iq type='set' id='1' from='a@b/c'>${big}</iq><message>${big}</message>`,
    );
    world.clock.advance(0);
    expect(errors).toMatchObject([{ condition: "resource-constraint", retry: "later" }]);
    expect(world.server.last.summary).toEqual(["presence", "iq get", "iq error"]);
    expect(told).toEqual(
      ["a@b/c", "the server", "the server"].map(
        (from) => `more than 10000 bytes in a stanza from ${from}, which was read over`,
      ),
    );
    expect(world.client.state).toBe("online");
  });

  test("cannot be sent outside of a session", () => {
    const world = new World();
    const send = (): void => world.client.stanzas.send(messageStanza("a@b", "x"));
    const request = (): void => {
      world.client.stanzas.request("get", undefined, xml("q"), () => {
        throw new Error("must not be called");
      });
    };
    const notConnected = expect.objectContaining({ condition: "not-connected" });
    for (const call of [send, request]) expect(call).toThrow(notConnected);
    world.clock.step(); // connecting
    for (const call of [send, request]) expect(call).toThrow(notConnected);
    world.online();
    world.server.last.peer.end();
    world.clock.advance(0);
    for (const call of [send, request]) expect(call).toThrow(notConnected);
  });

  test("pitfall 14: their language is the stream's, while there is one", () => {
    const world = new World();
    expect(world.client.lang).toBeUndefined();
    world.online();
    expect(world.client.lang).toBe("en");
    world.server.last.peer.end();
    world.clock.advance(0);
    expect(world.client.lang).toBeUndefined();
  });

  test("a handler that fails costs the session, and the client comes back", () => {
    const world = new World().online();
    world.client.stanzas.onMessage("body", "jabber:client", () => {
      throw new Error("a mistake");
    });
    world.server.last.send("<message><body>x</body></message>");
    world.clock.advance(0);
    expect(world.errors).toMatchObject([
      { condition: "internal-server-error", text: "Error: a mistake" },
    ]);
    world.clock.advance(8_000);
    expect(world.client.state).toBe("online");
  });

  test("requests end with the connection, when the client has stopped counting on it", () => {
    const world = new World().online();
    const states: string[] = [];
    const again: unknown[] = [];
    world.server.intercept = (event) => event === "iq";
    world.client.stanzas.request("get", undefined, xml("q"), (error) => {
      states.push(`${error?.condition} ${world.client.state}`);
      try {
        world.client.stanzas.request("get", undefined, xml("q"), () => {});
      } catch (failure) {
        again.push(failure);
        throw failure; // as whoever does not expect it would
      }
    });
    world.server.last.peer.end();
    expect(() => world.clock.advance(0)).toThrow("not-connected");
    expect(states).toEqual(["connection-lost waiting"]);
    expect(again).toHaveLength(1);
    world.clock.advance(8_000);
    expect(world.client.state).toBe("online");
  });
});

describe("close", () => {
  test("twice, and after it nothing else works", () => {
    const onClosed = jest.fn();
    const world = new World({ onClosed }).online();
    world.client.close();
    world.client.close();
    const checkNothingWorks = (): void => {
      expect(() => world.client.setPresence({})).toThrow("the client is closed");
      expect(() => world.client.stanzas.send(messageStanza("a@b", "x"))).toThrow("not-connected");
    };
    checkNothingWorks();
    world.clock.advance(0);
    world.client.close();
    world.clock.advance(600_000);
    checkNothingWorks();
    expect(onClosed).toHaveBeenCalledTimes(1);
    expect(world.log).toEqual(["connecting", "online", "closing", "closed"]);
  });

  test("waits for the server to close its side, but not for ever", () => {
    const world = new World().online();
    world.server.intercept = (event) => event === "end";
    world.client.close();
    world.clock.advance(4_999);
    expect(world.client.state).toBe("closing");
    world.clock.advance(1);
    expect(world.client.state).toBe("closed");
    expect(world.held).toEqual({ timers: 0, sockets: 0 });
  });

  test("is not held up by a server that takes nothing", () => {
    const world = new World().online();
    world.server.last.peer.takes = false;
    fill(world);
    world.client.close();
    world.clock.advance(5_000);
    expect(world.client.state).toBe("closed");
    expect(world.held).toEqual({ timers: 0, sockets: 0 });
    expect(world.network.violations).toEqual([]);
  });

  test("while the server asks something, says nothing more", () => {
    const world = new World({ extensions: [ping] }).online();
    const { last } = world.server;
    world.server.intercept = (event) => {
      if (event !== "end") return false;
      last.send("<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq></stream:stream>");
      return true;
    };
    world.client.close();
    world.clock.advance(0);
    expect(world.client.state).toBe("closed");
    expect(world.errors).toEqual([]);
    expect(world.network.violations).toEqual([]);
  });

  test("ends the requests under way", () => {
    const world = new World().online();
    world.server.intercept = (event) => event === "iq";
    const replies: unknown[] = [];
    world.client.stanzas.request("get", undefined, xml("q"), (error) => replies.push(error));
    world.client.close();
    world.clock.advance(0);
    expect(replies).toMatchObject([{ condition: "not-connected" }]);
  });

  /** Ways to log in that differ in what is held on the way. */
  const ways: [string, (world: World) => Partial<ClientOptions>][] = [
    ["by STARTTLS", () => ({})],
    ["by direct TLS, step by step", () => ({ security: "direct", pipelining: false })],
    ["to a server found by DNS", (world) => ({ ...without("host"), dns: world.dns })],
  ];

  test.each(ways)("%s: at every moment it releases everything", (_way, options) => {
    let online = false;
    for (let steps = 0; !online; steps++) {
      const world = new World();
      world.client.close();
      world.clock.advance(0);
      world.log.length = 0;
      world.network.addresses.set("a.example.org", "192.0.2.9");
      world.network.onQuery = (query) =>
        query.reply(srvAnswer(query.bytes, { records: [{ target: "a.example.org" }] }));
      const onClosed = jest.fn();
      const client = new Client(world.options({ ...options(world), onClosed }));
      for (let i = 0; i < steps; i++) world.clock.step();
      online = client.state === "online";
      client.close();
      expect(onClosed).not.toHaveBeenCalled();
      world.clock.advance(5_000);
      expect(world.log.slice(-2)).toEqual(["closing", "closed"]);
      expect(onClosed).toHaveBeenCalledTimes(1);
      expect(world.held).toEqual({ timers: 0, sockets: 0 });
      expect(world.network.violations).toEqual([]);
      expect(world.errors).toEqual([]);
    }
  });

  test.each<ClientState>(["connecting", "online", "waiting"])(
    "from within onState, as it becomes %s",
    (moment) => {
      const onOnline = jest.fn();
      const world = new World({
        presence: null,
        onOnline,
        onState: (state) => {
          if (state === moment) world.client.close();
        },
      });
      world.clock.advance(0);
      if (moment === "waiting") world.server.last.peer.end();
      world.clock.advance(5_000);
      expect(world.log.slice(-3)).toEqual([moment, "closing", "closed"]);
      expect(world.held).toEqual({ timers: 0, sockets: 0 });
      expect(world.network.violations).toEqual([]);
      world.clock.advance(600_000);
      expect(world.network.peers).toHaveLength(moment === "connecting" ? 0 : 1);
      expect(onOnline).toHaveBeenCalledTimes(moment === "waiting" ? 1 : 0);
    },
  );

  test.each(["onOnline", "onWritable", "onOffline"] as const)("from within %s", (name) => {
    const world = new World({ [name]: () => world.client.close() });
    world.clock.advance(0);
    if (name === "onOffline") world.server.last.peer.end();
    world.clock.advance(5_000);
    expect(world.log.slice(-2)).toEqual(["closing", "closed"]);
    expect(world.held).toEqual({ timers: 0, sockets: 0 });
    expect(world.network.violations).toEqual([]);
  });

  test("from within a handler, and from within a reply", () => {
    const world = new World().online();
    world.client.stanzas.onMessage("body", "jabber:client", () => world.client.close());
    world.server.last.send("<message><body>1</body></message><message><body>2</body></message>");
    world.clock.advance(0);
    expect(world.log.slice(-2)).toEqual(["closing", "closed"]);
    const other = new World().online();
    other.client.stanzas.request("get", undefined, xml("q"), () => other.client.close());
    other.server.last.peer.end();
    other.clock.advance(0);
    expect(other.log.slice(-3)).toEqual(["offline connection-lost", "closing", "closed"]);
    expect(other.held).toEqual({ timers: 0, sockets: 0 });
  });
});

const MESSAGE = messageStanza("a@b", "x".repeat(1_000));
const MESSAGE_BYTES = write(MESSAGE, "jabber:client").length;

/** Sends until the queue is full. @returns how many messages were taken */
function fill(world: World): number {
  for (let count = 0; ; count++)
    try {
      world.client.stanzas.send(MESSAGE);
    } catch (error) {
      expect(error).toMatchObject({ condition: "queue-full", retry: "now" });
      return count;
    }
}

describe("flow control", () => {
  test("what a connection does not take is held back up to a bound, and onWritable says when to go on", () => {
    const onWritable = jest.fn();
    const world = new World({ onWritable }).online();
    const { peer } = world.server.last;
    peer.takes = false;
    const { credit } = peer;
    onWritable.mockClear();
    const count = fill(world);
    const queued = count * MESSAGE_BYTES - credit;
    expect(queued).toBeGreaterThan(8_192);
    expect(queued).toBeLessThan(8_192 + MESSAGE_BYTES);
    peer.grant(4_000);
    world.clock.advance(0);
    expect(onWritable).not.toHaveBeenCalled();
    peer.grant(2_000);
    world.clock.advance(0);
    expect(onWritable).toHaveBeenCalledTimes(1);
    world.client.stanzas.send(messageStanza("a@b", "x"));
    peer.grant(50_000);
    world.clock.advance(0);
    expect(onWritable).toHaveBeenCalledTimes(1);
    expect(world.server.last.stanzas.length).toBe(1 + count + 1);
    expect(world.network.violations).toEqual([]);
  });

  test("a full queue stops neither the reading nor what the client itself has to say", () => {
    let count = 0;
    const world = new World({
      onWritable: () => {
        if (count > 0) return;
        world.server.last.peer.takes = false;
        count = fill(world);
      },
    });
    world.server.window = 2_000;
    world.online();
    expect(world.server.last.summary).not.toContain("presence");
    world.server.last.peer.grant(20_000);
    world.clock.advance(0);
    expect(world.server.last.stanzas).toHaveLength(count + 1);
    expect(world.server.last.summary.at(-1)).toBe("presence");
    expect(world.errors).toEqual([]);
  });

  test("a server that asks and takes no answers is held back, and answered when it takes them", () => {
    const world = new World({ extensions: [ping] }).online();
    const { peer, stanzas } = world.server.last;
    peer.takes = false;
    const questions = 2_000;
    for (let id = 0; id < questions; id++)
      peer.send(
        `<iq type='get' id='q${id}' from='mallory@example.com/flood'><ping xmlns='urn:xmpp:ping'/></iq>`,
      );
    world.clock.advance(0);
    expect(peer.unread.length).toBeGreaterThan(100_000);
    expect(world.client.state).toBe("online");
    peer.takes = true;
    peer.grant(1_000);
    world.clock.advance(0);
    expect(peer.unread).toEqual([]);
    expect(stanzas.slice(1).map((answer) => answer.attr("id"))).toEqual(
      Array.from({ length: questions }, (_, id) => `q${id}`),
    );
    expect(world.network.violations).toEqual([]);
  });

  test("a connection that fails when it is written to is lost, which whoever wrote hears later", () => {
    const world = new World().online();
    const replies: unknown[] = [];
    world.server.last.peer.isBroken = true;
    world.client.stanzas.request("get", undefined, xml("q"), (error) => replies.push(error));
    expect(replies).toEqual([]);
    expect(world.client.state).toBe("online");
    world.clock.advance(0);
    expect(world.errors).toMatchObject([
      { condition: "connection-lost", text: "Error: write failed" },
    ]);
    expect(replies).toHaveLength(1);
    world.clock.advance(8_000);
    expect(world.client.state).toBe("online");
  });

  test("a connection that fails while it is being closed is closed", () => {
    const world = new World().online();
    world.server.last.peer.isBroken = true;
    world.client.close();
    world.clock.advance(0);
    expect(world.log.slice(-2)).toEqual(["closing", "closed"]);
    expect(world.held).toEqual({ timers: 0, sockets: 0 });
  });
});
