import { describe, expect, test } from "@jest/globals";
import { byteLength, decode, decodeASCII, encode } from "../../firmware/xmpp/utf8.js";
import { seeded } from "../support/random.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const random = seeded();
const { int, pick } = random;

/** A string of `length` characters, of which some are beyond ASCII, surrogates included. */
function text(length: number, most: number): string {
  return Array.from({ length }, () => String.fromCodePoint(int(pick([0x80, most])))).join("");
}

describe("encode() and byteLength()", () => {
  test.each([
    ["", []],
    ["a", [0x61]],
    ["\u007f\u0080", [0x7f, 0xc2, 0x80]],
    ["\u07ff\u0800", [0xdf, 0xbf, 0xe0, 0xa0, 0x80]],
    ["\uffff\u{10000}", [0xef, 0xbf, 0xbf, 0xf0, 0x90, 0x80, 0x80]],
    ["\u{10ffff}", [0xf4, 0x8f, 0xbf, 0xbf]],
    ["\ufeff", [0xef, 0xbb, 0xbf]],
  ])("%j", (text, bytes) => {
    expect([...encode(text)]).toEqual(bytes);
    expect(byteLength(text)).toBe(bytes.length);
  });

  test("a lone surrogate becomes U+FFFD", () => {
    for (const text of ["\ud800", "\udfff", "a\ud83cb", "\udf21\ud83c"])
      expect(encode(text)).toEqual(encoder.encode(text));
  });

  test(`agree with TextEncoder (PIPIT_SEED=${random.seed})`, () => {
    for (let run = 0; run < 500; run++) {
      const original = text(int(60), pick([0x100, 0x3000, 0x110000]));
      const bytes = encoder.encode(original);
      expect(encode(original)).toEqual(bytes);
      expect(byteLength(original)).toBe(bytes.length);
    }
  });
});

describe("decode()", () => {
  test(`agrees with TextDecoder, of all lengths (PIPIT_SEED=${random.seed})`, () => {
    for (let length = 0; length < 800; length++) {
      const bytes = encoder.encode(text(length, pick([0x80, 0x100, 0x3000, 0x110000])));
      expect(decode(bytes)).toBe(decoder.decode(bytes));
      const start = int(bytes.length + 1);
      const ascii = bytes.map((byte) => byte & 0x7f);
      expect(decode(ascii, start, bytes.length)).toBe(decoder.decode(ascii.subarray(start)));
    }
  });

  test("of bytes that are not UTF-8 makes something, and no error", () => {
    for (let run = 0; run < 500; run++) {
      const bytes = Uint8Array.from({ length: int(600) }, () => int(pick([256, 256, 0x100])));
      expect(typeof decode(bytes)).toBe("string");
      const continuation = bytes.map((byte) => (byte & 0x3f) | 0x80);
      expect(typeof decode(continuation)).toBe("string");
    }
  });
});

test("decodeASCII(), of all lengths and from everywhere", () => {
  const characters = Array.from({ length: 1500 }, (_, i) => String.fromCharCode(i % 128));
  const bytes = encoder.encode(characters.join(""));
  for (let length = 0; length < 700; length++)
    for (const start of [0, 1, 17, 300])
      expect(decodeASCII(bytes, start, start + length)).toBe(
        characters.slice(start, start + length).join(""),
      );
});
