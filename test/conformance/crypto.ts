import type { Crypto, Hash } from "../../firmware/io.js";
import { equal, isTrue } from "./assert.js";
import type { Test } from "./host.js";

const DIGESTS: readonly { hash: Hash; data: string; digest: string; source: string }[] = [
  {
    hash: "sha-1",
    data: "abc",
    digest: "a9993e364706816aba3e25717850c26c9cd0d89d",
    source: "FIPS 180-4",
  },
  {
    hash: "sha-256",
    data: "abc",
    digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    source: "FIPS 180-4",
  },
  {
    hash: "sha-256",
    data: "",
    digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    source: "FIPS 180-4",
  },
];

const HMACS: readonly { hash: Hash; key: string; data: string; hmac: string; source: string }[] = [
  {
    hash: "sha-1",
    key: "Jefe",
    data: "what do ya want for nothing?",
    hmac: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
    source: "RFC 2202 3, case 2",
  },
  {
    hash: "sha-256",
    key: "Jefe",
    data: "what do ya want for nothing?",
    hmac: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    source: "RFC 4231 4.3",
  },
  {
    hash: "sha-256",
    key: "\xaa".repeat(131),
    data: "Test Using Larger Than Block-Size Key - Hash Key First",
    hmac: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    source: "RFC 4231 4.7",
  },
];

const KEYS: readonly {
  hash: Hash;
  password: string;
  salt: string;
  iterations: number;
  key: string;
  source: string;
}[] = [
  {
    hash: "sha-1",
    password: "password",
    salt: "salt",
    iterations: 1,
    key: "0c60c80f961f0e71f3a9b524af6012062fe037a6",
    source: "RFC 6070 2",
  },
  {
    hash: "sha-1",
    password: "password",
    salt: "salt",
    iterations: 2,
    key: "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957",
    source: "RFC 6070 2",
  },
  {
    hash: "sha-1",
    password: "password",
    salt: "salt",
    iterations: 4096,
    key: "4b007901b765489abead49d926f721d065a429c1",
    source: "RFC 6070 2",
  },
  {
    hash: "sha-256",
    password: "passwd",
    salt: "salt",
    iterations: 1,
    key: "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc",
    source: "RFC 7914 11",
  },
  {
    hash: "sha-256",
    password: "Password",
    salt: "NaCl",
    iterations: 80000,
    key: "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56",
    source: "RFC 7914 11",
  },
];

/** What `io.ts` promises of the cryptographic primitives. */
export function cryptoConformance(crypto: Crypto, test: Test): void {
  for (const { hash, data, digest, source } of DIGESTS) {
    test(`${hash} of "${data}" (${source})`, async () => {
      equal(hex(crypto.digest(hash, latin1(data))), digest);
    });
  }

  for (const { hash, key, data, hmac, source } of HMACS) {
    test(`HMAC with ${hash} and a key of ${key.length} bytes (${source})`, async () => {
      equal(hex(crypto.hmac(hash, latin1(key), latin1(data))), hmac);
    });
  }

  for (const { hash, password, salt, iterations, key, source } of KEYS) {
    test(`PBKDF2 with ${hash}, iterations: ${iterations} (${source})`, async () => {
      const derived = await new Promise<Uint8Array>((resolve) => {
        crypto.pbkdf2(hash, latin1(password), latin1(salt), iterations, resolve);
      });
      equal(hex(derived), key);
    });
  }

  test("random gives as many bytes as asked for, and others each time", async () => {
    equal(crypto.random(0).length, 0);
    const [one, other] = [crypto.random(16), crypto.random(16)];
    equal(one.length, 16);
    isTrue(hex(one) !== hex(other), "two draws of 16 bytes differ");
  });

  test("the results can be changed and sliced like any Uint8Array", async () => {
    const digest = crypto.digest("sha-1", latin1("abc"));
    digest.slice().fill(0);
    equal(digest[0], 0xa9);
  });
}

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
