import { describe, expect, test } from "@jest/globals";
import { orderRecords, ServerLookup, type Target } from "../../firmware/client/srv.js";
import type { TransportError } from "../../firmware/xmpp/errors.js";
import { FakeClock } from "../support/clock.js";
import { readQuestion, type Srv, srvAnswer } from "../support/dns.js";
import { FakeNetwork, type Query } from "../support/network.js";
import { seeded } from "../support/random.js";
import { fakeCrypto } from "../support/world.js";

/** A look-up for example.org, and the queries that it makes. */
class Lookup {
  readonly clock = new FakeClock();
  readonly network = new FakeNetwork(this.clock);
  readonly asked: string[] = [];
  readonly results: (Target[] | TransportError)[] = [];
  readonly lookup: ServerLookup;

  constructor(answer: (query: Query, name: string) => void, servers = ["192.0.2.53"]) {
    this.network.onQuery = (query) => {
      const { name } = readQuestion(query.bytes);
      this.asked.push(`${query.address}:${query.port} ${name}`);
      answer(query, name);
    };
    const random = seeded(1);
    this.lookup = new ServerLookup(
      "example.org",
      {
        dns: { io: this.network.Resolver, servers, socket: { io: this.network.UDP } },
        timer: this.clock,
        crypto: fakeCrypto(random),
        random: random.next,
      },
      (error, targets) => this.results.push(error ?? targets),
    );
  }

  finish(): this {
    while (this.results.length === 0 && this.clock.step());
    this.clock.advance(60_000);
    expect(this.network.open.size).toBe(0);
    expect(this.clock.timers).toBe(0);
    expect(this.network.violations).toEqual([]);
    expect(this.results).toHaveLength(1);
    return this;
  }
}

const DIRECT = "_xmpps-client._tcp.example.org";
const STARTTLS = "_xmpp-client._tcp.example.org";
const FALLBACK = [{ host: "example.org", port: 5222, direct: false }];

/** Answers each service with these records, or with a code, or not at all. */
function zone(services: Record<string, Srv[] | number | undefined>) {
  return (query: Query, name: string): void => {
    const answer = services[name];
    if (typeof answer === "number") query.reply(srvAnswer(query.bytes, { rcode: answer }));
    else if (answer !== undefined) query.reply(srvAnswer(query.bytes, { records: answer }));
  };
}

describe("pitfall 15: RFC 6120 3.2.1, XEP-0368", () => {
  test("both services are asked for, and their records mixed by priority", () => {
    const { asked, results } = new Lookup(
      zone({
        [STARTTLS]: [
          { priority: 20, port: 5222, target: "last.example.org" },
          { priority: 5, port: 5222, target: "first.example.org" },
        ],
        [DIRECT]: [{ priority: 10, port: 443, target: "second.example.org" }],
      }),
    ).finish();
    expect(asked).toEqual([`192.0.2.53:53 ${DIRECT}`, `192.0.2.53:53 ${STARTTLS}`]);
    expect(results[0]).toEqual([
      { host: "first.example.org", port: 5222, direct: false },
      { host: "second.example.org", port: 443, direct: true },
      { host: "last.example.org", port: 5222, direct: false },
    ]);
  });

  test.each<[string, Record<string, Srv[] | number | undefined>]>([
    ["no such names", { [DIRECT]: 3, [STARTTLS]: 3 }],
    ["no such records", { [DIRECT]: [], [STARTTLS]: [] }],
    ["no answer", {}],
    ["a server in trouble", { [DIRECT]: 2, [STARTTLS]: 2 }],
    ["only direct TLS is refused", { [DIRECT]: [{ target: "" }], [STARTTLS]: 3 }],
  ])("%s: the domain itself is tried", (_case, services) => {
    expect(new Lookup(zone(services)).finish().results).toEqual([FALLBACK]);
  });

  test.each<[string, Record<string, Srv[] | number | undefined>]>([
    ["of one service", { [DIRECT]: 3, [STARTTLS]: [{ target: "" }] }],
    ["of both", { [DIRECT]: [{ target: "" }], [STARTTLS]: [{ target: "" }] }],
  ])(
    'RFC 2782: "." as the target %s means that there is none, and nothing is tried',
    (_of, services) => {
      expect(new Lookup(zone(services)).finish().results).toMatchObject([
        { condition: "service-unavailable", retry: "later" },
      ]);
    },
  );

  test('RFC 2782: "." for one service, and a server for the other', () => {
    const services = {
      [DIRECT]: [{ port: 5223, target: "a.example.org" }],
      [STARTTLS]: [{ target: "" }],
    };
    expect(new Lookup(zone(services)).finish().results).toEqual([
      [{ host: "a.example.org", port: 5223, direct: true }],
    ]);
  });
});

