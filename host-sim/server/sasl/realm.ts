/** The accounts as the mechanisms see them: every name has one, and some cannot be logged in to. */

import { JID } from "../../../firmware/xmpp/jid.js";
import { crypto } from "../../node/crypto.js";
import { type Credentials, ITERATIONS } from "./credentials.js";

/** Finds what is kept of the password of an account, by the local part of its address. */
export type AccountLookup = (username: string) => Credentials | undefined;

export interface Account {
  /** The local part of the address. */
  readonly username: string;
  readonly credentials: Credentials;
}

const SECRET_BYTES = 32;
const SALT_BYTES = 16;

export class Realm {
  readonly domain: string;
  readonly #lookup: AccountLookup;
  readonly #secret = crypto.random(SECRET_BYTES);

  constructor(domain: string, lookup: AccountLookup) {
    this.domain = domain;
    this.#lookup = lookup;
  }

  /**
   * The account that a client asks for. A name without one gets credentials that no password fits, and the
   * same ones each time, so that nobody finds out which accounts there are (RFC 5802 section 9).
   */
  find(name: string): Account {
    let username: string;
    try {
      username = JID.of(name, this.domain).local;
    } catch {
      return { username: name, credentials: this.#decoy(name) };
    }
    return { username, credentials: this.#lookup(username) ?? this.#decoy(username) };
  }

  #decoy(name: string): Credentials {
    const bytes = (purpose: string): Uint8Array =>
      crypto.hmac("sha-256", this.#secret, Buffer.from(`${purpose}\0${name}`));
    const sha1 = { storedKey: bytes("stored").subarray(0, 20), serverKey: bytes("server") };
    const sha256 = { storedKey: bytes("stored"), serverKey: bytes("server") };
    return {
      salt: bytes("salt").subarray(0, SALT_BYTES),
      iterations: ITERATIONS,
      keys: { "sha-1": sha1, "sha-256": sha256 },
    };
  }
}
