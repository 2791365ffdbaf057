import { describe, expect, test } from "@jest/globals";
import { COMMAND, encodePacket, encodeStrings } from "../../firmware/board/provisioning/improv.js";
import {
  APPEND,
  ERASE,
  GET,
  GET_INFO,
  GET_NETWORKS,
  GET_STATE,
  LOG,
  PROVISIONED,
  PROVISIONING,
  READY,
  RESTART,
  SAVE,
  SEND_WIFI,
  SET,
  STATUS,
} from "../../firmware/board/provisioning/provisioner.js";
import { PASSWORD } from "../support/xmpp-server.js";
import { PASSPHRASE, Rig, SETTINGS, SSID } from "./support.js";

/** A board fresh from the box. */
function fresh(): Rig {
  return new Rig().on().pass(1);
}

/** Gives a board all settings but those of Wi-Fi, field by field. */
function setAccount(rig: Rig): void {
  for (const name of ["jid", "password", "server", "mechanism", "node", "ntp"] as const)
    expect(rig.command(SET, name, SETTINGS[name] as string).results).toEqual([[]]);
}

describe("from the box to the first reading", () => {
  test("over the serial line alone", () => {
    const rig = fresh();
    expect(rig.command(GET_INFO).results).toEqual([["Pipit", "1.2.3", "ESP32-C3", "pipit-fe4ff1"]]);
    expect(rig.command(GET_NETWORKS).results).toEqual([]);
    rig.pass(2);
    expect(rig.answer().results).toEqual([[SSID, "-60", "YES"], []]);
    expect(rig.command(SEND_WIFI, SSID, PASSPHRASE).states).toEqual([PROVISIONING]);
    rig.pass(3);
    expect(rig.answer()).toEqual({
      states: [PROVISIONING, PROVISIONED],
      errors: [0],
      results: [[]],
    });
    setAccount(rig);
    expect(rig.command(SAVE).results).toEqual([[]]);
    rig.untilPublished();
    expect(rig.starts).toEqual(["power-on", "software"]);
    expect(rig.board.board?.mode).toBe("normal");
  });

  test("no secret is said or shown, and the password is not kept for longer than it is needed", () => {
    const rig = fresh();
    rig.command(SET, "ssid", SSID);
    rig.command(SET, "passphrase", PASSPHRASE);
    setAccount(rig);
    rig.command(SAVE);
    rig.untilPublished();
    const shown = rig.command(GET).results;
    expect(shown).toContainEqual(["passphrase", "set"]);
    expect(shown).toContainEqual(["password", "set"]);
    expect(shown).toContainEqual(["node", "telemetry"]);
    rig.command(LOG, "0");
    rig.command(STATUS);
    expect(rig.serial).not.toContain(PASSPHRASE);
    expect(rig.serial).not.toContain(PASSWORD);
  });
});

