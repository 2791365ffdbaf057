import { describe, expect, test } from "@jest/globals";
import { storeSession, takeSession } from "../../firmware/client/session-store.js";
import { encode } from "../../firmware/xmpp/utf8.js";
import { Flash } from "../outbox/support/flash.js";

const SESSION = {
  id: "größe",
  jid: "juliet@example.org/board",
  handled: 2 ** 32 - 1,
  acknowledged: 3,
  location: "",
};

const ACCOUNT = "Juliet@example.org/other";

describe("a session that was stored", () => {
  test("is taken once, by one write and one deletion", () => {
    const flash = new Flash();
    storeSession(flash, SESSION, 1_000);
    expect(takeSession(flash, ACCOUNT)).toEqual(SESSION);
    expect(takeSession(flash, ACCOUNT)).toBeUndefined();
    expect([flash.writes, flash.deletes]).toEqual([1, 1]);
  });

  test("has to fit: the server chooses how long its names are", () => {
    const { length } = encode(JSON.stringify(SESSION));
    for (const [longest, stored] of [
      [length - 1, undefined],
      [length, SESSION],
    ] as const) {
      const flash = new Flash();
      storeSession(flash, SESSION, longest);
      expect(takeSession(flash, ACCOUNT)).toEqual(stored);
    }
  });

  test("of another account is given up", () => {
    const flash = new Flash();
    storeSession(flash, SESSION, 1_000);
    expect(takeSession(flash, "romeo@example.org")).toBeUndefined();
    expect(flash.values.size).toBe(0);
  });

  const { location, ...rest } = SESSION;
  const damaged = [rest, { ...SESSION, id: 1 }, { ...SESSION, handled: "1" }];

  test.each([
    "",
    "{",
    "null",
    "{}",
    '{"jid":1}',
    '{"jid":"@"}',
    "\u0000",
    ...damaged.map((session) => JSON.stringify(session)),
  ])("and is damaged is no session: %j", (text) => {
    const flash = new Flash([["session", encode(text)]]);
    expect(takeSession(flash, ACCOUNT)).toBeUndefined();
  });

  test("is left alone by storage that cannot take it out", () => {
    const flash = new Flash();
    storeSession(flash, SESSION, 1_000);
    flash.broken = true;
    expect(takeSession(flash, ACCOUNT)).toBeUndefined();
  });
});
