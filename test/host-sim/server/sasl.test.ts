import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { SaslError } from "../../../firmware/xmpp/errors.js";
import { deriveCredentials } from "../../../host-sim/server/sasl/credentials.js";
import type { Reply } from "../../../host-sim/server/sasl/mechanism.js";
import { PlainServer } from "../../../host-sim/server/sasl/plain.js";
import { Realm } from "../../../host-sim/server/sasl/realm.js";
import { ScramServer } from "../../../host-sim/server/sasl/scram.js";
import { accounts, DOMAIN, HEADER, newServer, Talk } from "./support.js";

const realm = new Realm(DOMAIN, accounts);

const text = (reply: Reply) =>
  Buffer.from(("challenge" in reply ? reply.challenge : reply.proof) ?? []).toString();

/** Of a mechanism that refuses: the condition. */
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof SaslError) return error.condition;
    throw error;
  }
  return "none";
}

describe("SCRAM", () => {
  const VECTORS = [
    {
      name: "RFC 5802 section 5",
      hash: "sha-1",
      salt: "QSXCR+Q6sek8bf92",
      nonce: "3rfcNHYJY1ZVvWVs7j",
      clientFirst: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
      serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
      clientFinal:
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
      serverFinal: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    },
    {
      name: "RFC 7677 section 3",
      hash: "sha-256",
      salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
      nonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
      clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
      serverFirst:
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
      clientFinal:
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," +
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
      serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    },
  ] as const;

  test.each(VECTORS)("as in $name", (vector) => {
    const credentials = deriveCredentials("pencil", Buffer.from(vector.salt, "base64"));
    const own = new Realm(DOMAIN, () => credentials);
    const scram = new ScramServer(vector.hash, own, vector.nonce);
    expect(text(scram.receive(Buffer.from(vector.clientFirst)))).toBe(vector.serverFirst);
    const outcome = scram.receive(Buffer.from(vector.clientFinal));
    expect(outcome).toMatchObject({ username: "user" });
    expect(text(outcome)).toBe(vector.serverFinal);
  });

  const SERVER_NONCE = "3rfcNHYJY1ZVvWVs7j";
  const scram = () => {
    const credentials = deriveCredentials("pencil", Buffer.from("QSXCR+Q6sek8bf92", "base64"));
    return new ScramServer("sha-1", new Realm(DOMAIN, () => credentials), SERVER_NONCE);
  };

  test.each([
    ["nothing", ""],
    ["no GS2 header", "n=user,r=abc"],
    ["channel binding, which is not offered", "p=tls-unique,,n=user,r=abc"],
    ["an unknown flag", "x,,n=user,r=abc"],
    ["a mandatory extension", "n,,m=x,n=user,r=abc"],
    ["no nonce", "n,,n=user"],
    ["an empty nonce", "n,,n=user,r="],
    ["a nonce with a space", "n,,n=user,r=a b"],
    ["a nonce that is not ASCII", "n,,n=user,r=ä"],
    ["no name", "n,,n=,r=abc"],
    ["name and nonce in the wrong order", "n,,r=abc,n=user"],
    ["a name with a bare =", "n,,n=us=er,r=abc"],
    ["an authzid with a bare =", "n,a=us=er,n=user,r=abc"],
    ["bytes that are not UTF-8", Buffer.from([0x6e, 0x2c, 0x2c, 0xff])],
  ])("refuses a first message with %s", (_name, message) => {
    expect(refusal(() => scram().receive(Buffer.from(message)))).toBe("malformed-request");
  });

  const FIRST = "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL";
  const NONCE = `fyko+d2lbbFgONRv9qkxdawL${SERVER_NONCE}`;
  const PROOF = "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=";
  test.each([
    ["nothing", "", "malformed-request"],
    ["another binding than the first", `c=eSws,r=${NONCE},p=${PROOF}`, "malformed-request"],
    ["another nonce", `c=biws,r=${NONCE}x,p=${PROOF}`, "malformed-request"],
    [
      "the client's half of the nonce",
      `c=biws,r=${NONCE.slice(0, 24)},p=${PROOF}`,
      "malformed-request",
    ],
    ["no proof", `c=biws,r=${NONCE}`, "malformed-request"],
    ["a proof that is not last", `c=biws,r=${NONCE},p=${PROOF},x=y`, "malformed-request"],
    ["a proof that is not base64", `c=biws,r=${NONCE},p=v0X8v3`, "malformed-request"],
    ["a short proof", `c=biws,r=${NONCE},p=v0X8`, "malformed-request"],
    ["a wrong proof", `c=biws,r=${NONCE},p=w${PROOF.slice(1)}`, "not-authorized"],
    ["the proof of another message", `c=biws,r=${NONCE},x=y,p=${PROOF}`, "not-authorized"],
  ])("refuses a final message with %s", (_name, message, condition) => {
    const mechanism = scram();
    mechanism.receive(Buffer.from(FIRST));
    expect(refusal(() => mechanism.receive(Buffer.from(message)))).toBe(condition);
  });

  test.each([
    [`user@${DOMAIN}`, "none"],
    [`romeo@${DOMAIN}`, "invalid-authzid"],
  ])("with the right proof, acting as %s meets the error %s", (authzid, condition) => {
    const gs2Header = `n,a=${authzid},`;
    const bare = "n=user,r=abc";
    const mechanism = scram();
    const serverFirst = text(mechanism.receive(Buffer.from(gs2Header + bare)));
    const binding = Buffer.from(gs2Header).toString("base64");
    const withoutProof = `c=${binding},r=abc${SERVER_NONCE}`;
    const salted = pbkdf2Sync(
      "pencil",
      Buffer.from("QSXCR+Q6sek8bf92", "base64"),
      4096,
      20,
      "sha1",
    );
    const hmac = (key: Uint8Array, data: string) => createHmac("sha1", key).update(data).digest();
    const clientKey = hmac(salted, "Client Key");
    const storedKey = createHash("sha1").update(clientKey).digest();
    const signature = hmac(storedKey, `${bare},${serverFirst},${withoutProof}`);
    const proof = clientKey.map((byte, i) => byte ^ (signature[i] as number));
    const message = `${withoutProof},p=${Buffer.from(proof).toString("base64")}`;
    expect(refusal(() => mechanism.receive(Buffer.from(message)))).toBe(condition);
  });

  test("unescapes the name (pitfall 27)", () => {
    const asked: string[] = [];
    const own = new Realm(DOMAIN, (username) => {
      asked.push(username);
      return undefined;
    });
    new ScramServer("sha-1", own, "x").receive(Buffer.from("n,,n=a=2Cb=3Dc,r=abc"));
    expect(asked).toEqual(["a,b=c"]);
  });
});

