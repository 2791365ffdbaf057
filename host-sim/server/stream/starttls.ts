/** STARTTLS (RFC 6120 section 5), which every client must use. */

import { StreamError } from "../../../firmware/xmpp/errors.js";
import { NS_TLS } from "../../../firmware/xmpp/namespaces.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import type { Feature } from "./feature.js";
import type { ServerStream } from "./stream.js";

export const startTLS: Feature = Object.freeze({
  namespace: NS_TLS,

  offer(stream: ServerStream): Element | undefined {
    return stream.secure ? undefined : xml("starttls", { xmlns: NS_TLS }, xml("required"));
  },

  receive(element: Element, stream: ServerStream): void {
    if (element.name !== "starttls")
      throw new StreamError("unsupported-stanza-type", `<${element.name}/> is for servers to say`);
    if (stream.secure) throw new StreamError("policy-violation", "TLS is in place already");
    stream.startTLS();
  },
});