describe("Improv", () => {
  test("tells the state, and the result of provisioning again when there was one", () => {
    const rig = new Rig(SETTINGS).on();
    expect(rig.command(GET_STATE)).toEqual({ states: [READY], errors: [0], results: [] });
    rig.untilPublished();
    expect(rig.command(GET_STATE)).toEqual({ states: [PROVISIONED], errors: [0], results: [[]] });
  });

  test("tells of a network that is lost and found without being asked", () => {
    const rig = new Rig(SETTINGS).on().untilPublished();
    rig.packets.length = 0;
    rig.air.remove(SSID);
    expect(rig.answer().states).toEqual([READY]);
  });

  test("keeps the old network when the new one is out of reach", () => {
    const rig = new Rig(SETTINGS).on().untilPublished();
    rig.command(SEND_WIFI, "elsewhere", "whatever it is");
    rig.pass(5);
    expect(rig.answer().errors).toEqual([0, 3]);
    expect(rig.texts?.ssid).toBe(SSID);
    const before = rig.published.length;
    rig.untilPublished(before + 3);
  });

  test("does one thing at a time", () => {
    const rig = fresh();
    rig.command(SEND_WIFI, SSID, PASSPHRASE);
    expect(rig.command(GET_NETWORKS).errors).toEqual([0xff]);
    expect(rig.command(GET_STATE).states).toEqual([PROVISIONING]);
  });

  test.each([
    { name: "a command that nobody knows", command: 0x33, strings: [], error: 2 },
    { name: "a network without a name", command: SEND_WIFI, strings: ["", "12345678"], error: 1 },
    { name: "a name too long", command: SEND_WIFI, strings: ["x".repeat(33), ""], error: 1 },
    { name: "a passphrase too short", command: SEND_WIFI, strings: ["x", "1234567"], error: 1 },
    { name: "to erase without the word", command: ERASE, strings: [], error: 1 },
  ])("refuses $name", ({ command, strings, error }) => {
    const answer = fresh().command(command, ...strings);
    expect(answer).toEqual({ states: [], errors: [error], results: [] });
  });

  test.each([
    { name: "a wrong sum", bytes: [..."IMPROV\x01\x03\x02\x02\x00\x00"], errors: [1] },
    { name: "a length that is not that of the data", bytes: [], errors: [1] },
  ])("says so of a packet with $name", ({ bytes, errors }) => {
    const rig = fresh();
    const packet =
      bytes.length > 0
        ? Uint8Array.from(bytes, (character) => (character as string).charCodeAt(0))
        : encodePacket(COMMAND, [GET_STATE, 7]);
    rig.board.send(packet);
    expect(rig.answer().errors).toEqual(errors);
  });

  test("is not put off by garbage on the line", () => {
    const rig = fresh();
    for (const noise of ["ESP-ROM:esp32c3\r\n", "IMPROV", "\u0000\u00ff\u00ff", "IMPIMPROV\x02"])
      rig.noise(noise);
    rig.pass(2);
    expect(rig.command(GET_STATE).states).toEqual([READY]);
  });

  test("gives up a packet that stops in the middle", () => {
    const rig = fresh();
    rig.board.send(
      encodePacket(COMMAND, encodeStrings(SET, ["jid", "x".repeat(100)])).slice(0, 20),
    );
    rig.pass(2);
    expect(rig.command(GET_STATE).states).toEqual([READY]);
  });
});

describe("settings", () => {
  test("are refused field by field, and nothing is stored", () => {
    const rig = fresh();
    rig.command(SET, "jid", "not an account@@");
    rig.command(SET, "interval", "5");
    const { results } = rig.command(SAVE);
    expect(results.map(([name]) => name)).toEqual([
      "ssid",
      "jid",
      "node",
      "interval",
      "password",
      undefined,
    ]);
    expect(rig.texts).toBeUndefined();
    expect(rig.starts).toEqual(["power-on"]);
  });

  test.each([
    { name: "one that does not exist", strings: ["colour", "red"], says: "is no setting" },
    { name: "one too long", strings: ["name", "x".repeat(33)], says: "has more than 32 bytes" },
  ])("refuse $name at once", ({ strings, says }) => {
    expect(fresh().command(SET, ...strings).results).toEqual([[strings[0], says]]);
  });

  test("longer than a packet come in pieces", () => {
    const rig = fresh();
    const certificate = new Uint8Array(1_000);
    certificate.set([0x30, 0x82, 996 >> 8, 996 & 255]);
    const text = Buffer.from(certificate).toString("base64");
    rig.command(SET, "ca", text.slice(0, 200));
    for (let at = 200; at < text.length; at += 200)
      expect(rig.command(APPEND, "ca", text.slice(at, at + 200)).results).toEqual([[]]);
    for (const [name, value] of Object.entries(SETTINGS)) rig.command(SET, name, value);
    expect(rig.command(SAVE).results).toEqual([[]]);
    expect(rig.texts?.ca).toBe(text);
    expect(rig.command(GET).results.find(([name]) => name === "ca")?.[1]).toHaveLength(249);
  });

  test("are taken away by an empty value", () => {
    const rig = new Rig({ ...SETTINGS, name: "kitchen" }).on();
    rig.command(SET, "name", "");
    expect(rig.command(SAVE).results).toEqual([[]]);
    expect(rig.texts).not.toHaveProperty("name");
  });

  test("a password takes the place of keys", () => {
    const keys = `sha-256,4096,c2FsdA==,${"A".repeat(43)}=,${"A".repeat(43)}=`;
    const { password: _, ...others } = SETTINGS;
    const rig = new Rig({ ...others, mechanism: "SCRAM-SHA-1", keys }).on();
    rig.command(SET, "password", PASSWORD);
    expect(rig.command(SAVE).results).toEqual([[]]);
    expect(rig.texts).not.toHaveProperty("keys");
  });

  test.each([
    ["server", "xmpp://198.51.100.66"],
    ["jid", "mallory@example.net"],
    ["mechanism", "SCRAM-SHA-256"],
  ])("who changes the %s has to know the password", (name, value) => {
    const rig = new Rig(SETTINGS).on();
    rig.command(SET, name, value);
    expect(rig.command(SAVE).results).toEqual([
      ["password", `is needed again, with another ${name}`],
      [],
    ]);
    rig.command(SET, "password", PASSWORD);
    expect(rig.command(SAVE).results).toEqual([[]]);
  });

  test("that storage does not take are not said to be saved", () => {
    const rig = fresh();
    for (const [name, value] of Object.entries(SETTINGS)) rig.command(SET, name, value);
    const store = Object.getPrototypeOf(rig.flash.open({ path: "settings" }));
    const { write } = store;
    store.write = () => {
      throw new Error("NVS is full");
    };
    try {
      expect(rig.command(SAVE)).toEqual({ states: [], errors: [0, 0xff], results: [] });
    } finally {
      store.write = write;
    }
  });

  test("may be of another account: what was stored of the one before is no hindrance", () => {
    const rig = new Rig(SETTINGS).on().untilPublished().pass(60);
    rig.command(SET, "jid", "romeo@example.org/board");
    rig.command(SET, "password", PASSWORD);
    expect(rig.command(SAVE).results).toEqual([[]]);
    const before = rig.published.length;
    rig.untilPublished(before + 3);
    expect(rig.board.board?.mode).toBe("normal");
  });

  test("new ones end safe mode", () => {
    const rig = new Rig(SETTINGS).on();
    for (let crashes = 0; crashes < 5; crashes++) rig.board.crash();
    rig.command(SET, "interval", "60000");
    expect(rig.command(SAVE).results).toEqual([[]]);
    rig.untilPublished();
    expect(rig.board.board?.mode).toBe("normal");
  });
});

