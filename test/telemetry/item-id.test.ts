import { describe, expect, test } from "@jest/globals";
import { ItemIds } from "../../firmware/telemetry/item-id.js";
import { seeded } from "../support/random.js";

/** A source that gives `first`, `first` + 1, … */
const counting = (first: number) => (count: number) =>
  Uint8Array.from({ length: count }, (_, index) => first + index);

const idsOf = (random: (count: number) => Uint8Array, count: number) => {
  const ids = new ItemIds(random);
  return Array.from({ length: count }, () => ids.next());
};

test("an id is the prefix of the boot, and the counter behind its own length", () => {
  expect(idsOf(counting(0), 34)).toEqual(
    expect.arrayContaining([
      "0123456789abcdef-10",
      "0123456789abcdef-11",
      "0123456789abcdef-1v",
      "0123456789abcdef-210",
      "0123456789abcdef-211",
    ]),
  );
});

test("the prefix takes 80 bits: 5 of each of 16 random bytes", () => {
  const asked: number[] = [];
  const [id] = idsOf((count) => {
    asked.push(count);
    return new Uint8Array(count).fill(0xff);
  }, 1);
  expect([asked, id]).toEqual([[16], "vvvvvvvvvvvvvvvv-10"]);
});

describe("over 40,000 ids of one boot", () => {
  const ids = idsOf(counting(7), 40_000);

  test("pitfall 54: none comes twice", () => {
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("they sort in the order of making", () => {
    expect([...ids].sort()).toEqual(ids);
  });

  test("they are safe in XML, in file names, and where case is not kept", () => {
    expect(ids.filter((id) => !/^[0-9a-z-]+$/.test(id))).toEqual([]);
  });
});

test("boots with other random bytes share no id", () => {
  const { seed, int } = seeded(1);
  const random = (count: number) => Uint8Array.from({ length: count }, () => int(256));
  const ids = Array.from({ length: 1000 }, () => idsOf(random, 3)).flat();
  expect({ seed, different: new Set(ids).size }).toEqual({ seed, different: ids.length });
});
