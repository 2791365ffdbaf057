import { expect, test } from "@jest/globals";
import { Names } from "../../../firmware/xmpp/xml/names.js";
import { seeded } from "../../support/random.js";
import { utf8 } from "./tokens.js";

const get = (names: Names, text: string) => {
  const bytes = utf8(`<${text}>`);
  return names.get(bytes, 1, bytes.length - 1);
};

test("a name is always what is spelled, however many there are", () => {
  const names = new Names();
  const { seed, int } = seeded();
  for (let i = 0; i < 20_000; i++) {
    // Most of them agree in length and in most characters, so that many fall on the same place.
    const name = `${"n".repeat(1 + int(6))}${int(300)}${"n".repeat(int(70))}`;
    expect({ seed, name: get(names, name) }).toEqual({ seed, name });
  }
});

test("strings of no length are told from others", () => {
  const names = new Names();
  expect(get(names, "")).toBe("");
  expect(get(names, "a")).toBe("a");
  expect(get(names, "")).toBe("");
});
