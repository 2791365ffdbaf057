import { describe, expect, test } from "@jest/globals";
import { parseSrvResponse, srvQuery } from "../../firmware/client/dns.js";
import { readQuestion, srvAnswer, wireName, words } from "../support/dns.js";
import { seeded } from "../support/random.js";

const NAME = "_xmpp-client._tcp.example.org";
const query = srvQuery(0x1234, NAME);

describe("RFC 1035: a query", () => {
  test("is one question, with recursion desired", () => {
    expect(readQuestion(query)).toEqual({ id: 0x1234, name: NAME, type: 33 });
    expect([...query.subarray(0, 12)]).toEqual(words(0x1234, 0x0100, 1, 0, 0, 0));
    expect([...query.subarray(-4)]).toEqual(words(33, 1));
    expect(query).toHaveLength(12 + NAME.length + 2 + 4);
  });
});

describe("RFC 1035, RFC 2782: a response", () => {
  test("gives the records, in their order", () => {
    const records = [
      { priority: 10, weight: 5, port: 5222, target: "xmpp1.example.org" },
      { priority: 0, weight: 65535, port: 443, target: "" },
    ];
    expect(parseSrvResponse(srvAnswer(query, { records }))).toEqual({
      id: 0x1234,
      name: NAME,
      rcode: 0,
      truncated: false,
      records,
    });
  });

  test.each([
    [{ rcode: 3 }, { rcode: 3, records: [] }],
    [{ rcode: 2 }, { rcode: 2 }],
    [{ truncated: true }, { truncated: true }],
    [{ name: NAME.toUpperCase() }, { name: NAME }],
    [{ id: 7 }, { id: 7 }],
  ])("%j", (answer, expected) => {
    expect(parseSrvResponse(srvAnswer(query, answer))).toMatchObject(expected);
  });

  test("names may end in a pointer (4.1.4), and other records may stand between", () => {
    const alias = [0xc0, 12, ...words(5, 1, 0, 300, 2), 0xc0, 30];
    const target = [3, ...Buffer.from("one"), 0xc0, 12 + "_xmpp-client._tcp.".length];
    const srv = [0xc0, 12, ...words(33, 1, 0, 300, 6 + target.length, 1, 2, 3), ...target];
    const head = words(1, 0x8180, 1, 2, 0, 0);
    const bytes = Uint8Array.from([...head, ...wireName(NAME), ...words(33, 1), ...alias, ...srv]);
    expect(parseSrvResponse(bytes)?.records).toEqual([
      { priority: 1, weight: 2, port: 3, target: "one.example.org" },
    ]);
  });

  test.each([
    ["the query itself", query],
    ["nothing", new Uint8Array(0)],
    ["a header and no question", Uint8Array.from(words(1, 0x8180, 1, 0, 0, 0))],
    [
      "two questions",
      Uint8Array.from([...words(1, 0x8180, 2, 0, 0, 0), ...wireName(NAME), ...words(33, 1)]),
    ],
    [
      "a question for addresses",
      Uint8Array.from([...words(1, 0x8180, 1, 0, 0, 0), ...wireName(NAME), ...words(1, 1)]),
    ],
    [
      "a question of another class",
      Uint8Array.from([...words(1, 0x8180, 1, 0, 0, 0), ...wireName(NAME), ...words(33, 3)]),
    ],
    [
      "a pointer to itself",
      Uint8Array.from([...words(1, 0x8180, 1, 0, 0, 0), 0xc0, 12, ...words(33, 1)]),
    ],
    [
      "a label of a reserved kind",
      Uint8Array.from([...words(1, 0x8180, 1, 0, 0, 0), 0x80, 12, ...words(33, 1)]),
    ],
    [
      "more records than there are",
      srvAnswer(query, { records: [{ target: "a" }] }).map((byte, i) => (i === 7 ? 200 : byte)),
    ],
  ])("%s is none", (_what, bytes) => {
    expect(parseSrvResponse(bytes)).toBeUndefined();
  });

  test("no bytes whatever make it throw, or run on", () => {
    const { seed, int } = seeded();
    const good = srvAnswer(query, {
      records: [{ target: "a.example.org" }, { target: "b.example.org" }],
    });
    for (let run = 0; run < 5_000; run++) {
      const bytes = good.slice(0, int(good.length + 1));
      for (let flips = int(8); flips > 0; flips--) bytes[int(bytes.length)] = int(256);
      try {
        parseSrvResponse(bytes);
      } catch (error) {
        throw new Error(`seed ${seed}: ${[...bytes]}`, { cause: error });
      }
    }
  });
});
