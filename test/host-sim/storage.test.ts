import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { Storage } from "../../host-sim/node/storage.js";
import { storageConformance } from "../conformance/storage.js";

const root = mkdtempSync(join(tmpdir(), "pipit-storage-"));
afterAll(() => rmSync(root, { recursive: true }));

/** A directory that is not there yet. */
const fresh = () => join(mkdtempSync(join(root, "device-")), "flash");

describe("storage on Node", () => {
  const directory = fresh();
  storageConformance(() => new Storage(directory), test);

  test.each(["", "../up", "a/b", "a\\b", "sixteen-letters-", "dots.json"])(
    "a store cannot be called %j",
    (path) => {
      expect(() => new Storage(fresh()).open({ path })).toThrow(RangeError);
    },
  );

  test.each([
    ["nothing", ""],
    ["half of it", '[["key","AAAA"],["la'],
    ["no JSON", "key=value"],
    ["no list", '{"key":"AAAA"}'],
    ["no pairs", '["key"]'],
    ["a key that is too long", '[["sixteen bytes !!","AAAA"]]'],
    ["a value that is not base64", '[["key","AA*A"]]'],
  ])("a file with %s in it is an error that names the file", (_what, text) => {
    const directory = fresh();
    const storage = new Storage(directory);
    const path = join(directory, "outbox.json");
    writeFileSync(path, text);
    expect(() => storage.open({ path: "outbox" })).toThrow(ConfigError);
    expect(() => storage.open({ path: "outbox" })).toThrow(path);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("a crash in the middle of a write leaves what was there before", () => {
    const directory = fresh();
    new Storage(directory).open({ path: "outbox" }).write("key", Uint8Array.of(1));
    writeFileSync(join(directory, "outbox.json.new"), '[["ke');
    const store = new Storage(directory).open({ path: "outbox" });
    expect(store.read("key")).toEqual(Uint8Array.of(1).buffer);
    store.write("key", Uint8Array.of(2));
    expect(readdirSync(directory)).toEqual(["outbox.json"]);
  });

  test("a write that fails changes nothing", () => {
    const directory = fresh();
    const store = new Storage(directory).open({ path: "outbox" });
    store.write("key", Uint8Array.of(1));
    rmSync(directory, { recursive: true });
    expect(() => store.write("key", Uint8Array.of(2))).toThrow("outbox.json");
    expect(() => store.delete("key")).toThrow("outbox.json");
    expect(store.read("key")).toEqual(Uint8Array.of(1).buffer);
  });

  test("writes that wear the flash are counted", () => {
    const storage = new Storage(fresh());
    const [one, two] = [storage.open({ path: "one" }), storage.open({ path: "two" })];
    expect(storage.writes).toBe(0);
    one.write("key", Uint8Array.of(1));
    two.write("key", Uint8Array.of(1));
    one.read("key");
    one.delete("key");
    one.delete("key");
    expect(() => one.write("", Uint8Array.of(1))).toThrow(RangeError);
    expect(storage.writes).toBe(3);
  });
});
