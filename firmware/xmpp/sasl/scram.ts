/** SCRAM-SHA-1 (RFC 5802) and SCRAM-SHA-256 (RFC 7677), without channel binding. */

import type { Crypto, Hash } from "../../io.js";
import { decodeBase64, encodeBase64 } from "../base64.js";
import { SaslError } from "../errors.js";
import { decode, encode } from "../utf8.js";
import type { Credentials, Mechanism } from "./mechanism.js";
import { preparePassword } from "./password.js";

/** What a password, a salt and a number of iterations come to (RFC 5802 section 3). */
export interface ScramKeys {
  readonly hash: Hash;
  /** In base64, as the server sent it. */
  readonly salt: string;
  readonly iterations: number;
  readonly clientKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/**
 * Keeps derived keys, so that PBKDF2 runs once per password and not once per connection (RFC 5802 5.1
 * permits it). The keys are as good as the password for logging in to this server, and to no other.
 */
export class ScramKeyCache {
  /** One for each hash: a server changes salt or iterations only with the password. */
  readonly #keys = new Map<Hash, ScramKeys>();
  /** Of which hashes no server has accepted the keys so far. */
  readonly #unproven = new Set<Hash>();
  readonly #onProven: ((keys: ScramKeys) => void) | undefined;

  /**
   * @param keys those derived on an earlier day
   * @param onProven is told of new keys once a server has accepted what they prove, so as to store them
   */
  constructor(keys: readonly ScramKeys[] = [], onProven?: (keys: ScramKeys) => void) {
    keys.forEach((known) => {
      this.#keys.set(known.hash, known);
    });
    this.#onProven = onProven;
  }

  has(hash: Hash): boolean {
    return this.#keys.has(hash);
  }

  get(hash: Hash, salt: string, iterations: number): ScramKeys | undefined {
    const keys = this.#keys.get(hash);
    return keys?.salt === salt && keys.iterations === iterations ? keys : undefined;
  }

  /** Keeps keys just derived: even if this connection is lost, the work is not. */
  add(keys: ScramKeys): void {
    this.#keys.set(keys.hash, keys);
    this.#unproven.add(keys.hash);
  }

