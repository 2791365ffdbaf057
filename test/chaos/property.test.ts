import { describe, expect, test } from "@jest/globals";
import { findViolation, type Outcome } from "../../host-sim/chaos/property.js";

/** `1a`: reading 1 of the only device, in item `a`. */
const arrived = (words: string) =>
  words
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => ({ device: 1, number: Number(word[0]), item: word.slice(1) }));

/** `1 2? 3!`: readings that were taken; those with `?` are not owed, and those with `!` are alarms. */
const taken = (words: string) =>
  words.split(" ").map((word) => ({
    device: 1,
    number: Number(word[0]),
    isOwed: !word.endsWith("?"),
    isAlarm: word.endsWith("!"),
    item: `item${word[0]}`,
  }));

describe("the property", () => {
  test.each([
    ["everything in order", "1 2 3", "1a 2b 3c", "", "1a 2b 3c"],
    ["several readings in one item", "1 2 3", "1a 2a 3b", "", "1a 2a 3b"],
    ["an item that is published again", "1 2 3", "1a 2b 3c 1a 2b", "", "3c 1a 2b"],
    ["one found when the subscriber came back", "1 2 3", "1a 3c", "2b", "1a 2b 3c"],
    ["one found, and told of late", "1 2 3", "1a 3c 2b", "2b", "1a 2b 3c"],
    ["an alarm that passes another", "1 2! 3", "2b 1a 3c", "", "2b 1a 3c"],
    ["one that is not owed, lost", "1 2? 3", "1a 3c", "", "1a 3c"],
    ["one that is not owed, late", "1 2? 3", "1a 3c 2b", "", "1a 3c 2b"],
  ])("holds for %s", (_what, took, told, found, stored) => {
    expect(findViolation(outcome(took, told, found, stored))).toBeUndefined();
  });

  test.each([
    ["lost", 2, "1 2 3", "1a 2b 3c", "", "1a 3c", "it was accepted, and is not on the node"],
    [
      "lost",
      2,
      "1 2 3",
      "1a 3c",
      "",
      "1a 2b 3c",
      "it is on the node, but no subscriber was told of it",
    ],
    ["repeated", 2, "1 2 3", "1a 2b 3c 2d", "", "1a 3c 2d", "it is in item b, and again in item d"],
    ["repeated", 1, "1 2", "1a 2b", "", "1a 2b 1c", "it is in item a, and again in item c"],
    ["repeated", 1, "1 2", "1a 2b", "", "1a 2b 1a", "it is twice in item a"],
    ["misordered", 2, "1 2 3", "1a 3c 2b", "", "1a 3c 2b", "it came after 3"],
    ["misordered", 1, "1! 2! 3", "2b 1a 3c", "", "2b 1a 3c", "it came after 2"],
    ["invented", 4, "1 2", "1a 2b 4d", "", "1a 2b", "it came in item d, and was never taken"],
  ])(
    "is violated by a reading that is %s (%d)",
    (kind, number, took, told, found, stored, text) => {
      const violation = findViolation(outcome(took, told, found, stored));
      expect(violation).toEqual({ kind, device: 1, number, text });
    },
  );

  test.each([
    [0, 2],
    [1, 2],
    [2, undefined],
    [3, undefined],
  ])("where %d items were counted as lost, and two are, finds reading %s", (count, number) => {
    const counted = new Map([[1, count]]);
    const violation = findViolation({ ...outcome("1 2 3", "1a", "", "1a"), counted });
    expect(violation?.number).toBe(number);
  });

  test("the first reading in the order of taking is named", () => {
    const violation = findViolation(outcome("1 2 3 4", "1a 2b 4d 3c", "", "1a 4d 3c"));
    expect(violation).toMatchObject({ kind: "lost", number: 2 });
  });

  test("devices have nothing to do with each other", () => {
    const reading = { number: 1, isOwed: true, isAlarm: false, item: "1" };
    const both = {
      taken: [1, 2].map((device) => ({ ...reading, device })),
      counted: new Map([[2, 9]]),
    };
    const arrivals = [2, 1].map((device) => ({ device, number: 1, item: `item${device}` }));
    expect(findViolation({ ...both, told: arrivals, found: [], stored: arrivals })).toBeUndefined();
    const [second] = arrivals;
    expect(
      findViolation({ ...both, told: arrivals, found: [], stored: second ? [second] : [] }),
    ).toMatchObject({ kind: "lost", device: 1 });
  });
});

function outcome(took: string, told: string, found: string, stored: string): Outcome {
  return {
    taken: taken(took),
    told: arrived(told),
    found: arrived(found),
    stored: arrived(stored),
    counted: new Map(),
  };
}
