/**
 * XEP-0030: Service Discovery, version 2.5.0, and XEP-0115: Entity Capabilities, version 1.6.0.
 *
 * They are one file because the second is a digest of the first.
 */

import type { Crypto } from "../../io.js";
import { encodeBase64 } from "../base64.js";
import { StanzaError, type XmppError } from "../errors.js";
import type { Extension, Stanzas } from "../stanza/dispatcher.js";
import { encode } from "../utf8.js";
import { type Element, xml } from "../xml/element.js";

export const NS_DISCO_INFO = "http://jabber.org/protocol/disco#info";
export const NS_DISCO_ITEMS = "http://jabber.org/protocol/disco#items";
export const NS_CAPS = "http://jabber.org/protocol/caps";

/** What an entity is, by the registry of XEP-0030 identities. */
export interface Identity {
  category: string;
  type: string;
  name?: string;
  lang?: string;
}

export interface DiscoOptions {
  /** What this device is. */
  identity: Identity;
  /** A URI that stands for the software; the `node` of its capabilities. */
  node: string;
  crypto: Crypto;
}

/** Says what this device is and can do, and puts a digest of it into its presence. */
export class Disco implements Extension {
  readonly #options: DiscoOptions;

  constructor(options: DiscoOptions) {
    this.#options = options;
  }

  install(stanzas: Stanzas): void {
    const { identity, node, crypto } = this.#options;
    // Other extensions may come after this one, so the digest waits until it is asked for.
    const version = (): string => capsVersion(identity, stanzas.features, crypto);
    stanzas.addFeature(NS_DISCO_INFO);
    stanzas.addFeature(NS_CAPS);
    stanzas.onIq("get", "query", NS_DISCO_INFO, (query) => {
      const asked = query.attr("node");
      // XEP-0115 6.2: whoever has seen the digest asks for the node that it names.
      if (asked !== undefined && asked !== `${node}#${version()}`)
        throw new StanzaError("item-not-found", "cancel");
      return info(asked, identity, stanzas.features);
    });
    stanzas.onSendPresence(() => xml("c", { xmlns: NS_CAPS, hash: "sha-1", node, ver: version() }));
  }
}

function info(node: string | undefined, identity: Identity, features: readonly string[]): Element {
  const { category, type, name, lang } = identity;
  return xml(
    "query",
    { xmlns: NS_DISCO_INFO, node },
    xml("identity", { category, type, name, "xml:lang": lang }),
    ...features.map((feature) => xml("feature", { var: feature })),
  );
}

/**
 * The verification string of XEP-0115 5.1 for one identity and no forms, hashed with SHA-1. "<" is its delimiter;
 * disco#info that contains one in a value could be read as other features, so nothing of ours does.
 */
function capsVersion(identity: Identity, features: readonly string[], crypto: Crypto): string {
  const { category, type, lang, name } = identity;
  // The order is that of octets. Features are in ASCII (XEP-0030 section 6), where every order is that.
  const parts = [`${category}/${type}/${lang ?? ""}/${name ?? ""}`, ...features.slice().sort(), ""];
  return encodeBase64(crypto.digest("sha-1", encode(parts.join("<"))));
}

/** What an entity says of itself. */
export interface DiscoInfo {
  identities: Identity[];
  features: string[];
}

/** Asks an entity, or one of its nodes, what it is. */
export function discoverInfo(
  stanzas: Stanzas,
  to: string,
  node: string | undefined,
  done: (error: XmppError | undefined, info?: DiscoInfo) => void,
): void {
  stanzas.request("get", to, xml("query", { xmlns: NS_DISCO_INFO, node }), (error, reply) => {
    if (error !== undefined) return done(error);
    const query = reply?.child("query", NS_DISCO_INFO);
    const identities = query?.childrenNamed("identity") ?? [];
    const features = query?.childrenNamed("feature") ?? [];
    done(undefined, {
      identities: identities.map((identity) => ({
        category: identity.attr("category") ?? "",
        type: identity.attr("type") ?? "",
        name: identity.attr("name") ?? "",
      })),
      features: features.map((feature) => feature.attr("var") ?? ""),
    });
  });
}
