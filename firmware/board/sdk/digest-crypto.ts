/** The cryptographic primitives over a hash function: what the Moddable SDK has no module for. */

import type { Crypto, Hash, Timer } from "../../io.js";

/** The SDK's class `Digest`, as far as it is of use here. */
export interface DigestConstructor {
  new (
    type: "SHA1" | "SHA256",
  ): {
    /** The hash of all the parts, one after another. */
    process(...parts: readonly (Uint8Array | ArrayBuffer)[]): ArrayBuffer;
  };
}

const BLOCK_BYTES = 64;

/** Iterations of PBKDF2 in one go: some 50 ms on an ESP32-C3. Between two, the event loop turns. */
const TURN = 100;

/**
 * @param Digest the hash functions
 * @param random as {@link Crypto.random}
 */
export function digestCrypto(
  Digest: DigestConstructor,
  random: Crypto["random"],
  timer: Pick<Timer, "set">,
): Crypto {
  const digest = (hash: Hash, ...parts: Uint8Array[]): Uint8Array =>
    new Uint8Array(new Digest(hash === "sha-1" ? "SHA1" : "SHA256").process(...parts));

  /** RFC 2104, for one key: what the key comes to is made once. */
  const keyed = (hash: Hash, key: Uint8Array): ((data: Uint8Array) => Uint8Array) => {
    const block = new Uint8Array(BLOCK_BYTES);
    block.set(key.length > BLOCK_BYTES ? digest(hash, key) : key);
    const inner = block.map((byte) => byte ^ 0x36);
    const outer = block.map((byte) => byte ^ 0x5c);
    const engine = new Digest(hash === "sha-1" ? "SHA1" : "SHA256");
    return (data) => new Uint8Array(engine.process(outer, engine.process(inner, data)));
  };

  return {
    digest: (hash, data) => digest(hash, data),

    hmac: (hash, key, data) => keyed(hash, key)(data),

    pbkdf2(hash, password, salt, iterations, done) {
      const hmac = keyed(hash, password);
      const first = new Uint8Array(salt.length + 4);
      first.set(salt);
      first[salt.length + 3] = 1; // the number of the block, in four bytes
      let last = hmac(first);
      const key = last.slice();
      let left = iterations - 1;
      const turn = (): void => {
        for (let i = 0; i < TURN && left > 0; i++, left--) {
          last = hmac(last);
          for (let at = 0; at < key.length; at++)
            key[at] = (key[at] as number) ^ (last[at] as number);
        }
        if (left > 0) timer.set(turn, 0);
        else done(key);
      };
      turn();
    },

    random,
  };
}
