import { describe, expect, test } from "@jest/globals";
import {
  type Credentials,
  chooseMechanism,
  MECHANISMS,
  type MechanismName,
} from "../../../firmware/xmpp/sasl/mechanism.js";
import { Plain } from "../../../firmware/xmpp/sasl/plain.js";
import { ScramKeyCache, type ScramKeys } from "../../../firmware/xmpp/sasl/scram.js";
import { decode } from "../../../firmware/xmpp/utf8.js";
import { seeded } from "../../support/random.js";
import { fakeCrypto } from "../../support/world.js";

const crypto = fakeCrypto(seeded(1));

function keysFor(...hashes: ScramKeys["hash"][]): ScramKeyCache {
  const nothing = new Uint8Array(20);
  const rest = { salt: "QSXC", iterations: 4096, clientKey: nothing, serverKey: nothing };
  return new ScramKeyCache(hashes.map((hash) => ({ hash, ...rest })));
}

const withPassword = { username: "u", password: "p", keys: keysFor() };
const withKeys = (...hashes: ScramKeys["hash"][]): Credentials => ({
  username: "u",
  keys: keysFor(...hashes),
});

function choose(
  offered: readonly string[] | undefined,
  floor: MechanismName,
  credentials: Credentials = withPassword,
): string | undefined {
  return chooseMechanism(offered, credentials, { floor, maxIterations: 4096 }, crypto)?.name;
}

describe("pitfall 31: the strongest on offer, whatever the order, and never below the floor", () => {
  const all = ["PLAIN", "SCRAM-SHA-1", "X-OAUTH2", "SCRAM-SHA-256", "DIGEST-MD5", "ANONYMOUS"];

  test.each([
    [all, "PLAIN", "SCRAM-SHA-256"],
    [[...all].reverse(), "PLAIN", "SCRAM-SHA-256"],
    [["PLAIN", "SCRAM-SHA-1"], "PLAIN", "SCRAM-SHA-1"],
    [["PLAIN", "SCRAM-SHA-1"], "SCRAM-SHA-1", "SCRAM-SHA-1"],
    [["PLAIN"], "PLAIN", "PLAIN"],
    [["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "PLAIN"], "PLAIN", "PLAIN"],
  ] as const)("of %s, with %s as the floor: %s", (offered, floor, name) => {
    expect(choose(offered, floor)).toBe(name);
  });

  test.each([
    [["PLAIN"], "SCRAM-SHA-1"],
    [["PLAIN", "SCRAM-SHA-1"], "SCRAM-SHA-256"],
    [["DIGEST-MD5", "ANONYMOUS", "EXTERNAL"], "PLAIN"],
    [["scram-sha-256"], "PLAIN"],
    [[], "PLAIN"],
  ] as const)("of %s, with %s as the floor: none", (offered, floor) => {
    expect(() => choose(offered, floor)).toThrow(
      expect.objectContaining({
        name: "SaslError",
        condition: "invalid-mechanism",
        retry: "never",
      }),
    );
  });
});

test.each(MECHANISMS)("unseen, with %s as the floor: the strongest there is", (floor) => {
  expect(choose(undefined, floor)).toBe("SCRAM-SHA-256");
});

describe("with keys instead of a password", () => {
  test.each([
    [["sha-1"], "SCRAM-SHA-1"],
    [["sha-256"], "SCRAM-SHA-256"],
    [["sha-1", "sha-256"], "SCRAM-SHA-256"],
  ] as const)("%s: %s, offered or unseen, and never PLAIN", (hashes, name) => {
    expect(choose(MECHANISMS, "PLAIN", withKeys(...hashes))).toBe(name);
    expect(choose(undefined, "PLAIN", withKeys(...hashes))).toBe(name);
    expect(() => choose(["PLAIN"], "PLAIN", withKeys(...hashes))).toThrow("invalid-mechanism");
  });

  test("that are below the floor, or missing: nothing can be done", () => {
    const credentials = expect.objectContaining({ name: "ConfigError", condition: "credentials" });
    expect(() => choose(MECHANISMS, "SCRAM-SHA-256", withKeys("sha-1"))).toThrow(credentials);
    expect(() => choose(MECHANISMS, "PLAIN", withKeys())).toThrow(credentials);
  });
});

describe("PLAIN", () => {
  test("RFC 4616: the message has an empty identity, the name and the password", () => {
    const plain = new Plain({ username: "tim", password: "tanstaaftanstaaf", keys: keysFor() });
    expect(decode(plain.start())).toBe("\0tim\0tanstaaftanstaaf");
  });

  test("there is no challenge", () => {
    expect(() => new Plain(withPassword).challenge()).toThrow("malformed-request");
  });
});
