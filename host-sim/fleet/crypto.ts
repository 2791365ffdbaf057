import type { Crypto } from "../../firmware/io.js";

/** Keys that are kept at most. */
const MOST = 20_000;

/**
 * Cryptography that derives each key from a password once, however often devices log in: PBKDF2 is most of what a
 * login costs. Devices that share an account share the key.
 */
export function cachedCrypto(crypto: Crypto): Crypto {
  const keys = new Map<string, Uint8Array>();
  /** Who waits for a key that is being derived. */
  const waiting = new Map<string, ((key: Uint8Array) => void)[]>();
  return {
    ...crypto,
    pbkdf2(hash, password, salt, iterations, done) {
      const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
      const name = `${hash} ${iterations} ${hex(password)} ${hex(salt)}`;
      const known = keys.get(name);
      if (known !== undefined) return done(known);
      const others = waiting.get(name);
      if (others !== undefined) return void others.push(done);
      waiting.set(name, [done]);
      crypto.pbkdf2(hash, password, salt, iterations, (key) => {
        if (keys.size < MOST) keys.set(name, key);
        const all = waiting.get(name) ?? [];
        waiting.delete(name);
        for (const each of all) each(key);
      });
    },
  };
}
