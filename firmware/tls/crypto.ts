import type { Crypto, Timer } from "../io.js";
import type { NativeCrypto } from "./native.js";

/**
 * Iterations of PBKDF2 at a stretch. An ESP32 takes some 20 ms for them, in which nothing else is done; its
 * watchdog, where it is on, waits for seconds.
 */
const SLICE = 128;

/**
 * The cryptographic primitives over mbedTLS. PBKDF2 is done in slices, between which other work goes on.
 * @param random as `Crypto` has it: where random bytes come from is the host's own business
 */
export function createCrypto(native: NativeCrypto, timer: Timer, random: Crypto["random"]): Crypto {
  return {
    digest: (hash, data) => new Uint8Array(native.digest(hash, data)),

    hmac: (hash, key, data) => new Uint8Array(native.hmac(hash, key, data)),

    pbkdf2(hash, password, salt, iterations, done) {
      const pbkdf2 = native.pbkdf2Begin(hash, password, salt, iterations);
      const run = () => {
        const key = native.pbkdf2Run(pbkdf2, SLICE);
        if (key === undefined) timer.set(run, 0);
        else done(new Uint8Array(key));
      };
      run();
    },

    random,
  };
}
