import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Accounts } from "../../../host-sim/server/accounts.js";
import { loadOrCreateAuthority } from "../../../host-sim/server/authority.js";
import { matches } from "../../../host-sim/server/sasl/credentials.js";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pipit-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe("accounts", () => {
  const path = () => join(directory, "accounts.json");
  const isPassword = (accounts: Accounts, username: string, password: string) => {
    const credentials = accounts.lookup(username);
    return credentials !== undefined && matches(credentials, password);
  };

  test("are found by name, in lower case", () => {
    const accounts = new Accounts();
    accounts.add("Juliet", "balcony");
    expect(isPassword(accounts, "juliet", "balcony")).toBe(true);
    expect(isPassword(accounts, "juliet", "orchard")).toBe(false);
    expect(accounts.lookup("romeo")).toBeUndefined();
  });

  test("have salts of their own, though their passwords be the same", () => {
    const accounts = new Accounts();
    accounts.add("juliet", "balcony");
    accounts.add("romeo", "balcony");
    expect(accounts.lookup("juliet")?.salt).not.toEqual(accounts.lookup("romeo")?.salt);
  });

  test("can be given another password", () => {
    const accounts = new Accounts();
    accounts.add("juliet", "balcony");
    accounts.add("juliet", "chamber");
    expect(isPassword(accounts, "juliet", "balcony")).toBe(false);
    expect(isPassword(accounts, "juliet", "chamber")).toBe(true);
  });

  test.each([
    ["", "x", "the username is empty"],
    ["a b", "x", "the local part must not contain U+0020"],
    ["juliet", "", "the password is empty"],
  ])("'%s' with the password '%s' cannot be one", (username, password, reason) => {
    expect(() => new Accounts(path()).add(username, password)).toThrow(reason);
    expect(new Accounts(path()).lookup(username)).toBeUndefined();
  });

  test("are kept in a file, without their passwords, for nobody else to read", () => {
    const accounts = new Accounts(path());
    accounts.add("juliet", "balcony");
    accounts.add("romeo", "orchard");
    const again = new Accounts(path());
    expect(isPassword(again, "juliet", "balcony")).toBe(true);
    expect(isPassword(again, "romeo", "orchard")).toBe(true);
    expect(again.lookup("juliet")).toEqual(accounts.lookup("juliet"));
    expect(readFileSync(path(), "utf8")).not.toContain("balcony");
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  test.each([
    ["no JSON", "juliet", "is not valid JSON"],
    ["no accounts", "[1]", "iterations is not a number"],
    ["no keys", '{"juliet":{"salt":"","iterations":4096}}', "storedKey is not base64"],
    [
      "short keys",
      '{"juliet":{"salt":"","iterations":4096,"sha-1":{"storedKey":"AAAA","serverKey":"AAAA"}}}',
      "the keys of sha-1 have the wrong length",
    ],
  ])("are not read from a file with %s", (_name, text, reason) => {
    writeFileSync(path(), text);
    expect(() => new Accounts(path())).toThrow(reason);
    expect(() => new Accounts(path())).toThrow(`${path()}: `);
  });
});

describe("the authority", () => {
  test("is made on the first start, and the same on the next", async () => {
    const folder = join(directory, "new", "folder");
    const first = await loadOrCreateAuthority(folder);
    expect(first.certificateFile).toBe(join(folder, "ca.pem"));
    expect(readFileSync(first.certificateFile, "utf8")).toBe(first.authority.certificate);
    const next = await loadOrCreateAuthority(folder);
    expect(next.authority.certificate).toBe(first.authority.certificate);
    expect(next.authority.key).toBe(first.authority.key);
  });

  test("keeps its key to itself", async () => {
    await loadOrCreateAuthority(directory);
    expect(statSync(join(directory, "ca-key.pem")).mode & 0o777).toBe(0o600);
  });

  test.each([
    ["the key is missing", () => rmSync(join(directory, "ca-key.pem"))],
    ["the certificate is missing", () => rmSync(join(directory, "ca.pem"))],
    ["the certificate is damaged", () => writeFileSync(join(directory, "ca.pem"), "x")],
    [
      "the key is another's",
      async () => {
        const other = await loadOrCreateAuthority(join(directory, "other"));
        chmodSync(join(directory, "ca-key.pem"), 0o600);
        writeFileSync(join(directory, "ca-key.pem"), other.authority.key);
      },
    ],
  ])("is not used when %s", async (_name, damage) => {
    await loadOrCreateAuthority(directory);
    await damage();
    await expect(loadOrCreateAuthority(directory)).rejects.toThrow(
      `the authority in ${directory} cannot be used: `,
    );
    await expect(loadOrCreateAuthority(directory)).rejects.toThrow("delete ca.pem and ca-key.pem");
  });
});
