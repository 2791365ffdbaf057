import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from "@jest/globals";
import type { Reading } from "../../../firmware/telemetry/senml.js";
import { openStore } from "../../../host-sim/collector/open-store.js";
import { SqliteDatabase } from "../../../host-sim/collector/sqlite.js";
import type { Point, Store } from "../../../host-sim/collector/store.js";
import { hasPostgres, TestPostgres } from "./postgres.js";
import { all, item } from "./support.js";

jest.setTimeout(60_000);

let folder: string;
let postgres: TestPostgres | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-"));
  if (hasPostgres()) postgres = await TestPostgres.start();
});
afterAll(async () => {
  await postgres?.stop();
  await rm(folder, { recursive: true });
});

let count = 0;
const places = [
  { name: "SQLite", place: async () => join(folder, `${++count}.db`) },
  ...(hasPostgres()
    ? [{ name: "PostgreSQL", place: async () => (postgres as TestPostgres).newDatabase() }]
    : []),
];
if (!hasPostgres()) test.skip("skipped: PostgreSQL is not installed", () => {});

const SERVICE = "pubsub.example.org";
const DAY = 86_400;
const T = 1_800_000_000; // a whole number of hours
const temperature = (value: number, time: number): Reading => {
  return { name: "urn:dev:ops:1:t", unit: "Cel", value, time };
};
const point = (time: number, value: number): Point => {
  return { time, mean: value, minimum: value, maximum: value, count: 1 };
};