describe("the rest", () => {
  test("erase leaves nothing", () => {
    const rig = new Rig(SETTINGS).on().untilPublished();
    expect(rig.command(ERASE, "erase").results).toEqual([[]]);
    rig.pass(1);
    expect(rig.board.board?.mode).toBe("setup");
    for (const path of ["settings", "outbox", "session", "clock"])
      expect([...rig.flash.open({ path })]).toEqual([]);
  });

  test("the log is read from any line on", () => {
    const rig = new Rig({ ...SETTINGS, log: "info" }).on().untilPublished();
    const all = rig.command(LOG, "0").results;
    expect(all[0]?.[1]).toBe("[0.000] info board: Pipit 1.2.3 on ESP32-C3: started, power-on");
    expect(all.at(-1)).toEqual([]);
    expect(rig.command(LOG, "2").results[0]?.[0]).toBe("2");
    expect(rig.command(LOG, "what").results).toHaveLength(all.length);
  });

  test("the status has names and values", () => {
    const rig = new Rig(SETTINGS).on().untilPublished().pass(1);
    const status = Object.fromEntries(rig.command(STATUS).results);
    expect(status).toMatchObject({
      version: "1.2.3",
      mode: "normal",
      wifi: "up",
      ip: "192.0.2.7",
      clock: "good",
      server: "online",
    });
  });

  test("a computer that asks faster than it can be answered costs no memory without end", () => {
    const rig = new Rig({ ...SETTINGS, log: "info" }).on().untilPublished();
    const question = encodePacket(COMMAND, encodeStrings(LOG, ["0"]));
    rig.packets.length = 0;
    for (let i = 0; i < 1_000; i++) rig.board.send(question);
    rig.answer();
    expect(rig.packets.length).toBeLessThan(1_000);
    expect(rig.command(GET_STATE).states).toEqual([PROVISIONED]);
  });

  test("restart is no crash", () => {
    const rig = new Rig(SETTINGS).on();
    for (let starts = 0; starts < 7; starts++) {
      rig.command(RESTART);
      rig.pass(1);
    }
    expect(rig.starts).toHaveLength(8);
    expect(rig.board.board?.mode).toBe("normal");
  });
});