  /** Says that a server has accepted these keys. */
  proven(keys: ScramKeys): void {
    if (this.#keys.get(keys.hash) === keys && this.#unproven.delete(keys.hash))
      this.#onProven?.(keys);
  }

  /** Says that a server has refused these keys: so a password that is set right is not held up by them. */
  refused(keys: ScramKeys): void {
    if (this.#keys.get(keys.hash) !== keys) return;
    this.#keys.delete(keys.hash);
    this.#unproven.delete(keys.hash);
  }
}

/** RFC 5802 5.1: servers should announce at least 4096, and fewer would make a stolen exchange cheap. */
export const MIN_ITERATIONS = 4096;

/** 18 random bytes are 24 characters of base64, none of them padding or a comma. */
const NONCE_BYTES = 18;

/** The GS2 header "n,,", which says that we do no channel binding, and its base64. */
const GS2_HEADER = "n,,";
const GS2_HEADER_BASE64 = "biws";

export class Scram implements Mechanism {
  readonly name: "SCRAM-SHA-1" | "SCRAM-SHA-256";
  readonly #hash: Hash;
  readonly #credentials: Credentials;
  readonly #maxIterations: number;
  readonly #crypto: Crypto;
  readonly #nonce: string;
  readonly #clientFirstBare: string;
  #keys: ScramKeys | undefined;
  #serverSignature: Uint8Array | undefined;
  #verified = false;

  constructor(
    name: "SCRAM-SHA-1" | "SCRAM-SHA-256",
    credentials: Credentials,
    maxIterations: number,
    crypto: Crypto,
  ) {
    this.name = name;
    this.#hash = name === "SCRAM-SHA-1" ? "sha-1" : "sha-256";
    this.#credentials = credentials;
    this.#maxIterations = maxIterations;
    this.#crypto = crypto;
    this.#nonce = encodeBase64(crypto.random(NONCE_BYTES));
    this.#clientFirstBare = `n=${escapeName(credentials.username)},r=${this.#nonce}`;
  }

  start(): Uint8Array {
    return encode(GS2_HEADER + this.#clientFirstBare);
  }

  challenge(data: Uint8Array, respond: (response: Uint8Array) => void): void {
    const message = decode(data);
    if (this.#serverSignature !== undefined) {
      // Some servers send their last message as a challenge, and success without data behind it.
      this.#verify(message);
      respond(new Uint8Array(0));
      return;
    }
    const first = this.#parseServerFirst(message);
    this.#withKeys(first.salt, first.iterations, (keys): void => {
      this.#keys = keys;
      const withoutProof = `c=${GS2_HEADER_BASE64},r=${first.nonce}`;
      const authMessage = encode(`${this.#clientFirstBare},${message},${withoutProof}`);
      const crypto = this.#crypto;
      const storedKey = crypto.digest(this.#hash, keys.clientKey);
      const signature = crypto.hmac(this.#hash, storedKey, authMessage);
      const proof = keys.clientKey.map((byte, i) => byte ^ (signature[i] as number));
      this.#serverSignature = crypto.hmac(this.#hash, keys.serverKey, authMessage);
      respond(encode(`${withoutProof},p=${encodeBase64(proof)}`));
    });
  }

  success(data: Uint8Array): void {
    if (data.length > 0) this.#verify(decode(data));
    if (!this.#verified)
      throw this.#error("server-unverified", "the server did not prove that it knows the password");
    if (this.#keys !== undefined) this.#credentials.keys.proven(this.#keys);
  }

  refused(): void {
    if (this.#keys !== undefined) this.#credentials.keys.refused(this.#keys);
  }

  #parseServerFirst(message: string): { nonce: string; salt: string; iterations: number } {
    const attributes = this.#split(message);
    const nonce = attribute(attributes[0], "r");
    const salt = attribute(attributes[1], "s");
    const count = attribute(attributes[2], "i");
    if (nonce === undefined || salt === undefined || count === undefined)
      throw this.#error(
        "malformed-request",
        "the server's first message is not as RFC 5802 has it",
      );
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce)
      throw this.#error("malformed-request", "the server's nonce does not continue ours");
    if (salt === "" || decodeBase64(salt) === undefined)
      throw this.#error("malformed-request", "the salt is not base64");
    if (!/^[1-9][0-9]{0,9}$/.test(count))
      throw this.#error("malformed-request", "the iteration count is not a number");
    const iterations = Number(count);
    if (iterations < MIN_ITERATIONS)
      throw this.#error(
        "encryption-required",
        `the server asks for ${count} iterations; fewer than ${MIN_ITERATIONS} are not safe`,
      );
    if (iterations > this.#maxIterations)
      throw this.#error(
        "encryption-required",
        `the server asks for ${count} iterations, and at most ${this.#maxIterations} are allowed here`,
      );
    return { nonce, salt, iterations };
  }

  #withKeys(salt: string, iterations: number, use: (keys: ScramKeys) => void): void {
    const { keys, password } = this.#credentials;
    const known = keys.get(this.#hash, salt, iterations);
    if (known !== undefined) return use(known);
    if (password === undefined)
      throw this.#error(
        "not-authorized",
        "the stored keys are not for the server's present salt; the device needs the password again",
      );
    const hash = this.#hash;
    const crypto = this.#crypto;
    const saltBytes = decodeBase64(salt) as Uint8Array;
    crypto.pbkdf2(
      hash,
      encode(preparePassword(password)),
      saltBytes,
      iterations,
      (salted): void => {
        const clientKey = crypto.hmac(hash, salted, encode("Client Key"));
        const serverKey = crypto.hmac(hash, salted, encode("Server Key"));
        const derived = { hash, salt, iterations, clientKey, serverKey };
        keys.add(derived);
        use(derived);
      },
    );
  }

  #verify(message: string): void {
    const signature = decodeBase64(attribute(this.#split(message)[0], "v") ?? "");
    const expected = this.#serverSignature;
    if (signature === undefined || expected === undefined || !equals(signature, expected))
      throw this.#error("server-unverified", "the server's signature is wrong");
    this.#verified = true;
  }

  /** The attributes of a message. Those that are not known are left alone (RFC 5802 5.1), but for two. */
  #split(message: string): string[] {
    const attributes = message.split(",");
    if (attributes.some((text) => attribute(text, "m") !== undefined))
      throw this.#error(
        "malformed-request",
        "the server wants an extension that is not known here",
      );
    const reason = attribute(attributes[0], "e");
    if (reason === undefined) return attributes;
    this.refused();
    throw this.#error("not-authorized", reason);
  }

  #error(condition: string, text: string): SaslError {
    return new SaslError(condition, text, this.name);
  }
}

/** RFC 5802 5.1: "," and "=" have meaning in a message. */
function escapeName(name: string): string {
  return name.replace(/=/g, "=3D").replace(/,/g, "=2C");
}

function attribute(text: string | undefined, name: string): string | undefined {
  return text?.startsWith(`${name}=`) ? text.slice(2) : undefined;
}

/** Compares without telling by the time it takes where the difference is. */
function equals(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= (a[i] ?? 0) ^ (b[i] as number);
  return difference === 0;
}
