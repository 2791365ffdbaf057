import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import type { CollectedItem, Store, StoredReading } from "../../host-sim/collector/store.js";
import { CollectorSource } from "../../host-sim/dashboard/collector-source.js";
import { Model } from "../../host-sim/dashboard/model.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let model: Model;
let source: CollectorSource;

/** A dashboard on a store that holds the newest readings of these devices, by how old they are. */
async function begin(ages: Readonly<Record<string, number>> = {}): Promise<void> {
  const latest = Object.entries(ages).map(([device, age]) => reading(device, age));
  const store = { latest: async () => latest, series: async () => [] } as unknown as Store;
  model = new Model();
  source = new CollectorSource(model, store, "nowhere");
  model.source = source;
  await source.load();
}

function reading(device: string, age: number): StoredReading {
  const time = (Date.now() - age) / SECOND;
  const name = `${device}:temperature`;
  return { name, device, channel: "temperature", service: "", node: "n", time, value: 20 };
}

function publish(device: string, age = 0): void {
  const readings = [reading(device, age)];
  const item: CollectedItem = { node: "n", id: "1", fingerprint: "", received: 0, readings };
  source.take([item]);
}

const state = (device = 0): string => model.row(device, false).state;
const events = (): string[] => model.log.map(({ text }) => text);

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  source.close();
  jest.useRealTimers();
});

test.each([
  ["every second", SECOND, MINUTE],
  ["every five minutes", 5 * MINUTE, 15 * MINUTE],
  ["every hour", 60 * MINUTE, 180 * MINUTE],
])(
  "a device that measures %s is offline when it is silent for longer than it ever is",
  async (_, interval, patience) => {
    await begin();
    source.reached(true);
    for (let i = 0; i < 10; i++) {
      publish("attic");
      jest.advanceTimersByTime(interval);
    }
    // One that measures seldom was taken for offline until its habits were known, and not since.
    expect(state()).toBe("online");
    expect(events().filter((text) => text === "readings come").length).toBeLessThanOrEqual(2);
    publish("attic");
    jest.advanceTimersByTime(patience - 10 * SECOND);
    expect(state()).toBe("online");
    jest.advanceTimersByTime(20 * SECOND);
    expect(state()).toBe("offline");
    expect(events().at(-1)).toBe("no readings come any more");
  },
);

test("an outage, and what comes at once after it, do not change what is usual", async () => {
  await begin();
  source.reached(true);
  for (let i = 0; i < 8; i++) {
    publish("attic");
    jest.advanceTimersByTime(5 * MINUTE);
  }
  jest.advanceTimersByTime(24 * 60 * MINUTE);
  expect(state()).toBe("offline");
  for (let i = 0; i < 100; i++) publish("attic");
  jest.advanceTimersByTime(14 * MINUTE);
  expect(state()).toBe("online");
  jest.advanceTimersByTime(2 * MINUTE);
  expect(state()).toBe("offline");
});

test("what is stored shows who may be online still", async () => {
  await begin({ attic: MINUTE, cellar: 60 * MINUTE });
  expect([state(0), state(1)]).toEqual(["online", "offline"]);
});

test("what was missed does not show that its device is there now", async () => {
  await begin();
  source.reached(false);
  publish("attic", 48 * 60 * MINUTE);
  expect(state()).toBe("offline");
  publish("attic", SECOND);
  expect(state()).toBe("online");
  // A clock that is wrong does not matter once readings come as they are published.
  source.reached(true);
  publish("cellar", 48 * 60 * MINUTE);
  expect(state(1)).toBe("online");
});

test("while the server is not reached, nobody is said to be silent, nor right after", async () => {
  await begin();
  expect(source.trouble).toBe("The server is not reached yet.");
  source.reached(true);
  expect(source.trouble).toBeUndefined();
  for (let i = 0; i < 3; i++) {
    publish("attic");
    jest.advanceTimersByTime(SECOND);
  }
  source.lost("The server is gone.");
  jest.advanceTimersByTime(60 * MINUTE);
  expect(source.trouble).toBe("The server is gone.");
  source.reached(false);
  jest.advanceTimersByTime(50 * SECOND);
  expect(state()).toBe("online");
  jest.advanceTimersByTime(20 * SECOND);
  expect(state()).toBe("offline");
});
