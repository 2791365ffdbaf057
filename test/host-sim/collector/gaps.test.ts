import { describe, expect, test } from "@jest/globals";
import { entryId } from "../../../firmware/outbox/entry-id.js";
import { Gaps, GRACE } from "../../../host-sim/collector/gaps.js";

const epoch = (boot: number) => new Uint8Array(10).fill(boot);

/** What is told when items with these numbers have come; `boot.number` for boots after the first. */
function told(...numbers: (number | [boot: number, number: number])[]): string[] {
  let now = 0;
  const gaps = new Gaps(() => now);
  for (const entry of numbers) {
    const [boot, number] = typeof entry === "number" ? [1, entry] : entry;
    gaps.take("dev", entryId(epoch(boot), number));
  }
  expect(gaps.due()).toEqual([]);
  now += GRACE;
  const due = gaps.due().map(({ from, to }) => `${from}-${to}`);
  expect(gaps.due()).toEqual([]); // once
  return due;
}

describe("a gap is told of", () => {
  test.each<[string, Parameters<typeof told>, string[]]>([
    ["not when all come in order", [0, 1, 2, 3], []],
    ["not for what was published before we listened", [1_000, 1_001], []],
    ["when a number is left out", [0, 1, 3], ["2-2"]],
    ["when several are, in one piece each", [0, 10, 12], ["1-9", "11-11"]],
    ["not when they are only late", [0, 3, 1, 2, 4], []],
    ["as far as it has not been filled", [0, 5, 3], ["1-2", "4-4"]],
    ["not for repeats", [0, 1, 0, 1, 2], []],
    ["not when a reboot comes in between, and the numbers go on", [0, 1, [2, 2], [2, 3]], []],
    ["when what was in RAM was lost with the power", [0, 1, [2, 5]], ["2-4"]],
    ["not when what is older goes behind an alarm of the next boot", [0, [2, 3], 1, 2], []],
    ["not when the store was erased, and numbers begin anew", [7, 8, [2, 0], [2, 1]], []],
    ["not when an older image of the store was restored", [7, 8, [2, 3], [2, 4]], []],
    ["in what goes at most once, which has numbers of its own", [40, [9, 0], 41, [9, 3]], ["1-2"]],
    ["in the durable numbers, though others stand lower", [40, [9, 0], [2, 42]], ["41-41"]],
  ])("%s", (_when, numbers, gaps) => {
    expect(told(...numbers)).toEqual(gaps);
  });

  test("by device", () => {
    let now = 0;
    const gaps = new Gaps(() => now);
    gaps.take("a", entryId(epoch(1), 0));
    gaps.take("b", entryId(epoch(2), 0));
    gaps.take("a", entryId(epoch(1), 2));
    gaps.take("b", entryId(epoch(2), 1));
    now = GRACE;
    expect(gaps.due()).toEqual([{ device: "a", from: 1, to: 1 }]);
  });
});

test("an item that fills a gap is told from one that comes for the second time", () => {
  let now = 0;
  const gaps = new Gaps(() => now);
  const take = (number: number): boolean => gaps.take("a", entryId(epoch(1), number));
  take(0);
  take(3);
  expect(take(1)).toBe(false); // only late
  now = GRACE;
  gaps.due();
  expect(take(2)).toBe(true);
  expect(take(2)).toBe(false);
});

test("items that were split belong to the number they were split from", () => {
  const gaps = new Gaps();
  gaps.take("a", entryId(epoch(1), 0));
  gaps.take("a", `${entryId(epoch(1), 1)}.0`);
  gaps.take("a", `${entryId(epoch(1), 1)}.1`);
  gaps.take("a", entryId(epoch(1), 2));
  expect(gaps.due(0)).toEqual([]);
});

test.each([
  "",
  "1",
  "urn:x-10",
  "k3v09q4d2m8s7f1a-10",
  "zz",
  `${"0".repeat(20)}-`,
  "a".repeat(3_000),
])("other ids tell nothing: %s", (id) => {
  const gaps = new Gaps();
  gaps.take("a", entryId(epoch(1), 0));
  gaps.take("a", id);
  gaps.take("a", entryId(epoch(1), 1));
  expect(gaps.due(0)).toEqual([]);
});

test("what strangers make up is bounded", () => {
  const gaps = new Gaps();
  for (let i = 0; i < 30_000; i++) gaps.take(`device${i}`, entryId(epoch(1), i));
  for (let i = 0; i < 1_000; i++) gaps.take("device", entryId(epoch(1), 2 ** 40 + 2 * i));
  expect(gaps.due(0)).toHaveLength(64);
});
