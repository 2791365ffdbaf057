import { expect, test } from "@jest/globals";
import { crc32 } from "../../firmware/outbox/crc32.js";
import { encode } from "../../firmware/xmpp/utf8.js";

test.each([
  ["", 0x00000000],
  ["a", 0xe8b7be43],
  ["123456789", 0xcbf43926],
  ["The quick brown fox jumps over the lazy dog", 0x414fa339],
])("the CRC-32 of %j", (text, sum) => {
  expect(crc32(encode(text))).toBe(sum);
});
