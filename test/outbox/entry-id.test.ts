import { expect, test } from "@jest/globals";
import { entryId, numberOf } from "../../firmware/outbox/entry-id.js";

const EPOCH = Uint8Array.of(0, 1, 2, 0x7f, 0x80, 0xff, 6, 7, 8, 9);

test.each([
  [0, "0001027f80ff06070809-10"],
  [31, "0001027f80ff06070809-1v"],
  [32, "0001027f80ff06070809-210"],
  [2 ** 53 - 1, "0001027f80ff06070809-b7vvvvvvvvvv"],
])("number %i", (number, id) => {
  expect(entryId(EPOCH, number)).toBe(id);
  expect(numberOf(id)).toBe(number);
});

test("within an epoch, ids sort in the order of making", () => {
  const ids = Array.from({ length: 40_000 }, (_, number) => entryId(EPOCH, number));
  expect([...ids].sort()).toEqual(ids);
});

test.each(["", "-", "0001027f80ff06070809-", "x-?"])("there is no number in %j", (id) => {
  expect(numberOf(id)).toBeNaN();
});
