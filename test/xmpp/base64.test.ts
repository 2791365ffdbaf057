import { describe, expect, test } from "@jest/globals";
import { decodeBase64, encodeBase64 } from "../../firmware/xmpp/base64.js";
import { seeded } from "../support/random.js";

const ascii = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));

describe("RFC 4648 section 10", () => {
  test.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
    ["\x14\xfb\x9c\x03\xd9\x7e", "FPucA9l+"],
    ["\xff\xef\xbe", "/+++"],
  ])("%j", (text, encoded) => {
    expect(encodeBase64(ascii(text))).toBe(encoded);
    expect(decodeBase64(encoded)).toEqual(ascii(text));
  });
});

test("every byte, and every length up to 300", () => {
  const { seed, int } = seeded();
  for (let length = 0; length < 300; length++) {
    const bytes = Uint8Array.from({ length }, () => int(256));
    const encoded = Buffer.from(bytes).toString("base64");
    expect({ seed, encoded: encodeBase64(bytes) }).toEqual({ seed, encoded });
    expect({ seed, bytes: decodeBase64(encoded) }).toEqual({ seed, bytes });
  }
});

describe("what is not base64", () => {
  test.each([
    ["no padding", "Zg"],
    ["half of the padding", "Zg="],
    ["too much padding", "Zm8=="],
    ["padding alone", "===="],
    ["padding of a whole group", "Zm9v===="],
    ["one digit", "Z==="],
    ["one digit, without padding", "Z"],
    ["padding in the middle", "Zg==Zg=="],
    ["a digit behind padding", "Zg=g"],
    ["white space", "Zm 9v"],
    ["a line end", "Zm9v\n"],
    ["a space at the end, to fill up", "Zm9vZg= "],
    ["the alphabet for URLs", "_---"],
    ["a character beyond ASCII", "Zm9°"],
    ["a character whose low byte is a digit", "Zm9\u0141"],
    ["a character that is a surrogate pair", "Zm\u{1f321}"],
    ["characters next to the digits' own", "/:@["],
    ["more of them", "`{.,"],
    ["bits behind the last of one byte", "Zh=="],
    ["bits behind the last of two bytes", "Zm9="],
  ])("%s", (_name, text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});
