/** The parts of a fleet that count, derive, and look after limits. */

import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { cachedCrypto } from "../../host-sim/fleet/crypto.js";
import { diagnose } from "../../host-sim/fleet/diagnosis.js";
import { LatencyHistogram } from "../../host-sim/fleet/latency.js";
import { checkOpenFiles, spreadTCP } from "../../host-sim/fleet/sources.js";
import { addUp, type Counts } from "../../host-sim/fleet/tally.js";
import { crypto } from "../../host-sim/node/crypto.js";

describe("latencies", () => {
  test("quantiles are right to five per cent", () => {
    const latency = new LatencyHistogram();
    expect(latency.quantile(0.5)).toBeUndefined();
    for (let i = 1; i <= 1000; i++) latency.add(i);
    for (const part of [0.5, 0.95, 0.99]) {
      const value = latency.quantile(part) ?? 0;
      expect(value / (1000 * part)).toBeGreaterThanOrEqual(0.999);
      expect(value / (1000 * part)).toBeLessThan(1.051);
    }
  });

  test.each([0, -5, 1e12])("%p is counted, too", (time) => {
    const latency = new LatencyHistogram();
    latency.add(time);
    expect(latency.counts.reduce((sum, count) => sum + count, 0)).toBe(1);
  });
});

const counts = (more: Partial<Counts>): Counts => ({ ...addUp([]), ...more });

test("counts of processes add up", () => {
  const latency = new LatencyHistogram();
  latency.add(10);
  const one = counts({ devices: 2, taken: 3, states: { online: 2 }, latencies: latency.counts });
  const sum = addUp([one, one]);
  expect(sum).toMatchObject({ devices: 4, taken: 6, states: { online: 4 } });
  expect(new LatencyHistogram(sum.latencies).counts).toContain(2);
});

describe("whose limit it is:", () => {
  const behind = counts({ taken: 1000, published: 300, pending: 700 });
  test.each<[string, Counts, Counts, number, RegExp | undefined]>([
    ["nobody's", counts({}), counts({ taken: 1000, published: 1000 }), 0.2, undefined],
    [
      "the server's",
      counts({}),
      behind,
      0.2,
      /^the server is the limit.* busy 20 %.*: 100\/s items come up and 30\/s are acknowledged; 700 wait$/,
    ],
    [
      "the server's: outboxes are full, and drop the oldest",
      counts({ taken: 1000, published: 300, pending: 700 }),
      counts({ taken: 2000, published: 600, pending: 700, lost: 700 }),
      0.2,
      /: 100\/s items come up and 30\/s are acknowledged; 700 wait, and 70\/s are lost, because outboxes are full$/,
    ],
    [
      "the server's: outboxes are full, and take no more",
      counts({ taken: 1000, published: 300, pending: 700 }),
      counts({ taken: 1300, published: 600, pending: 700, lost: 700 }),
      0.2,
      /: 100\/s items come up .* 70\/s are lost/,
    ],
    [
      "nobody's: what had waited is delivered",
      counts({ taken: 1000, published: 300, pending: 700 }),
      counts({ taken: 2000, published: 2000, pending: 0 }),
      0.2,
      undefined,
    ],
    ["this machine's", counts({}), behind, 0.95, /^this machine is the limit: .*--processes/],
    [
      "nobody's: devices come back from trouble",
      counts({}),
      { ...behind, resumes: 3 },
      0.2,
      undefined,
    ],
    [
      "the server's: it lets few in",
      counts({}),
      counts({ connects: 30, states: { connecting: 500 } }),
      0.2,
      /500 devices are connecting, and 3\/s get through$/,
    ],
  ])("%s", (_, before, after, busy, words) => {
    const said = diagnose({ before, after, seconds: 10, busy });
    if (words === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(words);
  });
});

test("a key is derived once for each password and salt, also when many ask at once", async () => {
  let derived = 0;
  const cached = cachedCrypto({
    ...crypto,
    pbkdf2: (...args) => {
      derived++;
      crypto.pbkdf2(...args);
    },
  });
  const derive = (password: string): Promise<Uint8Array> =>
    new Promise((resolve) => {
      cached.pbkdf2("sha-1", Buffer.from(password), Buffer.from("salt"), 4096, resolve);
    });
  const [first, second] = await Promise.all([derive("a"), derive("a")]);
  expect(second).toEqual(first);
  expect(await derive("a")).toEqual(first);
  expect(derived).toBe(1);
  expect(await derive("b")).not.toEqual(first);
  expect(derived).toBe(2);
});

test("more devices than a process may have files: said, with what to do", () => {
  expect(() => checkOpenFiles(5000, 20_000)).not.toThrow();
  expect(() => checkOpenFiles(5000, 1024)).toThrow(
    "5000 devices need 5100 open files, and a process may have 1024 here. Allow more with ulimit -n 5100, or spread them: --processes 6",
  );
});

test("each process of a fleet connects from an address of its own, for an address has too few ports", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  const { port } = await new Promise<AddressInfo>((resolve) =>
    server.once("listening", () => resolve(server.address() as AddressInfo)),
  );
  const sourceOf = async (shard: number): Promise<string | undefined> => {
    const TCP = spreadTCP(shard);
    const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
    const socket = new TCP({ address: "127.0.0.1", port });
    const { remoteAddress } = await accepted;
    socket.close();
    return remoteAddress;
  };
  expect([await sourceOf(0), await sourceOf(1), await sourceOf(2)]).toEqual([
    "127.0.0.1",
    "127.0.0.2",
    "127.0.0.3",
  ]);
  server.close();
});
