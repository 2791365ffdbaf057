/** SASL PLAIN (RFC 4616). The stream sees to it that this happens inside TLS. */

import { ConfigError, SaslError } from "../../../firmware/xmpp/errors.js";
import { type Credentials, matches } from "./credentials.js";
import { checkAuthzid, type Reply, readText, type ServerMechanism } from "./mechanism.js";
import type { Realm } from "./realm.js";

export class PlainServer implements ServerMechanism {
  readonly #realm: Realm;

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  receive(data: Uint8Array): Reply {
    const [authzid, username, password, ...rest] = readText(data).split("\0");
    if (authzid === undefined || !username || !password || rest.length > 0)
      throw new SaslError("malformed-request", "PLAIN is authzid NUL username NUL password");
    const account = this.#realm.find(username);
    if (!isPassword(account.credentials, password))
      throw new SaslError("not-authorized", "the username or the password is wrong");
    checkAuthzid(authzid, account, this.#realm);
    return { username: account.username, proof: undefined };
  }
}

function isPassword(credentials: Credentials, password: string): boolean {
  try {
    return matches(credentials, password);
  } catch (error) {
    // One that cannot be prepared is nobody's.
    if (error instanceof ConfigError) return false;
    throw error;
  }
}
