import { describe, expect, test } from "@jest/globals";
import {
  DROPPED,
  decodeHead,
  decodeRecord,
  EPOCH_LENGTH,
  encodeRecord,
  encodeSegment,
  HEAD_ENTRY_SIZE,
  HEAD_SIZE,
  recordOf,
  SEGMENT_ENTRIES,
} from "../../firmware/outbox/segment.js";
import { encode } from "../../firmware/xmpp/utf8.js";

const HEAD = {
  epoch: Uint8Array.from({ length: EPOCH_LENGTH }, (_, index) => index * 25),
  version: 300,
  first: 2 ** 40 + 5,
  mark: 128,
  losses: [0, 1, 127, 128, 2 ** 33],
  dropped: [3, 65_534],
};
const CONTENTS = [
  { node: "readings", time: Date.UTC(2024, 2, 1), payload: encode("first") },
  { node: "größe/😀", time: 0, payload: new Uint8Array(0) },
];
const RECORDS = [...CONTENTS.map(encodeRecord), undefined];
const FLAGS = [0x10, 0x20, 0x30];
const SEGMENT = encodeSegment(HEAD, FLAGS, RECORDS);

const headOf = (segment: Uint8Array) => {
  const head = decodeHead(segment);
  if (head === undefined) throw new Error("the head is damaged");
  return head;
};

test("what is written is read", () => {
  const { entries, end, ...head } = headOf(SEGMENT);
  expect(head).toEqual(HEAD);
  expect(entries.map(({ flags }) => flags)).toEqual(FLAGS);
  expect(entries[2]?.length).toBe(0);
  const records = FLAGS.map((_, index) => recordOf(SEGMENT, { entries, end, ...head }, index));
  expect(records.slice(0, 2).map((record) => record && decodeRecord(record))).toEqual(CONTENTS);
  expect(records[2]).toBeUndefined();
});

describe("damage is found, and costs no more than what is damaged", () => {
  const { end } = headOf(SEGMENT);
  const lengths = RECORDS.map((record) => record?.length ?? 0);
  const hits = (position: number) =>
    [0, 1].filter((index) => {
      const start = lengths.slice(0, index).reduce((sum, length) => sum + length, end);
      return position >= start && position < start + (lengths[index] as number);
    });
  const damaged = (segment: Uint8Array) => {
    const head = headOf(segment);
    return [0, 1].filter((index) => recordOf(segment, head, index) === undefined);
  };

  test("for every bit of the head, the segment", () => {
    for (let bit = 0; bit < end * 8; bit++) {
      const segment = SEGMENT.slice();
      (segment[bit >> 3] as number) ^= 1 << (bit & 7);
      expect([bit, decodeHead(segment)]).toEqual([bit, undefined]);
    }
  });

  test("for every bit of the records, the one it is in", () => {
    for (let bit = end * 8; bit < SEGMENT.length * 8; bit++) {
      const segment = SEGMENT.slice();
      (segment[bit >> 3] as number) ^= 1 << (bit & 7);
      expect([bit, damaged(segment)]).toEqual([bit, hits(bit >> 3)]);
    }
  });

  test("for every length it is cut to, what is cut", () => {
    for (let length = 0; length < SEGMENT.length; length++) {
      const segment = SEGMENT.slice(0, length);
      if (length < end) expect([length, decodeHead(segment)]).toEqual([length, undefined]);
      else
        expect(damaged(segment)).toEqual(
          [0, 1].filter((index) => index > 0 || hits(length)[0] === 0),
        );
    }
  });

  test.each([
    ["a number that has no end", 0xff],
    ["no numbers at all", 0x00],
  ])("%s", (_, fill) => {
    expect(decodeHead(new Uint8Array(4000).fill(fill))).toBeUndefined();
    expect(decodeHead(new Uint8Array(4000).fill(fill).fill(1, 0, 1))).toBeUndefined();
  });
});

test("the largest head fits what is reckoned for it", () => {
  const head = {
    epoch: HEAD.epoch,
    version: 2 ** 35 - 1,
    first: 2 ** 53 - 1,
    mark: 2 ** 53 - 1,
    losses: HEAD.losses.map(() => 2 ** 35 - 1),
    dropped: Array.from({ length: DROPPED }, () => 65_534),
  };
  expect(encodeSegment(head, [], []).length).toBeLessThanOrEqual(HEAD_SIZE);
  const record = new Uint8Array(3);
  const records = Array.from({ length: SEGMENT_ENTRIES }, () => record);
  const full = encodeSegment(
    head,
    records.map(() => 0x30),
    records,
  );
  expect(full.length).toBeLessThanOrEqual(HEAD_SIZE + SEGMENT_ENTRIES * (HEAD_ENTRY_SIZE + 3));
  expect(decodeHead(full)?.dropped).toEqual(head.dropped);
});
