import { describe, expect, test } from "@jest/globals";
import type { Crypto } from "../../../firmware/io.js";
import { decodeBase64, encodeBase64 } from "../../../firmware/xmpp/base64.js";
import { Scram, ScramKeyCache, type ScramKeys } from "../../../firmware/xmpp/sasl/scram.js";
import { decode, encode } from "../../../firmware/xmpp/utf8.js";
import { seeded } from "../../support/random.js";
import { fakeCrypto } from "../../support/world.js";

type Name = "SCRAM-SHA-1" | "SCRAM-SHA-256";

/** The examples of the two specifications. */
const VECTORS = [
  {
    source: "RFC 5802 section 5",
    name: "SCRAM-SHA-1" as Name,
    nonce: "fyko+d2lbbFgONRv9qkxdawL",
    serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    clientFinal:
      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    serverFinal: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
  },
  {
    source: "RFC 7677 section 3",
    name: "SCRAM-SHA-256" as Name,
    nonce: "rOprNGfwEbeRWgbNEkqO",
    serverFirst:
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    clientFinal:
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  },
] as const;

const SHA_1 = VECTORS[0];

/** Cryptography that counts, and that gives this nonce. */
function counting(nonce: string): Crypto & { derivations: number } {
  const crypto = fakeCrypto(seeded(1));
  return {
    ...crypto,
    derivations: 0,
    pbkdf2(...parameters) {
      this.derivations++;
      crypto.pbkdf2(...parameters);
    },
    random: () => decodeBase64(nonce) as Uint8Array,
  };
}

interface Settings {
  username?: string;
  password?: string;
  keys?: ScramKeyCache;
  maxIterations?: number;
  crypto?: Crypto;
}

/** The client of the examples. */
class Exchange {
  readonly scram: Scram;
  readonly answers: string[] = [];

  constructor(vector: (typeof VECTORS)[number] = SHA_1, settings: Settings = {}) {
    const { username = "user", password, keys = new ScramKeyCache() } = settings;
    const secret = settings.keys === undefined ? "pencil" : password;
    this.scram = new Scram(
      vector.name,
      { username, keys, ...(secret === undefined ? {} : { password: secret }) },
      settings.maxIterations ?? 100_000,
      settings.crypto ?? counting(vector.nonce),
    );
    this.answers.push(decode(this.scram.start()));
  }

  challenge(text: string): this {
    this.scram.challenge(encode(text), (answer) => this.answers.push(decode(answer)));
    return this;
  }

  success(text = ""): void {
    this.scram.success(encode(text));
  }
}

describe.each(VECTORS)("$source", (vector) => {
  const { nonce, serverFirst, clientFinal, serverFinal } = vector;

  test("the messages are those of the example", () => {
    const exchange = new Exchange(vector).challenge(serverFirst);
    expect(exchange.answers).toEqual([`n,,n=user,r=${nonce}`, clientFinal]);
    exchange.success(serverFinal);
  });

  test("the same keys come out of the cache", () => {
    const stored: ScramKeys[] = [];
    const keys = new ScramKeyCache([], (proven) => stored.push(proven));
    new Exchange(vector, { keys, password: "pencil" }).challenge(serverFirst).success(serverFinal);
    expect(stored).toHaveLength(1);
    const crypto = counting(nonce);
    const again = new Exchange(vector, { keys: new ScramKeyCache(stored), crypto });
    again.challenge(serverFirst).success(serverFinal);
    expect(again.answers[1]).toBe(clientFinal);
    expect(crypto.derivations).toBe(0);
  });
});

test("the nonce is 18 random bytes, fresh for each exchange", () => {
  const crypto = fakeCrypto(seeded(1));
  const credentials = { username: "u", password: "p", keys: new ScramKeyCache() };
  const starts = [1, 2].map(() =>
    decode(new Scram("SCRAM-SHA-1", credentials, 4096, crypto).start()),
  );
  for (const start of starts) expect(start).toMatch(/^n,,n=u,r=[A-Za-z0-9+/]{24}$/);
  expect(starts[0]).not.toBe(starts[1]);
});

test.each([
  ["a,b", "a=2Cb"],
  ["a=b", "a=3Db"],
  ["=2C", "=3D2C"],
  [",=,", "=2C=3D=2C"],
  ["æ", "æ"],
])("pitfall 27: the user name %s is sent as %s", (username, escaped) => {
  expect(new Exchange(SHA_1, { username }).answers[0]).toBe(`n,,n=${escaped},r=${SHA_1.nonce}`);
});

