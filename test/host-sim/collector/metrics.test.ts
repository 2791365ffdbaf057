import { expect, test } from "@jest/globals";
import { Metrics } from "../../../host-sim/collector/metrics.js";
import { item } from "./support.js";

const NONE = { items: 0, readings: 0, repeated: 0, unreadable: 0 };

/** What is shown of the channel `t` when readings with these values and times have come. */
async function shown(...readings: readonly [value: number, time: number][]): Promise<string[]> {
  const metrics = new Metrics(() => NONE);
  for (const [value, time] of readings) metrics.add([item([{ name: "d:t", value, time }])]);
  const lines = (await metrics.text()).split("\n");
  return lines
    .filter((line) => line.startsWith("pipit_reading{"))
    .map((l) => l.split(" ")[1] ?? "");
}

test("the newest value is shown, and not one that comes late", async () => {
  expect(await shown([1, 1_700_000_001], [2, 1_700_000_000])).toEqual(["1"]);
});

test("a time in the future does not keep away what comes then", async () => {
  const now = Date.now() / 1000;
  expect(await shown([1, now + 1e9], [2, now + 60])).toEqual(["2"]);
});

test("what strangers write is escaped", async () => {
  const metrics = new Metrics(() => NONE);
  metrics.add([item([{ name: "d:t", unit: 'a"\n\\b', value: 1, time: 1 }])]);
  expect(await metrics.text()).toContain('{device="d",channel="t",unit="a\\"\\n\\\\b"} 1');
});
