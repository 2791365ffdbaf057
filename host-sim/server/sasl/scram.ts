/** SCRAM-SHA-1 (RFC 5802) and SCRAM-SHA-256 (RFC 7677) without channel binding, seen from the server. */

import { timingSafeEqual } from "node:crypto";
import type { Hash } from "../../../firmware/io.js";
import { decodeBase64, encodeBase64 } from "../../../firmware/xmpp/base64.js";
import { SaslError } from "../../../firmware/xmpp/errors.js";
import { crypto } from "../../node/crypto.js";
import { checkAuthzid, type Reply, readText, type ServerMechanism } from "./mechanism.js";
import type { Account, Realm } from "./realm.js";

/**
 * The client's first message (RFC 5802 section 7): the GS2 header with flag and authzid, then what is
 * signed: name and nonce, and behind them extensions, which may be ignored. A nonce is printable ASCII.
 */
const CLIENT_FIRST =
  /^(([ny]|p=[^,]*),(?:a=([^,]+))?,)(n=([^,]+),r=([!-+\--~]+)(?:,[A-Za-z]=[^,]+)*)$/;

/** The client's final message: binding and nonce, extensions, and the proof over all that stands before. */
const CLIENT_FINAL = /^(c=([^,]+),r=([!-+\--~]+)(?:,[A-Za-z]=[^,]+)*),p=([^,]+)$/;

/** What is remembered between the two messages. */
interface Exchange {
  readonly account: Account;
  readonly authzid: string;
  readonly gs2Header: string;
  /** Both halves. */
  readonly nonce: string;
  /** The first two messages, as they are signed. */
  readonly messages: string;
}

export class ScramServer implements ServerMechanism {
  readonly #hash: Hash;
  readonly #realm: Realm;
  readonly #nonce: string;
  #exchange: Exchange | undefined;

  /** @param nonce our half of it: printable ASCII without commas, which nobody can predict */
  constructor(hash: Hash, realm: Realm, nonce: string) {
    this.#hash = hash;
    this.#realm = realm;
    this.#nonce = nonce;
  }

  receive(data: Uint8Array): Reply {
    const message = readText(data);
    return this.#exchange === undefined
      ? this.#first(message)
      : this.#final(message, this.#exchange);
  }

  #first(message: string): Reply {
    const match = CLIENT_FIRST.exec(message);
    if (match === null) throw malformed("the first message is not as RFC 5802 section 7 has it");
    const [, gs2Header, flag, authzid = "", bare, name, clientNonce] = match as unknown as string[];
    if (flag?.startsWith("p")) throw malformed("channel binding was not offered");
    const account = this.#realm.find(unescapeName(name as string));
    const { salt, iterations } = account.credentials;
    const nonce = `${clientNonce}${this.#nonce}`;
    const challenge = `r=${nonce},s=${encodeBase64(salt)},i=${iterations}`;
    this.#exchange = {
      account,
      authzid: unescapeName(authzid),
      gs2Header: gs2Header as string,
      nonce,
      messages: `${bare},${challenge}`,
    };
    return { challenge: Buffer.from(challenge) };
  }

  #final(message: string, exchange: Exchange): Reply {
    const match = CLIENT_FINAL.exec(message);
    if (match === null) throw malformed("the final message is not as RFC 5802 section 7 has it");
    const [, withoutProof, binding, nonce, encodedProof] = match as unknown as string[];
    if (binding !== Buffer.from(exchange.gs2Header).toString("base64"))
      throw malformed("the channel binding is not that of the first message");
    if (nonce !== exchange.nonce) throw malformed("the nonce is not the one of this exchange");
    const proof = decodeBase64(encodedProof as string);
    const { storedKey, serverKey } = exchange.account.credentials.keys[this.#hash];
    if (proof?.length !== storedKey.length) throw malformed("the proof has the wrong length");

    const authMessage = Buffer.from(`${exchange.messages},${withoutProof}`);
    const signature = crypto.hmac(this.#hash, storedKey, authMessage);
    const clientKey = proof.map((byte, i) => byte ^ (signature[i] as number));
    if (!timingSafeEqual(crypto.digest(this.#hash, clientKey), storedKey))
      throw new SaslError("not-authorized", "the username or the password is wrong");
    checkAuthzid(exchange.authzid, exchange.account, this.#realm);
    const serverSignature = crypto.hmac(this.#hash, serverKey, authMessage);
    return {
      username: exchange.account.username,
      proof: Buffer.from(`v=${encodeBase64(serverSignature)}`),
    };
  }
}

/** RFC 5802 5.1: "," and "=" are written =2C and =3D, and no other "=" may stand in a name. */
function unescapeName(text: string): string {
  if (/=(?!2C|3D)/.test(text)) throw malformed("a name has an = that is neither =2C nor =3D");
  return text.replace(/=2C/g, ",").replace(/=3D/g, "=");
}

function malformed(text: string): SaslError {
  return new SaslError("malformed-request", text);
}
