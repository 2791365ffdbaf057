/** The errors of XEP-0060, each with the stanza error that goes with it. */

import { StanzaError, type StanzaErrorType } from "../../../firmware/xmpp/errors.js";
import { NS_PUBSUB_ERRORS } from "../../../firmware/xmpp/extensions/pubsub.js";
import { xml } from "../../../firmware/xmpp/xml/element.js";
import { DetailedError } from "../reply.js";

/** The conditions of the namespace `…/pubsub#errors` that are used here, by the section that defines them. */
const CONDITIONS = {
  "closed-node": ["not-allowed", "cancel"], // 6.1.3.4
  "invalid-jid": ["bad-request", "modify"], // 6.1.3.1
  "invalid-payload": ["bad-request", "modify"], // 7.1.3.6
  "item-forbidden": ["bad-request", "modify"], // 7.1.3.7
  "item-required": ["bad-request", "modify"], // 7.1.3.7
  "nodeid-required": ["bad-request", "modify"], // 7.2.3.3
  "not-subscribed": ["unexpected-request", "cancel"], // 6.2.3.2
  "payload-required": ["bad-request", "modify"], // 7.1.3.7
  "precondition-not-met": ["conflict", "cancel"], // 7.1.5
  "unsupported-access-model": ["not-acceptable", "modify"], // 8.1.2
} as const satisfies Record<string, readonly [string, StanzaErrorType]>;

/** The error with a condition of XEP-0060's own. */
export function pubsubError(detail: keyof typeof CONDITIONS, text = ""): StanzaError {
  const [condition, type] = CONDITIONS[detail];
  return new DetailedError(condition, type, xml(detail, { xmlns: NS_PUBSUB_ERRORS }), text);
}

/** What was asked for is optional in XEP-0060 and not done here, or not for this node. */
export function unsupported(feature: string): StanzaError {
  const detail = xml("unsupported", { xmlns: NS_PUBSUB_ERRORS, feature });
  return new DetailedError("feature-not-implemented", "cancel", detail);
}

export function forbidden(text: string): StanzaError {
  return new StanzaError("forbidden", "auth", text);
}

export function itemNotFound(text: string): StanzaError {
  return new StanzaError("item-not-found", "cancel", text);
}