describe.each(places)("the store on $name", ({ place: makePlace }) => {
  let place: string;
  let store: Store;
  beforeEach(async () => {
    place = await makePlace();
    store = await openStore(place, SERVICE);
  });
  afterEach(() => store.close());

  const series = (from: number, to: number, points = 1_000) =>
    store.series("urn:dev:ops:1", "t", { from, to }, points);

  const KINDS: readonly Reading[] = [
    { name: "d:number", value: 0.1 + 0.2, time: T },
    { name: "d:unit", value: -1e-300, unit: "%RH", time: T + 0.001 },
    { name: "d:true", value: true, time: T },
    { name: "d:false", value: false, time: T },
    { name: "d:string", value: 'é\u0000"\ud800\n', time: T },
    { name: "d:empty", value: "", time: T },
    { name: "d:data", data: "AAEC_w", time: T },
    { name: "d:sum", sum: 12.5, time: T },
    { name: "d:both", value: 1, sum: 2, updateTime: 60, time: T },
    { name: "alone", value: 1, time: 1e300 },
  ];

  test("gives back every kind of reading as it was, with where it comes from", async () => {
    await store.add([item(KINDS, { node: "n", id: "i", publisher: "dev@x/y" })]);
    const from = { service: SERVICE, node: "n", item: "i", publisher: "dev@x/y" };
    expect(await all(store.readings({}))).toEqual(
      KINDS.map((reading) => {
        const [device, channel] =
          reading.name === "alone" ? ["", "alone"] : reading.name.split(":");
        return { ...reading, ...from, device, channel };
      }),
    );
  });

  test("takes an item once, and once more when it was overwritten (pitfall 54)", async () => {
    const first = item([temperature(1, T)], { id: "1", fingerprint: "a" });
    const changed = item([temperature(2, T + 1)], { id: "1", fingerprint: "b" });
    const elsewhere = item([temperature(3, T + 2)], { node: "other", id: "1", fingerprint: "a" });
    expect(await store.add([first, first, changed])).toEqual([true, false, true]);
    expect(await store.add([changed, elsewhere])).toEqual([false, true]);
    expect((await all(store.readings({}))).map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  test("knows which ids it has, however many are asked for", async () => {
    expect(await store.hasHad("n", T * 2)).toBe(false);
    const ids = Array.from({ length: 250 }, (_, i) => `i${i}`);
    await store.add(ids.slice(0, 120).map((id) => item([], { id })));
    expect(await store.unknown("n", ids)).toEqual(ids.slice(120));
    expect(await store.unknown("m", ids)).toEqual(ids);
    expect([await store.hasHad("n", T * 2), await store.hasHad("m", T * 2)]).toEqual([true, false]);
  });

  test("lists devices, and the newest reading of each channel", async () => {
    await store.add([
      item([temperature(2, T + 2), { name: "urn:dev:ops:1:door", value: true, time: T }]),
      item([temperature(1, T + 1)]), // which comes late
      item([{ name: "urn:dev:ops:2:t", value: 9, time: T + 9 }]),
    ]);
    expect(await store.devices()).toEqual([
      { device: "urn:dev:ops:1", channels: ["door", "t"], lastSeen: T + 2 },
      { device: "urn:dev:ops:2", channels: ["t"], lastSeen: T + 9 },
    ]);
    expect((await store.latest("urn:dev:ops:1")).map(({ value }) => value)).toEqual([true, 2]);
    expect((await store.latest()).map(({ value }) => value)).toEqual([true, 2, 9]);
  });

  test("selects by device and time", async () => {
    await store.add([1, 2, 3, 4].map((i) => item([temperature(i, T + i)])));
    await store.add([item([{ name: "other:t", value: 0, time: T + 2 }])]);
    const selected = await all(store.readings({ device: "urn:dev:ops:1", from: T + 2, to: T + 4 }));
    expect(selected.map(({ value }) => value)).toEqual([2, 3]);
  });

  test("gives readings page by page, and all of them", async () => {
    const readings = Array.from({ length: 2_500 }, (_, i) => temperature(i, T + i));
    await store.add([item(readings)]);
    expect((await all(store.readings({}))).map(({ value }) => value)).toEqual(
      readings.map(({ value }) => value),
    );
  });

  describe("gives a curve", () => {
    test("with each reading, if they are few", async () => {
      await store.add([item([2, 0, 1].map((i) => temperature(i * 10, T + i)))]);
      expect(await series(T, T + 2)).toEqual([point(T, 0), point(T + 1, 10)]);
    });

    test("with one point for many, if they are not", async () => {
      await store.add([item(Array.from({ length: 100 }, (_, i) => temperature(i, T + i)))]);
      expect(await series(T, T + 100, 4)).toEqual(
        [0, 25, 50, 75].map((i) => {
          return { time: T + i, mean: i + 12, minimum: i, maximum: i + 24, count: 25 };
        }),
      );
    });
  });

  describe("makes averages", () => {
    const HOUR = { keep: DAY, average: 3_600 };
    const NOW = T + DAY + 3_600 + 1_800;

    test("of whole hours that are old enough, and drops what is no number", async () => {
      await store.add([
        item([1, 2, 6].map((value, i) => temperature(value, T + i))),
        item([temperature(50, T + 3_600)]), // half an hour too young
        item([{ name: "urn:dev:ops:1:s", value: "text", time: T }]),
      ]);
      expect(await store.condense(HOUR, NOW)).toBe(4);
      expect(await series(T, T + DAY)).toEqual([
        { time: T, mean: 3, minimum: 1, maximum: 6, count: 3 },
        point(T + 3_600, 50),
      ]);
      expect(await all(store.readings({}))).toHaveLength(1);
      expect(await store.condense(HOUR, NOW)).toBe(0);
    });

    test("to which is added what comes late", async () => {
      await store.add([item([temperature(1, T), temperature(3, T + 1)])]);
      await store.condense(HOUR, NOW);
      await store.add([item([temperature(8, T + 2)])]);
      await store.condense(HOUR, NOW);
      expect(await series(T, T + DAY)).toEqual([
        { time: T, mean: 4, minimum: 1, maximum: 8, count: 3 },
      ]);
    });

    test("though strangers publish numbers that cannot be added up", async () => {
      const values = [1.7e308, 1.7e308, -1.7e308, 1e200, -1e200, 4];
      await store.add([item(values.map((value, i) => temperature(value, T + i)))]);
      expect(await series(T, T + DAY, 1)).toMatchObject([{ minimum: -1e200, count: 3 }]);
      expect(await store.condense(HOUR, NOW)).toBe(6);
      expect(await series(T, T + DAY)).toMatchObject([{ time: T, maximum: 1e200, count: 3 }]);
    });

    test("until it is to stop", async () => {
      await store.add([item([temperature(1, T)])]);
      expect(await store.condense(HOUR, NOW, () => false)).toBe(0);
      expect(await all(store.readings({}))).toHaveLength(1);
    });

    test("and drops those that are old", async () => {
      await store.add([item([temperature(1, T)])]);
      await store.condense({ ...HOUR, keepAverages: 30 * DAY }, T + 30 * DAY + 1);
      expect(await series(T, T + DAY)).toEqual([]);
    });
  });

  test("takes ids of any length", async () => {
    // Random, for what can be compressed may fit where the rest does not.
    const long = [1, 2].map((i) => Array.from({ length: 9_000 }, () => Math.random()).join() + i);
    expect(await store.add(long.map((id) => item([], { id })))).toEqual([true, true]);
    expect(await store.unknown("n", [...long, "new"])).toEqual(["new"]);
    await store.forget("n", long.slice(1), T * 2);
    expect(await store.unknown("n", long)).toEqual(long.slice(0, 1));
  });

  test("forgets old ids, but none that are on the node still", async () => {
    await store.add(["a", "b", "c"].map((id, i) => item([], { id, received: T + i })));
    await store.forget("n", ["a"], T + 2);
    expect(await store.unknown("n", ["a", "b", "c"])).toEqual(["b"]);
  });

  test("does all or nothing", async () => {
    const bad = item([
      temperature(1, T),
      { name: "d:x", value: 1, time: null as unknown as number },
    ]);
    await expect(store.add([item([temperature(5, T)], { id: "good" }), bad])).rejects.toThrow();
    expect(await all(store.readings({}))).toEqual([]);
    expect(await store.unknown("n", ["good"])).toEqual(["good"]);
    expect(await store.add([item([temperature(1, T)])])).toEqual([true]);
    expect(await store.devices()).toHaveLength(1);
  });

  test("keeps services apart, whose nodes and ids may have the same names", async () => {
    await store.add([item([temperature(1, T)], { id: "1" })]);
    await store.close();
    store = await openStore(place, "elsewhere");
    expect(await store.unknown("n", ["1"])).toEqual(["1"]);
    expect(await store.add([item([temperature(2, T)], { id: "1" })])).toEqual([true]);
    expect((await all(store.readings({}))).map(({ service }) => service)).toEqual([
      SERVICE,
      "elsewhere",
    ]);
  });

  test("keeps what it has when it is closed and opened again", async () => {
    await store.add([item([temperature(1, T)], { id: "1" })]);
    await store.close();
    store = await openStore(place, SERVICE);
    expect(await store.unknown("n", ["1"])).toEqual([]);
    expect(await all(store.readings({}))).toMatchObject([{ value: 1, item: "1" }]);
  });
});

if (hasPostgres())
  test("several collectors may have one store on PostgreSQL: what each adds is there once", async () => {
    const place = await (postgres as TestPostgres).newDatabase();
    const stores = await Promise.all([1, 2, 3].map(() => openStore(place, SERVICE)));
    const items = Array.from({ length: 60 }, (_, i) =>
      item([{ name: `d${i}:t`, value: i, time: T + i }]),
    );
    const orders = [items, [...items].reverse(), [...items.slice(30), ...items.slice(0, 30)]];
    const outcomes = await Promise.all(stores.map((store, i) => store.add(orders[i] ?? [])));
    expect(outcomes.flat().filter((isNew) => isNew)).toHaveLength(60);
    await Promise.all(
      stores.map((store) => store.condense({ keep: DAY, average: DAY }, T + 9 * DAY)),
    );
    const [store] = stores as [Store];
    expect(await store.series("d7", "t", { from: 0, to: T * 2 }, 9)).toMatchObject([{ count: 1 }]);
    for (const each of stores) await each.close();
  });

test("a store of another version is left alone", async () => {
  const file = join(folder, "other.db");
  await (await openStore(file, SERVICE)).close();
  const database = SqliteDatabase.open(file);
  await database.query("UPDATE store SET version = 99");
  await database.close();
  await expect(openStore(file, SERVICE)).rejects.toThrow("the store is of version 99");
});
