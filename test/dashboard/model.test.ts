import { describe, expect, test } from "@jest/globals";
import { History } from "../../host-sim/dashboard/history.js";
import { MadeUpDevice, MadeUpFleet } from "./support.js";

test.each([1, 2, 15, 16, 17, 40, 100])("a history of %i points keeps the newest", (capacity) => {
  for (const count of [0, 1, 15, 16, 17, 39, 40, 41, 250]) {
    const history = new History(capacity);
    for (let i = 1; i <= count; i++) history.add(i, -i);
    const kept = Math.min(count, capacity);
    const expected = Array.from({ length: kept }, (_, i) => count - kept + 1 + i);
    expect(history.curve()).toEqual({ times: expected, values: expected.map((i) => -i) });
    expect(history.recent(3)).toEqual(expected.slice(-3).map((i) => -i));
  }
});

test("a history begins where one likes, and is in order though clocks are not", () => {
  const history = new History(4);
  for (const time of [9, 1, 5, 3, 4]) history.add(time, -time);
  expect(history.curve()).toEqual({ times: [1, 3, 4, 5], values: [-1, -3, -4, -5] });
  expect(history.curve(4)).toEqual({ times: [4, 5], values: [-4, -5] });
  expect(history.recent(2)).toEqual([-3, -4]);
});

describe("whoever may publish can make up much, and", () => {
  test("devices are shown up to a number", () => {
    const fleet = MadeUpFleet.of(20_000);
    expect(fleet.model.added(new MadeUpDevice("one more"))).toBeUndefined();
    expect(fleet.model.size).toBe(20_000);
  });

  test("channels are shown up to a number", () => {
    const fleet = MadeUpFleet.of(1);
    for (let i = 0; i < 1_000; i++)
      fleet.model.measured(0, [{ channel: `made-up-${i}`, value: i, time: i }]);
    expect(fleet.model.channels(0)).toHaveLength(32);
    expect(fleet.model.row(0, false).values).toHaveLength(32);
  });

  test("names, values, events and XML are shown up to a length", () => {
    const long = "x".repeat(1_000_000);
    const fleet = new MadeUpFleet([long]);
    fleet.model.measured(0, [{ channel: long, unit: long, value: long, time: 0 }]);
    fleet.model.happened(0, "note", long);
    const shown = [
      fleet.model.named(0),
      fleet.model.channels(0),
      fleet.model.row(0, true),
      fleet.model.log,
    ];
    expect(JSON.stringify(shown).length).toBeLessThan(2_000);
    expect(fleet.model.named(0).name).toMatch(/^x{120}… \(999880 more\)$/);
  });
});

test("what is too long is not cut through a character", () => {
  const { name } = new MadeUpFleet([`x${"😀".repeat(100)}`]).model.named(0);
  expect(decodeURIComponent(encodeURIComponent(name))).toBe(name);
});

test("a channel that is no number has no curve, and shows what it says", async () => {
  const fleet = MadeUpFleet.of(1);
  fleet.model.measured(0, [
    { channel: "temperature:status", value: "no-answer", time: Date.now() },
    { channel: "door", value: true, time: Date.now() },
  ]);
  expect(fleet.model.row(0, false).values).toEqual([null, null, "no-answer", 1]);
  const curves = await fleet.model.curves(0, 300);
  expect(curves.map(({ values }) => values)).toEqual([[], [], [], [1]]);
});
