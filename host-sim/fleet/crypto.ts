import type { Crypto } from "../../firmware/io.js";
import { ScramKeyCache } from "../../firmware/xmpp/sasl/scram.js";

/** Keys that are kept at most. */
const MOST = 20_000;

/**
 * Cryptography that derives each key from a password once, however often devices log in: PBKDF2 is most of what a
 * login costs. Devices that share an account share the key.
 */
export function cachedCrypto(crypto: Crypto): Crypto {
  /** As strings of their bytes, which take a fifth of the memory. */
  const keys = new Map<string, string>();
  /** Who waits for a key that is being derived. */
  const waiting = new Map<string, ((key: Uint8Array) => void)[]>();
  return {
    ...crypto,
    pbkdf2(hash, password, salt, iterations, done) {
      const name = `${hash} ${iterations} ${textOf(salt)} ${textOf(password)}`;
      const known = keys.get(name);
      if (known !== undefined) return done(new Uint8Array(Buffer.from(known, "latin1")));
      const others = waiting.get(name);
      if (others !== undefined) return void others.push(done);
      waiting.set(name, [done]);
      crypto.pbkdf2(hash, password, salt, iterations, (key) => {
        if (keys.size < MOST) keys.set(name, textOf(key));
        const all = waiting.get(name) ?? [];
        waiting.delete(name);
        for (const each of all) each(key);
      });
    },
  };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Keeps no keys. One serves all devices: what {@link cachedCrypto} keeps is enough, and they need not keep it again. */
export class NoKeys extends ScramKeyCache {
  override add(): void {}
}
