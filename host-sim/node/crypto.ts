import { createHash, createHmac, pbkdf2, randomFillSync } from "node:crypto";
import type { Crypto, Hash } from "../../firmware/io.js";

const ALGORITHMS = {
  "sha-1": { name: "sha1", size: 20 },
  "sha-256": { name: "sha256", size: 32 },
} as const satisfies Record<Hash, { name: string; size: number }>;

/**
 * The cryptographic primitives over `node:crypto`. PBKDF2 runs on a thread of its own. Results are plain
 * `Uint8Array`s: on a `Buffer`, `slice` means something else.
 */
export const crypto: Crypto = {
  digest: (hash, data) => new Uint8Array(createHash(ALGORITHMS[hash].name).update(data).digest()),

  hmac: (hash, key, data) =>
    new Uint8Array(createHmac(ALGORITHMS[hash].name, key).update(data).digest()),

  pbkdf2(hash, password, salt, iterations, done) {
    const { name, size } = ALGORITHMS[hash];
    pbkdf2(password, salt, iterations, size, name, (error, key) => {
      if (error) {
        throw error;
      }
      done(new Uint8Array(key));
    });
  },

  random: (count) => randomFillSync(new Uint8Array(count)),
};