describe("name servers", () => {
  test("the next one is asked for what is not known, and all of them twice", () => {
    const { asked, results } = new Lookup(
      (query, name) => {
        if (name === DIRECT && query.address === "192.0.2.1")
          query.reply(srvAnswer(query.bytes, { rcode: 3 }));
      },
      ["192.0.2.1", "[2001:db8::1]:5353"],
    ).finish();
    expect(asked).toEqual([
      `192.0.2.1:53 ${DIRECT}`,
      `192.0.2.1:53 ${STARTTLS}`,
      `2001:db8::1:5353 ${STARTTLS}`,
      `192.0.2.1:53 ${STARTTLS}`,
      `2001:db8::1:5353 ${STARTTLS}`,
    ]);
    expect(results).toEqual([FALLBACK]);
  });

  test("one has 2 s to answer", () => {
    const lookup = new Lookup(() => {});
    lookup.clock.advance(3_999);
    expect(lookup.results).toEqual([]);
    lookup.clock.advance(1);
    expect(lookup.results).toEqual([FALLBACK]);
  });

  test("an answer that was cut short is none", () => {
    const { results } = new Lookup((query) => {
      query.reply(srvAnswer(query.bytes, { records: [{ target: "evil" }], truncated: true }));
    }).finish();
    expect(results).toEqual([FALLBACK]);
  });

  test("with none at all the domain itself is tried", () => {
    expect(new Lookup(() => {}, []).finish().results).toEqual([FALLBACK]);
  });

  test("a host that has no memory for a socket is as one without answers", () => {
    const lookup = new Lookup(zone({ [DIRECT]: 3, [STARTTLS]: [{ target: "a.example.org" }] }));
    lookup.network.failing = "UDP";
    expect(lookup.finish().results).toMatchObject([[{ host: "a.example.org" }]]);
  });

  test("a socket that cannot be written to is a name server that does not answer", () => {
    let writes = 0;
    const lookup = new Lookup((query, name) => {
      if (++writes === 1) throw new Error("unreachable");
      zone({ [DIRECT]: 3, [STARTTLS]: [{ target: "a.example.org" }] })(query, name);
    });
    expect(lookup.finish().results).toMatchObject([[{ host: "a.example.org" }]]);
  });
});

describe("RFC 5452: answers of strangers", () => {
  const evil = { records: [{ target: "evil.example.com" }] };

  test.each<[string, (query: Query, name: string) => void]>([
    [
      "another id",
      (query) =>
        query.reply(srvAnswer(query.bytes, { ...evil, id: readQuestion(query.bytes).id ^ 1 })),
    ],
    [
      "another name",
      (query) =>
        query.reply(srvAnswer(query.bytes, { ...evil, name: "_xmpp-client._tcp.example.com" })),
    ],
    [
      "another address",
      (query) => query.reply(srvAnswer(query.bytes, evil), { address: "192.0.2.66", port: 53 }),
    ],
    [
      "another port",
      (query) => query.reply(srvAnswer(query.bytes, evil), { address: "192.0.2.53", port: 54 }),
    ],
    ["the question sent back", (query) => query.reply(query.bytes)],
    ["noise", (query) => query.reply(Uint8Array.of(1, 2, 3))],
  ])("%s", (_what, answer) => {
    expect(new Lookup(answer).finish().results).toEqual([FALLBACK]);
  });

  test("the ids of the two queries differ, and from look-up to look-up", () => {
    const ids = new Set<number>();
    const lookup = new Lookup((query) => ids.add(readQuestion(query.bytes).id));
    lookup.clock.advance(0);
    expect(ids.size).toBe(2);
  });

  test("only the first answer counts", () => {
    const { results } = new Lookup((query, name) => {
      zone({ [DIRECT]: 3, [STARTTLS]: [{ target: "a.example.org" }] })(query, name);
      query.reply(srvAnswer(query.bytes, evil));
    }).finish();
    expect(results).toMatchObject([[{ host: "a.example.org" }]]);
  });
});

test("a look-up that was closed says nothing, and holds nothing", () => {
  const lookup = new Lookup(zone({ [DIRECT]: 3, [STARTTLS]: 3 }));
  lookup.clock.advance(0);
  lookup.lookup.close();
  lookup.lookup.close();
  expect(lookup.network.open.size).toBe(0);
  expect(lookup.clock.timers).toBe(0);
});

describe("pitfall 15: RFC 2782, the order of records", () => {
  const record = (priority: number, weight: number) => ({ priority, weight });

  test("lower priorities come first, whatever their weight", () => {
    const records = [record(2, 100), record(1, 0), record(3, 50)];
    for (const random of [0, 0.5, 0.999])
      expect(orderRecords(records, () => random).map(({ priority }) => priority)).toEqual([
        1, 2, 3,
      ]);
  });

  test("the records handed in stay as they were", () => {
    const records = Object.freeze([record(2, 1), record(1, 1)]);
    expect(orderRecords(records, () => 0)).not.toBe(records);
  });

  test("within a priority each is drawn first as often as its weight says", () => {
    const { seed, next } = seeded();
    const records = [record(0, 60), record(0, 30), record(0, 10), record(0, 0)];
    const first = new Map<number, number>();
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      const ordered = orderRecords(records, next);
      expect(ordered).toHaveLength(4);
      const { weight } = ordered[0] as { weight: number };
      first.set(weight, (first.get(weight) ?? 0) + 1);
    }
    // 0 of 101 marks 0, which falls to the record of weight 0: seldom, but not never.
    for (const { weight } of records) {
      const expected = (weight === 0 ? 1 : weight) / 101;
      const share = (first.get(weight) ?? 0) / draws;
      const tolerance = 5 * Math.sqrt((expected * (1 - expected)) / draws);
      if (Math.abs(share - expected) > tolerance)
        throw new Error(`seed ${seed}: weight ${weight} came first in ${share} of the draws`);
    }
  });
});
