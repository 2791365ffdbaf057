/** XEP-0077: In-Band Registration, version 2.4: a device makes its own account. */

import { lookup } from "node:dns/promises";
import type { ClientOptions } from "../../firmware/client/client.js";
import { Connection } from "../../firmware/client/connection.js";
import {
  ConfigError,
  type StanzaError,
  TransportError,
  type XmppError,
} from "../../firmware/xmpp/errors.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { NS_CLIENT } from "../../firmware/xmpp/namespaces.js";
import { parseStanzaError } from "../../firmware/xmpp/stanza/error.js";
import { StartTLS } from "../../firmware/xmpp/stream/starttls.js";
import type { Negotiation, Step } from "../../firmware/xmpp/stream/step.js";
import { type Element, xml } from "../../firmware/xmpp/xml/element.js";
import { LIMITS } from "../../firmware/xmpp/xml/limits.js";
import { Names } from "../../firmware/xmpp/xml/names.js";
import type { Login } from "./plan.js";

export const NS_REGISTER = "jabber:iq:register";
const NS_FEATURE = "http://jabber.org/features/iq-register";
const ID = "register";

/**
 * Makes an account on the server of its address (section 3.1). One that is there already is left as it is.
 * @throws ConfigError `registration` when the server is not named, or takes no registrations
 * @throws XmppError when the server cannot be reached, or refuses
 */
export async function register(
  reach: Omit<ClientOptions, "jid" | "password">,
  { jid, password }: Login,
): Promise<void> {
  const { host, port, security, tcp, tls, timer } = reach;
  if (host === undefined)
    throw new ConfigError("registration", "accounts can be made in-band where server.uri is given");
  const account = JID.parse(jid);
  const direct = security === "direct";
  const { address } = await lookup(host);
  return new Promise((resolve, reject) => {
    let outcome: XmppError | undefined = new TransportError("connection-closed");
    const step = new Register(account.local, password, (error) => {
      outcome = error;
      connection.close();
    });
    const connection: Connection = new Connection(
      {
        address,
        port: port ?? (direct ? 5223 : 5222),
        direct,
        tcp,
        tls,
        timer,
        stream: {
          domain: account.domain,
          lang: "en",
          steps: [...(direct ? [] : [new StartTLS(false)]), step],
          limits: LIMITS,
          names: reach.names ?? new Names(),
          onTrace: reach.onTrace,
        },
      },
      {
        onWritable: () => {},
        onOnline: () => {},
        onElement: () => {},
        onHeard: () => {},
        onClosed: (error) => {
          const failure = error ?? outcome;
          if (failure === undefined) resolve();
          else reject(failure);
        },
      },
    );
  });
}

/** The step of negotiation that stands in for authentication. */
class Register implements Step {
  readonly #username: string;
  readonly #password: string;
  readonly #done: (error: XmppError | undefined) => void;

  constructor(username: string, password: string, done: (error: XmppError | undefined) => void) {
    this.#username = username;
    this.#password = password;
    this.#done = done;
  }

  applies(stream: Negotiation): boolean {
    return stream.secure && !stream.authenticated;
  }

  begin(features: Element, stream: Negotiation): void {
    if (features.child("register", NS_FEATURE) === undefined)
      return this.#done(
        new ConfigError(
          "registration",
          `${stream.domain} lets nobody make accounts in-band: allow it there, or have them made by the server's own command`,
        ),
      );
    const query = xml(
      "query",
      { xmlns: NS_REGISTER },
      xml("username", {}, this.#username),
      xml("password", {}, this.#password),
    );
    stream.send(xml("iq", { xmlns: NS_CLIENT, type: "set", id: ID }, query));
  }

  receive(element: Element): boolean {
    if (!element.is("iq", NS_CLIENT) || element.attr("id") !== ID) return false;
    if (element.attr("type") === "result") this.#done(undefined);
    else {
      const error: StanzaError = parseStanzaError(element);
      this.#done(error.condition === "conflict" ? undefined : error); // it is there already
    }
    return true;
  }
}
