import type { Crypto } from "../../firmware/io.js";
import { native } from "./native.js";

/** The cryptographic primitives, in C. PBKDF2 takes all of the processor until it is done. */
export const crypto: Crypto = {
  digest: (hash, data) => new Uint8Array(native.digest(hash, data)),

  hmac: (hash, key, data) => new Uint8Array(native.hmac(hash, key, data)),

  pbkdf2: (hash, password, salt, iterations, done) =>
    done(new Uint8Array(native.pbkdf2(hash, password, salt, iterations))),

  random: (count) => new Uint8Array(native.random(count)),
};