describe("nobody finds out which accounts there are", () => {
  const first = (own: Realm, name: string) =>
    text(new ScramServer("sha-256", own, "server").receive(Buffer.from(`n,,n=${name},r=client`)));

  test("from the salt, which is as long and as lasting as a real one", () => {
    const real = first(realm, "juliet");
    const none = first(realm, "nobody");
    expect(none).toHaveLength(real.length);
    expect(none).toMatch(/^r=clientserver,s=[A-Za-z0-9+/]{22}==,i=4096$/);
    expect(first(realm, "nobody")).toBe(none);
    expect(first(realm, "noone")).not.toBe(none);
    expect(first(new Realm(DOMAIN, accounts), "nobody")).not.toBe(none);
  });

  test("from names that cannot be accounts, either", () => {
    expect(first(realm, "a b")).toHaveLength(first(realm, "juliet").length);
  });

  test.each(["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"])("from the failure of %s", (mechanism) => {
    const fail = (username: string) => {
      const talk = new Talk(newServer());
      talk.say(HEADER);
      const auth = (message: string) =>
        `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='${mechanism}'>` +
        `${Buffer.from(message).toString("base64")}</auth>`;
      if (mechanism === "PLAIN") return talk.say(auth(`\0${username}\0wrong`));
      const challenge = />(.*)<\/challenge>/.exec(talk.say(auth(`n,,n=${username},r=abc`)))?.[1];
      const nonce = /r=([^,]*)/.exec(Buffer.from(challenge ?? "", "base64").toString())?.[1];
      const proof = Buffer.alloc(mechanism === "SCRAM-SHA-1" ? 20 : 32).toString("base64");
      const final = Buffer.from(`c=biws,r=${nonce},p=${proof}`).toString("base64");
      return talk.say(`<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${final}</response>`);
    };
    expect(fail("juliet")).toContain("<not-authorized/>");
    expect(fail("nobody")).toBe(fail("juliet"));
    expect(fail("a b")).toBe(fail("juliet"));
  });
});

