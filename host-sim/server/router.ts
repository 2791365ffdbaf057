/** Brings stanzas to whom they are addressed (RFC 6120 section 10, RFC 6121 section 8). */

import { ConfigError, StanzaError } from "../../firmware/xmpp/errors.js";
import { JID } from "../../firmware/xmpp/jid.js";
import type { Element } from "../../firmware/xmpp/xml/element.js";
import { errorReply, isAnswer } from "./reply.js";
import type { Session } from "./session.js";

/** What answers for an address that is no client's. Stanzas for it have a `from`. */
export interface Component {
  receive(stanza: Element): void;
}

export class Router {
  /** By domain. */
  readonly #components = new Map<string, Component>();
  /** By bare JID, then by full JID. */
  readonly #accounts = new Map<string, Map<string, Session>>();
  readonly #domain: string;
  readonly #accountService: Component;

  /**
   * @param domain that of the accounts
   * @param accountService answers iqs to bare JIDs on behalf of the accounts (RFC 6121 8.5.2.1.3)
   */
  constructor(domain: string, accountService: Component) {
    this.#domain = domain;
    this.#accountService = accountService;
  }

  addComponent(domain: string, component: Component): void {
    this.#components.set(domain, component);
  }

  /** Begins a session. One that has the address already is ended (RFC 6120 7.7.2.2). */
  add(session: Session): void {
    this.#accounts.get(session.account)?.get(session.address)?.replace();
    let sessions = this.#accounts.get(session.account);
    if (sessions === undefined) {
      sessions = new Map();
      this.#accounts.set(session.account, sessions);
    }
    sessions.set(session.address, session);
  }

  remove(session: Session): void {
    const sessions = this.#accounts.get(session.account);
    sessions?.delete(session.address);
    if (sessions?.size === 0) this.#accounts.delete(session.account);
  }

  /** The sessions of an account. @param account its bare JID */
  sessions(account: string): Iterable<Session> {
    return this.#accounts.get(account)?.values() ?? [];
  }

  /** Brings a stanza to every available session of an account, whatever its priority. */
  broadcast(account: string, stanza: Element): void {
    for (const session of this.sessions(account))
      if (session.presence !== undefined) session.deliver(stanza);
  }

  /**
   * Brings a stanza to whom it is for. If that cannot be, its sender is told, unless it is one that nobody
   * answers. Without `to` it is for the sender's own account (RFC 6120 10.3).
   */
  route(stanza: Element): void {
    try {
      const to = stanza.attr("to") ?? bareOf(stanza.attr("from") ?? "");
      const component = this.#components.get(to);
      if (component !== undefined) component.receive(stanza);
      else this.#routeTo(parse(to), stanza);
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      if (!isAnswer(stanza) && stanza.name !== "presence") this.route(errorReply(stanza, error));
    }
  }

  #routeTo(jid: JID, stanza: Element): void {
    const component = this.#components.get(jid.domain);
    if (component !== undefined && (jid.domain !== this.#domain || jid.local === ""))
      return component.receive(stanza);
    if (jid.domain !== this.#domain)
      throw new StanzaError("remote-server-not-found", "cancel", `${jid.domain} is not here`);
    if (jid.isBare) return this.#routeToAccount(jid, stanza);
    const session = this.#accounts.get(jid.bare.toString())?.get(jid.toString());
    if (session !== undefined) session.deliver(stanza);
    // RFC 6121 8.5.3.2.1: a chat goes on with whatever resource there is.
    else if (stanza.name === "message" && stanza.attr("type") === "chat")
      this.#routeMessage(jid.bare, stanza);
    else this.#undeliverable(stanza);
  }

  #routeToAccount(account: JID, stanza: Element): void {
    if (stanza.name === "message") this.#routeMessage(account, stanza);
    else if (stanza.name === "iq") this.#accountService.receive(stanza);
    else this.broadcast(account.toString(), stanza);
  }

  /** RFC 6121 8.5.2.1.1: to every resource that takes messages for the account, but not a groupchat. */
  #routeMessage(account: JID, message: Element): void {
    const type = message.attr("type");
    if (type === "error") return;
    let delivered = false;
    if (type !== "groupchat")
      for (const session of this.sessions(account.toString()))
        if (session.attractsMessages) {
          session.deliver(message);
          delivered = true;
        }
    if (!delivered) this.#undeliverable(message);
  }

  /** RFC 6121 8.5.2.2 and 8.5.3.2: nothing is kept for later, and a headline may get lost. */
  #undeliverable(stanza: Element): void {
    if (stanza.name === "message" && stanza.attr("type") === "headline") return;
    throw new StanzaError("service-unavailable", "cancel");
  }
}

/** The bare JID of an address that a server has written. */
export function bareOf(address: string): string {
  const slash = address.indexOf("/");
  return slash < 0 ? address : address.slice(0, slash);
}

/** @throws StanzaError `jid-malformed` */
function parse(address: string): JID {
  try {
    return JID.parse(address);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new StanzaError("jid-malformed", "modify", error.text);
  }
}
