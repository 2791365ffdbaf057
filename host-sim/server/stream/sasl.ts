/** SASL negotiation (RFC 6120 section 6). */

import { decodeBase64, encodeBase64 } from "../../../firmware/xmpp/base64.js";
import { SaslError, StreamError } from "../../../firmware/xmpp/errors.js";
import { NS_SASL } from "../../../firmware/xmpp/namespaces.js";
import type { MechanismName } from "../../../firmware/xmpp/sasl/mechanism.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import type { ServerMechanism } from "../sasl/mechanism.js";
import { PlainServer } from "../sasl/plain.js";
import type { Realm } from "../sasl/realm.js";
import { ScramServer } from "../sasl/scram.js";
import type { Feature } from "./feature.js";
import type { ServerStream } from "./stream.js";

/** How often a client may fail on one stream: once, and the two more times of RFC 6120 6.4.5 at least. */
const MAX_FAILURES = 3;

const NONCE_BYTES = 18;

export interface SaslOptions {
  readonly realm: Realm;
  /** What to offer, the strongest first. */
  readonly mechanisms: readonly MechanismName[];
  /** Gives bytes that nobody can predict. */
  random(count: number): Uint8Array;
}

export class Sasl implements Feature {
  readonly namespace = NS_SASL;
  readonly #options: SaslOptions;
  #mechanism: ServerMechanism | undefined;
  #failures = 0;

  constructor(options: SaslOptions) {
    this.#options = options;
  }

  offer(stream: ServerStream): Element | undefined {
    if (!stream.secure || stream.username !== undefined) return undefined;
    const names = this.#options.mechanisms.map((name) => xml("mechanism", {}, name));
    return xml("mechanisms", { xmlns: NS_SASL }, ...names);
  }

  receive(element: Element, stream: ServerStream): void {
    if (stream.username !== undefined)
      throw new StreamError("policy-violation", "the client is authenticated already");
    try {
      this.#receive(element, stream);
    } catch (error) {
      if (!(error instanceof SaslError)) throw error;
      this.#fail(error, stream);
    }
  }

  #receive(element: Element, stream: ServerStream): void {
    const text = element.text();
    switch (element.name) {
      case "auth":
        if (!stream.secure) throw new SaslError("encryption-required", "TLS comes first");
        this.#mechanism = this.#create(element.attr("mechanism") ?? "");
        // RFC 6120 6.4.2: without an initial response, the client is asked for it.
        if (text === "") stream.send(xml("challenge", { xmlns: NS_SASL }));
        else this.#respond(fromText(text), this.#mechanism, stream);
        return;
      case "response":
        if (this.#mechanism === undefined)
          throw new SaslError("malformed-request", "a response to no challenge");
        this.#respond(fromText(text), this.#mechanism, stream);
        return;
      case "abort":
        throw new SaslError("aborted", "as the client wished");
      default:
        throw new SaslError("malformed-request", `<${element.name}/> is for servers to say`);
    }
  }

  #create(name: string): ServerMechanism {
    const { realm, mechanisms, random } = this.#options;
    const known = mechanisms.find((mechanism) => mechanism === name);
    if (known === undefined)
      throw new SaslError("invalid-mechanism", `offered are ${mechanisms.join(", ")}`);
    if (known === "PLAIN") return new PlainServer(realm);
    const hash = known === "SCRAM-SHA-1" ? "sha-1" : "sha-256";
    return new ScramServer(hash, realm, encodeBase64(random(NONCE_BYTES)));
  }

  #respond(data: Uint8Array, mechanism: ServerMechanism, stream: ServerStream): void {
    const reply = mechanism.receive(data);
    if ("challenge" in reply) {
      stream.send(xml("challenge", { xmlns: NS_SASL }, encodeBase64(reply.challenge)));
      return;
    }
    this.#mechanism = undefined;
    const proof = reply.proof && encodeBase64(reply.proof);
    stream.send(xml("success", { xmlns: NS_SASL }, proof));
    stream.authenticated(reply.username);
  }

  #fail(error: SaslError, stream: ServerStream): void {
    this.#mechanism = undefined;
    const text = xml("text", { "xml:lang": "en" }, error.text);
    stream.send(xml("failure", { xmlns: NS_SASL }, xml(error.condition), text));
    if (++this.#failures === MAX_FAILURES)
      throw new StreamError("policy-violation", `${MAX_FAILURES} failed authentications`);
  }
}

/** RFC 6120 6.4.2: data of no length are written as "=". A response may also be empty (6.4.3). */
function fromText(text: string): Uint8Array {
  const data = text === "=" ? new Uint8Array(0) : decodeBase64(text);
  if (data === undefined) throw new SaslError("incorrect-encoding", "that is not base64");
  return data;
}