describe("PLAIN", () => {
  test.each([
    ["the account", "\0juliet\0pencil", "juliet"],
    ["the account in capitals", "\0JULIET\0pencil", "juliet"],
    ["the account as itself", `juliet@${DOMAIN}\0juliet\0pencil`, "juliet"],
  ])("takes %s", (_name, message, username) => {
    expect(new PlainServer(realm).receive(Buffer.from(message))).toMatchObject({ username });
  });

  test.each([
    ["a wrong password", "\0juliet\0pencils", "not-authorized"],
    ["a password that cannot be one", "\0juliet\0\u0007", "not-authorized"],
    ["another account", "\0nobody\0pencil", "not-authorized"],
    ["another account to act as", `romeo@${DOMAIN}\0juliet\0pencil`, "invalid-authzid"],
    ["a resource to act as", `juliet@${DOMAIN}/a\0juliet\0pencil`, "invalid-authzid"],
    ["nonsense to act as", "@\0juliet\0pencil", "invalid-authzid"],
    ["no password", "\0juliet\0", "malformed-request"],
    ["no name", "\0\0pencil", "malformed-request"],
    ["too few parts", "juliet\0pencil", "malformed-request"],
    ["too many parts", "\0juliet\0pencil\0", "malformed-request"],
    ["bytes that are not UTF-8", Buffer.from([0, 0xc3, 0, 0x61]), "malformed-request"],
  ])("refuses %s", (_name, message, condition) => {
    expect(refusal(() => new PlainServer(realm).receive(Buffer.from(message)))).toBe(condition);
  });
});

describe("negotiation", () => {
  const sasl = (name: string, content = "", attributes = "") =>
    `<${name} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'${attributes}>${content}</${name}>`;
  const auth = (mechanism: string, content = "") =>
    sasl("auth", content, ` mechanism='${mechanism}'`);
  const failure = (condition: string) =>
    new RegExp(
      `^<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><${condition}/><text xml:lang='en'>[^<]+</text></failure>$`,
    );

  test.each([
    ["an unknown mechanism", auth("DIGEST-MD5"), "invalid-mechanism"],
    ["no mechanism", sasl("auth"), "invalid-mechanism"],
    ["what is not base64", auth("PLAIN", "?"), "incorrect-encoding"],
    ["an empty message", auth("PLAIN", "="), "malformed-request"],
    ["a response to nothing", sasl("response", "="), "malformed-request"],
    ["an abort", sasl("abort"), "aborted"],
    ["a challenge from a client", sasl("challenge"), "malformed-request"],
  ])("%s fails, and the client may try again", (_name, said, condition) => {
    const talk = new Talk(newServer());
    talk.say(HEADER);
    expect(talk.say(said)).toMatch(failure(condition));
    const message = Buffer.from("\0juliet\0pencil").toString("base64");
    expect(talk.say(auth("PLAIN", message))).toContain("<success");
  });

  test("nothing is asked for before TLS (pitfall 17)", () => {
    const talk = new Talk(newServer(), false);
    talk.say(HEADER);
    const message = Buffer.from("\0juliet\0pencil").toString("base64");
    expect(talk.say(auth("PLAIN", message))).toMatch(failure("encryption-required"));
  });

  test("a client that has no initial response is asked for one", () => {
    const talk = new Talk(newServer());
    talk.say(HEADER);
    expect(talk.say(auth("PLAIN"))).toBe("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    const message = Buffer.from("\0juliet\0pencil").toString("base64");
    expect(talk.say(sasl("response", message))).toContain("<success");
  });

  test("an exchange that failed cannot be continued", () => {
    const talk = new Talk(newServer());
    talk.say(HEADER + auth("PLAIN") + sasl("abort"));
    const message = Buffer.from("\0juliet\0pencil").toString("base64");
    expect(talk.say(sasl("response", message))).toMatch(failure("malformed-request"));
  });

  test("the third failure ends the stream", () => {
    const talk = new Talk(newServer());
    talk.say(HEADER);
    talk.say(sasl("abort") + sasl("abort"));
    expect(talk.closed).toBe(false);
    expect(talk.say(sasl("abort"))).toMatch(/<aborted\/>.*<policy-violation .*<\/stream:stream>$/);
    expect(talk.closed).toBe(true);
  });

  test("a server may offer less", () => {
    const talk = new Talk(newServer({ mechanisms: ["SCRAM-SHA-1"] }));
    const offered = [...talk.say(HEADER).matchAll(/<mechanism>(.*?)</g)].map(([, name]) => name);
    expect(offered).toEqual(["SCRAM-SHA-1"]);
    const message = Buffer.from("\0juliet\0pencil").toString("base64");
    expect(talk.say(auth("PLAIN", message))).toMatch(failure("invalid-mechanism"));
  });
});
