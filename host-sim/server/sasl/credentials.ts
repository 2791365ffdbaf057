/** What a server keeps of a password: enough to check it, and not enough to log in (RFC 5802 section 3). */

import { pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import type { Hash } from "../../../firmware/io.js";
import { preparePassword } from "../../../firmware/xmpp/sasl/password.js";
import { crypto } from "../../node/crypto.js";

/** What one hash function makes of a password. */
export interface VerifyingKeys {
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

export interface Credentials {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly keys: Readonly<Record<Hash, VerifyingKeys>>;
}

/** RFC 5802 5.1: the least that a server should ask for, since each thousand costs a small device a second. */
export const ITERATIONS = 4096;

const SALT_BYTES = 16;

const DIGESTS: Readonly<Record<Hash, { name: string; bytes: number }>> = {
  "sha-1": { name: "sha1", bytes: 20 },
  "sha-256": { name: "sha256", bytes: 32 },
};

/**
 * Derives what is kept of a password. Takes some milliseconds, during which nothing else happens.
 * @throws ConfigError `password` for one that two implementations could read differently
 */
export function deriveCredentials(
  password: string,
  salt: Uint8Array = randomBytes(SALT_BYTES),
): Credentials {
  const derive = (hash: Hash): VerifyingKeys => deriveKeys(hash, password, salt, ITERATIONS);
  return {
    salt,
    iterations: ITERATIONS,
    keys: { "sha-1": derive("sha-1"), "sha-256": derive("sha-256") },
  };
}

/** Whether it is the password, for mechanisms in which the client sends it. */
export function matches(credentials: Credentials, password: string): boolean {
  const { salt, iterations, keys } = credentials;
  const { storedKey } = deriveKeys("sha-256", password, salt, iterations);
  return timingSafeEqual(storedKey, keys["sha-256"].storedKey);
}

function deriveKeys(
  hash: Hash,
  password: string,
  salt: Uint8Array,
  iterations: number,
): VerifyingKeys {
  const { name, bytes } = DIGESTS[hash];
  const salted = pbkdf2Sync(preparePassword(password), salt, iterations, bytes, name);
  const clientKey = crypto.hmac(hash, salted, Buffer.from("Client Key"));
  return {
    storedKey: crypto.digest(hash, clientKey),
    serverKey: crypto.hmac(hash, salted, Buffer.from("Server Key")),
  };
}
