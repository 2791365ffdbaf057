import { describe, expect, test } from "@jest/globals";
import { parseServerAddress } from "../../firmware/board/server-address.js";
import {
  decodeKeys,
  encodeKeys,
  field,
  fieldNames,
  readSettings,
  type SettingsTexts,
} from "../../firmware/board/settings.js";
import { SettingsStore } from "../../firmware/board/settings-store.js";
import { MemoryStorage } from "../../host-sim/node/memory-storage.js";

const ID = "0024befe4ff1";

const LEAST: SettingsTexts = {
  ssid: "home",
  jid: "juliet@example.org",
  password: "secret",
  node: "telemetry",
};

const KEYS = {
  hash: "sha-256",
  salt: "c2FsdA==",
  iterations: 4096,
  clientKey: new Uint8Array(32).fill(1),
  serverKey: new Uint8Array(32).fill(2),
} as const;

describe("settings", () => {
  test("need little: all else has a value of its own", () => {
    expect(readSettings(LEAST, ID)).toEqual({
      wifi: { ssid: "home", passphrase: "" },
      account: { jid: "juliet@example.org", password: "secret", mechanism: "SCRAM-SHA-1" },
      telemetry: {
        service: "pubsub.example.org",
        node: "telemetry",
        interval: 10_000,
        sensors: ["chip", "heap", "rssi"],
      },
      name: "pipit-fe4ff1",
      power: "on",
      ntp: "pool.ntp.org",
      log: "info",
    });
  });

  test("can say everything", () => {
    const { password: _, ...others } = LEAST;
    const settings = readSettings(
      {
        ...others,
        passphrase: "correct horse",
        keys: encodeKeys(KEYS),
        server: "xmpps://[2001:db8::1]:443",
        service: "push.example.org",
        interval: "60000",
        sensors: "",
        name: "kitchen",
        power: "cycle",
        ntp: "192.0.2.1",
        log: "debug",
      },
      ID,
    );
    expect(settings).toMatchObject({
      account: { keys: KEYS, server: { host: "2001:db8::1", port: 443, security: "direct" } },
      telemetry: { service: "push.example.org", interval: 60_000 },
      name: "kitchen",
      power: "cycle",
    });
  });

  test.each<[string, SettingsTexts, string]>([
    ["ssid", { ssid: "" }, "is needed"],
    ["ssid", { ssid: "ü".repeat(17) }, "has more than 32 bytes"],
    ["passphrase", { passphrase: "1234567" }, "is shorter than the 8 characters that WPA asks for"],
    ["passphrase", { passphrase: "x".repeat(64) }, "has 64 characters, which must be hexadecimal"],
    ["jid", { jid: "example.org" }, "is not user@domain"],
    ["jid", { jid: "@" }, ""],
    ["password", { password: "" }, "is needed, or keys are"],
    ["password", { password: "ta\tb" }, "the password has characters"],
    ["keys", { keys: "sha-256,4096" }, "should be HASH,ITERATIONS"],
    [
      "keys",
      { keys: encodeKeys({ ...KEYS, iterations: 1 }), password: "" },
      "4096 iterations or more",
    ],
    ["keys", { keys: encodeKeys(KEYS) }, "one is enough"],
    ["server", { server: "example.org" }, "should be xmpp://host"],
    ["server", { server: "xmpp://example.org:0" }, "should be xmpp://host"],
    ["ca", { ca: "?" }, "is not base64"],
    ["ca", { ca: "MIIB" }, "is not one certificate in DER"],
    ["mechanism", { mechanism: "EXTERNAL" }, "should be one of SCRAM-SHA-256, SCRAM-SHA-1, PLAIN"],
    ["service", { service: "a@b@c" }, ""],
    ["node", { node: "" }, "is needed"],
    ["interval", { interval: "999" }, "should be whole milliseconds"],
    ["interval", { interval: "1e4" }, "should be whole milliseconds"],
    ["interval", { interval: "86400001" }, "should be whole milliseconds"],
    ["sensors", { sensors: "chip,,heap" }, "should be names between commas"],
    ["sensors", { sensors: "chip,chip" }, "names a sensor twice"],
    ["name", { name: "the kitchen" }, "should be letters, digits, - and _"],
    ["power", { power: "off" }, "should be one of on, idle, cycle"],
    ["ntp", { ntp: "a b" }, "is neither a name nor an address"],
    ["log", { log: "all" }, "should be one of error, warning, info, debug"],
  ])("with a wrong %s: %j", (name, texts, says) => {
    const mistakes = readSettings({ ...LEAST, ...texts }, ID);
    if (!Array.isArray(mistakes)) throw new Error("they were taken");
    const text = mistakes.find((mistake) => mistake.field === name)?.text;
    expect(text).toContain(says);
    for (const secret of ["secret", "correct horse"]) expect(text).not.toContain(secret);
  });

  test("of keys for a mechanism that is ruled out do not pass", () => {
    const keys = encodeKeys({
      ...KEYS,
      hash: "sha-1",
      clientKey: new Uint8Array(20),
      serverKey: new Uint8Array(20),
    });
    const texts = { ...LEAST, password: "", keys, mechanism: "SCRAM-SHA-256" };
    expect(readSettings(texts, ID)).toEqual([
      { field: "keys", text: "are for SCRAM-SHA-1, which the mechanism rules out" },
    ]);
  });

  test("fit into one value of NVS, or are not taken", () => {
    const texts: SettingsTexts = {};
    for (const name of fieldNames()) texts[name] = "x".repeat(field(name).limit);
    expect(readSettings(texts, ID)).toContainEqual({
      field: "ca",
      text: "and the rest have no room together; use shorter values",
    });
  });
});

