import { describe, expect, test } from "@jest/globals";
import { isCharacter, isNCName, MultibyteCheck } from "../../../firmware/xmpp/xml/characters.js";

const ALL = Array.from({ length: 0x110000 }, (_, point) => point);

/** Production 2 of XML 1.0 as it stands there. */
const CHAR = /^[\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]$/u;

/** Productions 4 and 4a without the colon, as they stand there. */
const START =
  "A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F" +
  "\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}";
const NC_NAME = new RegExp(`^[${START}][${START}\\-.0-9\\xB7\\u0300-\\u036F\\u203F\\u2040]*$`, "u");

test("isCharacter() is production 2, for every code point", () => {
  const differing = ALL.filter(
    (point) => isCharacter(point) !== CHAR.test(String.fromCodePoint(point)),
  );
  expect(differing).toEqual([]);
  expect([-1, 0x110000, Number.POSITIVE_INFINITY, Number.NaN].map(isCharacter)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

describe("isNCName() is productions 4 and 4a", () => {
  test("for every code point that begins a name", () => {
    const differing = ALL.filter((point) => {
      const name = String.fromCodePoint(point);
      return isNCName(name) !== NC_NAME.test(name);
    });
    expect(differing).toEqual([]);
  });

  test("for every code point behind the first", () => {
    const differing = ALL.filter((point) => {
      const name = `a${String.fromCodePoint(point)}`;
      return isNCName(name) !== NC_NAME.test(name);
    });
    expect(differing).toEqual([]);
  });

  test("and no name is empty", () => {
    expect(isNCName("")).toBe(false);
  });
});

test("MultibyteCheck accepts what TextDecoder does, apart from what XML forbids: all sequences of two bytes and more", () => {
  const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const accepts = (bytes: Uint8Array) => {
    const check = new MultibyteCheck();
    try {
      return check.read(bytes, 0, bytes.length) === bytes.length && !check.pending;
    } catch {
      return false;
    }
  };
  const decodes = (bytes: Uint8Array) => {
    try {
      return CHAR.test(fatal.decode(bytes));
    } catch {
      return false;
    }
  };
  const edges = [0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbd, 0xbe, 0xbf, 0xc0, 0xff];
  const differing: string[] = [];
  for (let lead = 0x80; lead <= 0xff; lead++)
    for (let second = 0x80; second <= 0xff; second++)
      for (const rest of [
        [],
        ...edges.map((third) => [third]),
        ...edges.flatMap((third) => edges.map((fourth) => [third, fourth])),
      ]) {
        const bytes = Uint8Array.of(lead, second, ...rest);
        // More than one character at a time is for the tests of the tokenizer.
        if (lead < 0xe0 && rest.length > 0) continue;
        if (lead < 0xf0 && rest.length > 1) continue;
        if (accepts(bytes) !== decodes(bytes)) differing.push(Buffer.from(bytes).toString("hex"));
      }
  expect(differing).toEqual([]);
});
