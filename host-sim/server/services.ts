/** What the server answers by itself: for its domain, and on behalf of accounts. */

import { StanzaError } from "../../firmware/xmpp/errors.js";
import { NS_DISCO_ITEMS } from "../../firmware/xmpp/extensions/disco.js";
import { type Element, xml } from "../../firmware/xmpp/xml/element.js";
import { IqService } from "./iq-service.js";
import { bareOf, type Component } from "./router.js";

const NS_ROSTER = "jabber:iq:roster";

/** @param items the addresses of the services at this domain */
export function domainService(
  send: (stanza: Element) => void,
  items: readonly string[],
): Component {
  const service = new IqService(send);
  service.introduce({ category: "server", type: "im", name: "Pipit" }, []);
  service.on("get", "query", NS_DISCO_ITEMS, ({ reply }) => {
    reply(xml("query", { xmlns: NS_DISCO_ITEMS }, ...items.map((jid) => xml("item", { jid }))));
  });
  return service;
}

/** Answers for the bare JID of every account, but only to the account itself (RFC 6121 8.5.2.1.3). */
export function accountService(send: (stanza: Element) => void): Component {
  const service = new IqService(send);
  service.introduce({ category: "account", type: "registered" }, []);
  // RFC 6121 2.1.3: a roster without contacts, as every account has it.
  service.on("get", "query", NS_ROSTER, ({ reply }) => reply(xml("query", { xmlns: NS_ROSTER })));
  service.on("get", "query", NS_DISCO_ITEMS, ({ reply }) =>
    reply(xml("query", { xmlns: NS_DISCO_ITEMS })),
  );
  return {
    receive(iq) {
      const from = bareOf(iq.attr("from") as string);
      if (from === (iq.attr("to") ?? from)) return service.receive(iq);
      throw new StanzaError("service-unavailable", "cancel");
    },
  };
}
