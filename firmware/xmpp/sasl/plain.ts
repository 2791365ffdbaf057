/** SASL PLAIN (RFC 4616). The stream sees to it that this happens inside TLS. */

import { SaslError } from "../errors.js";
import { encode } from "../utf8.js";
import type { Credentials, Mechanism } from "./mechanism.js";
import { preparePassword } from "./password.js";

export class Plain implements Mechanism {
  readonly name = "PLAIN";
  readonly #message: Uint8Array;

  constructor(credentials: Credentials) {
    const password = preparePassword(credentials.password ?? "");
    this.#message = encode(`\0${credentials.username}\0${password}`);
  }

  start(): Uint8Array {
    return this.#message;
  }

  challenge(): void {
    throw new SaslError("malformed-request", "PLAIN has no challenge", this.name);
  }

  success(): void {
    // PLAIN has the server prove nothing; TLS has.
  }
}
