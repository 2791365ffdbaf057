/** Answers iq stanzas by what they carry: the server itself is one of these, and so is its pub/sub service. */

import { StanzaError } from "../../firmware/xmpp/errors.js";
import {
  type Identity,
  NS_DISCO_INFO,
  NS_DISCO_ITEMS,
} from "../../firmware/xmpp/extensions/disco.js";
import { NS_PING } from "../../firmware/xmpp/extensions/ping.js";
import { type Element, xml } from "../../firmware/xmpp/xml/element.js";
import { errorReply, isAnswer, resultReply } from "./reply.js";
import type { Component } from "./router.js";

/** An iq that waits for its answer. */
export interface IqRequest {
  readonly iq: Element;
  /** The one child of the iq. */
  readonly payload: Element;
  /** Sends the result. To be called once, unless an error is thrown. */
  reply(payload?: Element): void;
}

/**
 * Carries out a request and replies, or throws.
 * @throws StanzaError to answer with an error
 */
export type RequestHandler = (request: IqRequest) => void;

export class IqService implements Component {
  readonly #send: (stanza: Element) => void;
  readonly #handlers = new Map<string, RequestHandler>();

  /** @param send takes what is answered */
  constructor(send: (stanza: Element) => void) {
    this.#send = send;
  }

  on(type: "get" | "set", name: string, namespace: string, handler: RequestHandler): void {
    this.#handlers.set(`${type} ${name} ${namespace}`, handler);
  }

  /**
   * Answers pings (XEP-0199), and disco#info that asks what this is (XEP-0030).
   * @param describe the answer for a node, if there is such a node
   */
  introduce(
    identity: Identity,
    features: readonly string[],
    describe: (node: string) => Element | undefined = () => undefined,
  ): void {
    const info = discoInfo(undefined, identity, [
      NS_DISCO_INFO,
      NS_DISCO_ITEMS,
      NS_PING,
      ...features,
    ]);
    this.on("get", "ping", NS_PING, ({ reply }) => reply());
    this.on("get", "query", NS_DISCO_INFO, ({ payload, reply }) => {
      const node = payload.attr("node");
      const answer = node === undefined ? info : describe(node);
      if (answer === undefined) throw new StanzaError("item-not-found", "cancel");
      reply(answer);
    });
  }

  receive(stanza: Element): void {
    if (isAnswer(stanza) || stanza.name === "presence") return;
    try {
      if (stanza.name !== "iq") throw new StanzaError("service-unavailable", "cancel");
      this.#handle(stanza);
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      this.#send(errorReply(stanza, error));
    }
  }

  #handle(iq: Element): void {
    const payload = iq.elements()[0] as Element; // there is one: the session has seen to it
    const key = `${iq.attr("type")} ${payload.name} ${payload.namespace}`;
    const handler = this.#handlers.get(key);
    if (handler === undefined) throw new StanzaError("service-unavailable", "cancel");
    handler({ iq, payload, reply: (result) => this.#send(resultReply(iq, result)) });
  }
}

export function discoInfo(
  node: string | undefined,
  identity: Identity,
  features: readonly string[],
): Element {
  return xml(
    "query",
    { xmlns: NS_DISCO_INFO, node },
    xml("identity", { ...identity }),
    ...features.map((feature) => xml("feature", { var: feature })),
  );
}