describe("what the server may not say first", () => {
  const own = SHA_1.nonce;

  test.each([
    [
      "pitfall 25: a nonce that is not ours",
      "r=XXko+d2lbbFgONRv9qkxdawLmore,s=QSXC,i=4096",
      "malformed-request",
    ],
    ["pitfall 25: our nonce and nothing more", `r=${own},s=QSXC,i=4096`, "malformed-request"],
    [
      "pitfall 25: the beginning of our nonce",
      `r=${own.slice(0, -1)},s=QSXC,i=4096`,
      "malformed-request",
    ],
    [
      "pitfall 25: our nonce in other letters",
      `r=${own.toUpperCase()}more,s=QSXC,i=4096`,
      "malformed-request",
    ],
    [
      "pitfall 26: fewer iterations than the floor",
      `r=${own}more,s=QSXC,i=4095`,
      "encryption-required",
    ],
    ["pitfall 26: one iteration", `r=${own}more,s=QSXC,i=1`, "encryption-required"],
    ["pitfall 26: more than the ceiling", `r=${own}more,s=QSXC,i=100001`, "encryption-required"],
    [
      "pitfall 26: a count that takes a day",
      `r=${own}more,s=QSXC,i=2147483647`,
      "encryption-required",
    ],
    [
      "pitfall 26: a count beyond all numbers",
      `r=${own}more,s=QSXC,i=${"9".repeat(400)}`,
      "malformed-request",
    ],
    ["no iterations", `r=${own}more,s=QSXC,i=0`, "malformed-request"],
    ["negative iterations", `r=${own}more,s=QSXC,i=-4096`, "malformed-request"],
    ["a count with a point", `r=${own}more,s=QSXC,i=4096.5`, "malformed-request"],
    ["a count in hexadecimal", `r=${own}more,s=QSXC,i=0x1000`, "malformed-request"],
    ["an empty count", `r=${own}more,s=QSXC,i=`, "malformed-request"],
    ["a salt that is not base64", `r=${own}more,s=QSX,i=4096`, "malformed-request"],
    ["an empty salt", `r=${own}more,s=,i=4096`, "malformed-request"],
    ["no salt", `r=${own}more,i=4096`, "malformed-request"],
    ["another order", `s=QSXC,r=${own}more,i=4096`, "malformed-request"],
    ["nothing", "", "malformed-request"],
    [
      "pitfall 27: an extension that must be understood",
      `m=x,r=${own}more,s=QSXC,i=4096`,
      "malformed-request",
    ],
    ["pitfall 27: the same behind the rest", `r=${own}more,s=QSXC,i=4096,m=x`, "malformed-request"],
    ["pitfall 27: a reason to refuse us", "e=unknown-user", "not-authorized"],
  ])("%s", (_title, message, condition) => {
    const crypto = counting(own);
    const exchange = new Exchange(SHA_1, { crypto });
    expect(() => exchange.challenge(message)).toThrow(
      expect.objectContaining({ name: "SaslError", condition, mechanism: "SCRAM-SHA-1" }),
    );
    expect(exchange.answers).toHaveLength(1);
    expect(crypto.derivations).toBe(0);
  });

  test("pitfall 26: the ceiling can be set, and is itself allowed", () => {
    const message = SHA_1.serverFirst;
    expect(new Exchange(SHA_1, { maxIterations: 4096 }).challenge(message).answers).toHaveLength(2);
  });

  test("pitfall 27: other attributes behind the rest are left alone, and are part of what is signed", () => {
    const plain = new Exchange().challenge(SHA_1.serverFirst);
    const extended = new Exchange().challenge(`${SHA_1.serverFirst},x=y`);
    expect(extended.answers).toHaveLength(2);
    expect(extended.answers[1]).not.toBe(plain.answers[1]);
  });
});

describe("what the server says last", () => {
  const begun = (): Exchange => new Exchange().challenge(SHA_1.serverFirst);

  test.each([
    ["pitfall 24: no signature", "", "server-unverified"],
    ["pitfall 24: an empty signature", "v=", "server-unverified"],
    ["pitfall 24: another signature", "v=smF9pqV8S7suAoZWja4dJRkFsKQ=", "server-unverified"],
    ["pitfall 24: a part of the signature", "v=rmF9pqV8S7suAoZW", "server-unverified"],
    [
      "pitfall 24: the signature and more",
      "v=rmF9pqV8S7suAoZWja4dJRkFsKQAAA==",
      "server-unverified",
    ],
    ["pitfall 24: what is not base64", "v=*", "server-unverified"],
    ["pitfall 24: not in its place", `x=y,${SHA_1.serverFinal}`, "server-unverified"],
    ["pitfall 27: an error", "e=invalid-proof", "not-authorized"],
    [
      "pitfall 27: an extension that must be understood",
      `${SHA_1.serverFinal},m=x`,
      "malformed-request",
    ],
  ])("%s", (_title, message, condition) => {
    expect(() => begun().success(message)).toThrow(expect.objectContaining({ condition }));
    if (message === "") return;
    expect(() => begun().challenge(message)).toThrow(expect.objectContaining({ condition }));
  });

  test("pitfall 27: other attributes behind the signature are left alone", () => {
    begun().success(`${SHA_1.serverFinal},x=y`);
  });

  test("the signature may come as a challenge, and is answered with nothing", () => {
    const exchange = begun().challenge(SHA_1.serverFinal);
    expect(exchange.answers[2]).toBe("");
    exchange.success();
  });

  test("pitfall 24: success before there was a challenge", () => {
    expect(() => new Exchange().success(SHA_1.serverFinal)).toThrow("server-unverified");
    expect(() => new Exchange().success()).toThrow("server-unverified");
  });
});