describe("keys", () => {
  test("survive being written and read", () => {
    expect(decodeKeys(encodeKeys(KEYS))).toEqual(KEYS);
  });

  test.each(["", "md5,4096,YQ==,YQ==,YQ==", `${encodeKeys(KEYS)},x`, "sha-1,4096,?,YQ==,YQ=="])(
    "are not read out of %s",
    (text) => {
      expect(decodeKeys(text)).toBeUndefined();
    },
  );
});

describe("the address of a server", () => {
  test.each([
    ["xmpp://example.org", { host: "example.org", security: "starttls" }],
    ["XMPPS://example.org:443/", { host: "example.org", port: 443, security: "direct" }],
    ["xmpp://[::1]:5222", { host: "::1", port: 5222, security: "starttls" }],
    ["http://example.org", undefined],
    ["xmpp://", undefined],
    ["xmpp://user@example.org", undefined],
    ["xmpp://example.org:65536", undefined],
    ["xmpp://example.org/path", undefined],
  ])("%s", (text, address) => {
    expect(parseServerAddress(text)).toEqual(address);
  });
});

describe("stored settings", () => {
  const open = () => new MemoryStorage().open({ path: "settings" });

  test("come back, but for what is unknown", () => {
    const store = open();
    new SettingsStore(store).save({ ...LEAST, colour: "red" } as SettingsTexts);
    expect(new SettingsStore(store).load()).toEqual(LEAST);
  });

  test("of an older version are brought up to the present one, step by step", () => {
    const store = open();
    new SettingsStore(store).save({ node: "one", interval: "10" });
    const migrations = [
      ({ interval, ...others }: Readonly<Record<string, string>>) => ({
        ...others,
        interval: `${interval}000`,
      }),
      ({ node, ...others }: Readonly<Record<string, string>>) => ({
        ...others,
        node: `${node}/two`,
      }),
    ];
    const later = new SettingsStore(store, migrations);
    expect(later.load()).toEqual({ node: "one/two", interval: "10000" });
    later.save({ node: "three" });
    expect(later.load()).toEqual({ node: "three" });
    expect(() => new SettingsStore(store).load()).toThrow(
      "version 3 was stored by a later firmware",
    );
  });

  test.each([
    "",
    "[]",
    "null",
    '{"version":"1"}',
    '{"version":0}',
    '{"version":1}',
    '{"version":1,"texts":{"a":1}}',
  ])("that are damaged are told of, and not shown: %s", (text) => {
    const store = open();
    store.write("record", new TextEncoder().encode(text));
    expect(() => new SettingsStore(store).load()).toThrow("settings-damaged: what is stored is");
  });

  test("are not there at first", () => {
    expect(new SettingsStore(open()).load()).toBeUndefined();
  });
});
