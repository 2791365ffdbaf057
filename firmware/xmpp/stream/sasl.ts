/** SASL negotiation (RFC 6120 section 6). */

import type { Crypto } from "../../io.js";
import { decodeBase64, encodeBase64 } from "../base64.js";
import { SaslError } from "../errors.js";
import { NS_SASL } from "../namespaces.js";
import {
  type Credentials,
  chooseMechanism,
  type Mechanism,
  type SaslPolicy,
} from "../sasl/mechanism.js";
import { type Element, xml } from "../xml/element.js";
import type { Negotiation, Step } from "./step.js";

export class Sasl implements Step {
  readonly #credentials: Credentials;
  readonly #policy: SaslPolicy;
  readonly #crypto: Crypto;
  readonly #pipelined: boolean;
  #mechanism: Mechanism | undefined;
  /** What the server offers, once it has said so. */
  #offered: string[] | undefined;
  /** Whether the mechanism was chosen without having seen what the server offers. */
  #unseen = false;
  /** Whether a response is being computed, so that the server has no word to say. */
  #busy = false;

  /** @param pipelined whether to begin before the features have come */
  constructor(credentials: Credentials, policy: SaslPolicy, crypto: Crypto, pipelined: boolean) {
    this.#credentials = credentials;
    this.#policy = policy;
    this.#crypto = crypto;
    this.#pipelined = pipelined;
  }

  applies(stream: Negotiation): boolean {
    return stream.secure && !stream.authenticated;
  }

  opened(stream: Negotiation): void {
    if (!this.#pipelined) return;
    this.#unseen = true;
    this.#start(stream);
  }

  begin(features: Element, stream: Negotiation): void {
    this.#offered =
      features
        .child("mechanisms", NS_SASL)
        ?.childrenNamed("mechanism")
        .map((mechanism) => mechanism.text()) ?? [];
    this.#credentials.offered = this.#offered;
    if (this.#mechanism !== undefined) return;
    this.#unseen = false;
    this.#start(stream);
  }

  #start(stream: Negotiation): void {
    this.#mechanism = chooseMechanism(
      this.#unseen ? undefined : this.#offered,
      this.#credentials,
      this.#policy,
      this.#crypto,
    );
    if (this.#mechanism === undefined) return;
    const response = toText(this.#mechanism.start());
    stream.send(xml("auth", { xmlns: NS_SASL, mechanism: this.#mechanism.name }, response));
  }

  receive(element: Element, stream: Negotiation): boolean {
    if (element.namespace !== NS_SASL) return false;
    const mechanism = this.#mechanism;
    if (mechanism === undefined || this.#busy)
      throw new SaslError("malformed-request", `<${element.name}/> when nothing was asked`);
    switch (element.name) {
      case "challenge":
        this.#challenge(mechanism, fromText(element.text(), mechanism), stream);
        return true;
      case "success":
        mechanism.success(fromText(element.text(), mechanism));
        stream.authenticated = true;
        stream.restart();
        return true;
      case "failure":
        this.#failure(element, mechanism, stream);
        return true;
    }
    return false;
  }

  #challenge(mechanism: Mechanism, data: Uint8Array, stream: Negotiation): void {
    this.#busy = true;
    mechanism.challenge(data, (response): void => {
      this.#busy = false;
      const text = encodeBase64(response);
      stream.send(xml("response", { xmlns: NS_SASL }, text === "" ? undefined : text));
    });
  }

  #failure(element: Element, mechanism: Mechanism, stream: Negotiation): void {
    const condition =
      element.elements().find((child) => child.name !== "text")?.name ?? "not-authorized";
    const missing = this.#offered?.includes(mechanism.name) === false;
    if (this.#unseen && (missing || condition === "invalid-mechanism")) {
      // We asked for the strongest before having seen the offer. Now choose from that, once it is here.
      this.#unseen = false;
      this.#mechanism = undefined;
      if (this.#offered !== undefined) this.#start(stream);
      return;
    }
    if (condition === "not-authorized") mechanism.refused?.();
    throw new SaslError(condition, element.childText("text") ?? "", mechanism.name);
  }
}

/** RFC 6120 6.4.2: data of no length are written as "=". */
function toText(data: Uint8Array): string {
  return data.length === 0 ? "=" : encodeBase64(data);
}

function fromText(text: string, mechanism: Mechanism): Uint8Array {
  const data = text === "=" ? new Uint8Array(0) : decodeBase64(text);
  if (data === undefined)
    throw new SaslError("incorrect-encoding", "the server sent what is not base64", mechanism.name);
  return data;
}