describe("the cache of derived keys", () => {
  const { serverFirst, serverFinal } = SHA_1;

  function cache(): { keys: ScramKeyCache; stored: ScramKeys[] } {
    const stored: ScramKeys[] = [];
    return { keys: new ScramKeyCache([], (proven) => stored.push(proven)), stored };
  }

  test("PBKDF2 runs once for a password, and not once for each connection", () => {
    const { keys, stored } = cache();
    const crypto = counting(SHA_1.nonce);
    for (let connection = 0; connection < 3; connection++)
      new Exchange(SHA_1, { keys, password: "pencil", crypto })
        .challenge(serverFirst)
        .success(serverFinal);
    expect(crypto.derivations).toBe(1);
    expect(stored).toHaveLength(1);
  });

  test("keys derived before a connection was lost are used, and stored, by the next", () => {
    const { keys, stored } = cache();
    const crypto = counting(SHA_1.nonce);
    new Exchange(SHA_1, { keys, password: "pencil", crypto }).challenge(serverFirst);
    expect(stored).toEqual([]);
    new Exchange(SHA_1, { keys, password: "pencil", crypto })
      .challenge(serverFirst)
      .success(serverFinal);
    expect(crypto.derivations).toBe(1);
    expect(stored).toHaveLength(1);
  });

  test("another salt or another count means deriving again", () => {
    const { keys } = cache();
    const crypto = counting(SHA_1.nonce);
    for (const message of [
      serverFirst,
      serverFirst.replace("QSXC", "QSXD"),
      serverFirst.replace("4096", "4097"),
    ])
      new Exchange(SHA_1, { keys, password: "pencil", crypto }).challenge(message);
    expect(crypto.derivations).toBe(3);
  });

  test("keys that a server has refused are forgotten, so that a password set right is heard", () => {
    const { keys, stored } = cache();
    const crypto = counting(SHA_1.nonce);
    const wrong = new Exchange(SHA_1, { keys, password: "pencils", crypto }).challenge(serverFirst);
    wrong.scram.refused();
    expect(keys.has("sha-1")).toBe(false);
    const right = new Exchange(SHA_1, { keys, password: "pencil", crypto }).challenge(serverFirst);
    right.success(serverFinal);
    expect(right.answers[1]).toBe(SHA_1.clientFinal);
    expect(stored).toHaveLength(1);
  });

  test("the same when the refusal came as e=", () => {
    const { keys } = cache();
    const exchange = new Exchange(SHA_1, { keys, password: "pencils" }).challenge(serverFirst);
    expect(() => exchange.challenge("e=invalid-proof")).toThrow("not-authorized");
    expect(keys.has("sha-1")).toBe(false);
  });

  test("an old refusal does not take newer keys away", () => {
    const { keys } = cache();
    const old = new Exchange(SHA_1, { keys, password: "pencils" }).challenge(serverFirst);
    const other = serverFirst.replace("4096", "4097");
    new Exchange(SHA_1, { keys, password: "pencil" }).challenge(other);
    old.scram.refused();
    expect(keys.get("sha-1", "QSXCR+Q6sek8bf92", 4097)).toBeDefined();
  });

  test("stored keys without a password are of no use once the salt has changed, and that is said", () => {
    const { keys, stored } = cache();
    new Exchange(SHA_1, { keys, password: "pencil" }).challenge(serverFirst).success(serverFinal);
    const device = new Exchange(SHA_1, { keys: new ScramKeyCache(stored) });
    expect(() => device.challenge(serverFirst.replace("QSXC", "QSXD"))).toThrow(
      expect.objectContaining({ condition: "not-authorized", retry: "never" }),
    );
  });

  test("there is one set of keys for each hash", () => {
    const { keys } = cache();
    for (const vector of VECTORS)
      new Exchange(vector, { keys, password: "pencil" }).challenge(vector.serverFirst);
    expect(keys.has("sha-1")).toBe(true);
    expect(keys.has("sha-256")).toBe(true);
    expect(encodeBase64(keys.get("sha-1", "QSXCR+Q6sek8bf92", 4096)?.clientKey ?? encode(""))).toBe(
      "4jTEe/bDZpbdbYUrmaqiuiZVVyg=",
    );
  });
});
