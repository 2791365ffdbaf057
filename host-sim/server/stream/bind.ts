/** Resource binding (RFC 6120 section 7). */

import { ConfigError, StanzaError, StreamError } from "../../../firmware/xmpp/errors.js";
import { JID } from "../../../firmware/xmpp/jid.js";
import { NS_BIND } from "../../../firmware/xmpp/namespaces.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import { errorReply, resultReply } from "../reply.js";
import type { Feature } from "./feature.js";
import type { ServerStream } from "./stream.js";

/** Of a resource that the server chooses. */
const RESOURCE_BYTES = 9;

/** Its one element is an iq: the only stanza that a stream takes before a resource is bound. */
export const bind: Feature = Object.freeze({
  namespace: NS_BIND,

  offer(stream: ServerStream): Element | undefined {
    return stream.username === undefined ? undefined : xml("bind", { xmlns: NS_BIND });
  },

  receive(iq: Element, stream: ServerStream): void {
    const request = iq.child("bind", NS_BIND);
    if (iq.name !== "iq" || iq.attr("type") !== "set" || request === undefined)
      throw new StreamError("not-authorized", "a resource must be bound before anything else");
    try {
      const jid = address(request.childText("resource") ?? "", stream);
      stream.bind(jid);
      const bound = xml("bind", { xmlns: NS_BIND }, xml("jid", {}, jid.toString()));
      stream.send(resultReply(iq, bound));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      stream.send(errorReply(iq, new StanzaError("bad-request", "modify", error.text)));
    }
  },
});

/** @throws ConfigError for a resource that cannot be one */
function address(resource: string, stream: ServerStream): JID {
  const chosen = resource || Buffer.from(stream.random(RESOURCE_BYTES)).toString("base64url");
  return JID.of(stream.username as string, stream.domain, chosen);
}
