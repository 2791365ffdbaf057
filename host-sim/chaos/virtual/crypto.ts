import { pbkdf2Sync } from "node:crypto";
import type { Crypto, Hash } from "../../../firmware/io.js";
import { crypto } from "../../node/crypto.js";
import type { Dice } from "../dice.js";

/** What keys were derived from, and what came of it. There is one account, and it takes longer than a run. */
const derived = new Map<string, Uint8Array>();

/** Cryptography whose random bytes a seed repeats. */
export function virtualCrypto(dice: Dice): Crypto {
  return {
    ...crypto,
    random: (count) => dice.bytes(count),
    pbkdf2(hash, password, salt, iterations, done) {
      const name = [hash, iterations, ...password, "with", ...salt].join(" ");
      let key = derived.get(name);
      if (key === undefined) {
        key = new Uint8Array(derive(hash, password, salt, iterations));
        derived.set(name, key);
      }
      done(key);
    },
  };
}

function derive(hash: Hash, password: Uint8Array, salt: Uint8Array, iterations: number): Buffer {
  return hash === "sha-1"
    ? pbkdf2Sync(password, salt, iterations, 20, "sha1")
    : pbkdf2Sync(password, salt, iterations, 32, "sha256");
}
