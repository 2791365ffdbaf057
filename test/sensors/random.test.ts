import { expect, test } from "@jest/globals";
import { Random } from "../../firmware/sensors/random.js";

test("the sequence is mulberry32's", () => {
  const random = new Random(1);
  const integers = Array.from({ length: 4 }, () => random.next() * 2 ** 32);
  expect(integers).toEqual([2693262067, 11749833, 2265367787, 4213581821]);
});

test("next() walks through what at() gives directly", () => {
  const random = new Random(42);
  const walked = Array.from({ length: 100 }, () => random.next());
  expect(walked).toEqual(walked.map((_, index) => new Random(42).at(index)));
});

test.each([0, -1, 1e12, 2 ** 32 - 1])("seed %d: from 0 up to 1, spread evenly", (seed) => {
  const random = new Random(seed);
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) (tenths[Math.floor(random.next() * 10)] as number)++;
  // Ten cells of 1,000 each, give or take five standard deviations.
  expect(tenths.filter((count) => Math.abs(count - 1000) > 150)).toEqual([]);
  expect(tenths).toHaveLength(10);
});

test("only the lower 32 bits of the seed count", () => {
  expect(new Random(2 ** 32 + 7).next()).toBe(new Random(7).next());
  expect(new Random(8).next()).not.toBe(new Random(7).next());
});
