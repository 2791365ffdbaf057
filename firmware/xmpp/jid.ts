/**
 * XMPP addresses: RFC 7622, without the zone identifiers that RFC 9844 took out again.
 *
 * A JID is prepared when it is made, so two JIDs are the same address exactly when their parts are the same
 * strings.
 */

import { ConfigError } from "./errors.js";
import { forbid, isASCII, opaqueString, type Refusal, usernameCaseMapped } from "./precis.js";
import { byteLength } from "./utf8.js";

/** Bytes of UTF-8 in one part, at most (RFC 7622 3.1). */
const MAX_PART = 1023;

/** Characters of PRECIS identifiers that a local part must not have (RFC 7622 3.3.1). */
const EXCLUDED = /["&'/:<>@]/;

/** The characters of a label. Hyphens at its ends are looked for apart: XS loses count of `(?:a{0,61}b)?`. */
const LABEL = /^[a-z0-9-]{1,63}$/;

/** What some resolvers take for an IPv4 address when a name ends in it, and others do not: `127.1`, `0x7f`. */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/;

/** An octet of an IPv4 address, up to 999: no leading zeros, which some resolvers take for octal. */
const OCTET = /^(?:0|[1-9]\d{0,2})$/;

const HEX_GROUP = /^[0-9a-f]{1,4}$/;

/** An address, `local@domain/resource`. Immutable. */
export class JID {
  /** The account at the domain; empty when the address is a server or a service. */
  readonly local: string;
  /** A host name in lower case with A-labels, an IPv4 address, or an IPv6 address in brackets. */
  readonly domain: string;
  /** The session or the device of the account; empty in a bare JID. */
  readonly resource: string;

  /** Takes prepared parts. */
  private constructor(local: string, domain: string, resource: string) {
    this.local = local;
    this.domain = domain;
    this.resource = resource;
  }

  /**
   * Reads an address.
   * @throws ConfigError `jid-malformed` with the part that is wrong and why
   */
  static parse(text: string): JID {
    // In this order (RFC 7622 3.2), for "@" and "/" are ordinary characters in a resource; and before any
    // mapping (3.1), which may bring forth either.
    const slash = text.indexOf("/");
    const address = slash < 0 ? text : text.slice(0, slash);
    const at = address.indexOf("@");
    if (at === 0) throw malformed("local part")("is empty: leave out the @");
    if (slash >= 0 && slash === text.length - 1)
      throw malformed("resource")("is empty: leave out the /");
    return JID.of(
      at < 0 ? "" : address.slice(0, at),
      address.slice(at + 1),
      slash < 0 ? "" : text.slice(slash + 1),
    );
  }

  /**
   * Makes an address of its parts. An empty `local` or `resource` is an absent one.
   * @throws ConfigError `jid-malformed` with the part that is wrong and why
   */
  static of(local: string, domain: string, resource = ""): JID {
    return new JID(prepareLocal(local), prepareDomain(domain), prepareResource(resource));
  }

  /** The address without its resource. */
  get bare(): JID {
    return this.isBare ? this : new JID(this.local, this.domain, "");
  }

  get isBare(): boolean {
    return this.resource === "";
  }

  /**
   * The address with another resource, or with none when `resource` is empty.
   * @throws ConfigError `jid-malformed` when it is no valid resource
   */
  with(resource: string): JID {
    return new JID(this.local, this.domain, prepareResource(resource));
  }

  /** Whether both are the same address, the resource included (RFC 7622 3.2.3, RFC 8265 3.3.4 and 4.2.3). */
  equals(other: JID): boolean {
    return (
      this.local === other.local && this.domain === other.domain && this.resource === other.resource
    );
  }

  /** The address as it goes into a stanza. */
  toString(): string {
    const local = this.local === "" ? "" : `${this.local}@`;
    return this.isBare ? local + this.domain : `${local}${this.domain}/${this.resource}`;
  }
}

function malformed(part: string): Refusal {
  return (why) => new ConfigError("jid-malformed", `the ${part} ${why}`);
}

/** Refuses a part that is too long: bytes, and after all mapping (RFC 7622 3.1 to 3.4). */
function limit(prepared: string, refusal: Refusal): string {
  // Walking a string is slow on XS, and no character takes more than four bytes.
  if (prepared.length * 4 <= MAX_PART) return prepared;
  const length = byteLength(prepared);
  if (length > MAX_PART) throw refusal(`has ${length} bytes, ${MAX_PART} is the most`);
  return prepared;
}

function prepareLocal(text: string): string {
  const refusal = malformed("local part");
  const local = usernameCaseMapped(text, refusal);
  // On the outcome, for the mapping may have made one of them from a full-width character.
  forbid(EXCLUDED, local, refusal);
  return limit(local, refusal);
}

function prepareResource(text: string): string {
  const refusal = malformed("resource");
  return limit(opaqueString(text, refusal), refusal);
}

function prepareDomain(text: string): string {
  const refusal = malformed("domain");
  // RFC 7622 3.2.1 wants U-labels, and to map or to compare those takes Punycode and the tables of IDNA2008.
  // A server could take a label in either form for the same host, so there must be only one form here: the
  // A-label, which DNS and TLS need anyway.
  if (!isASCII(text))
    throw refusal("has characters other than ASCII: write such labels as A-labels (xn--...)");
  const domain = (text.endsWith(".") ? text.slice(0, -1) : text).toLowerCase();
  if (domain === "") throw refusal("is empty");
  limit(domain, refusal);
  if (domain.startsWith("[")) {
    if (!domain.endsWith("]") || !isIPv6(domain.slice(1, -1)))
      throw refusal("is not an IPv6 address in brackets, without a zone identifier");
  } else {
    checkName(domain.split("."), refusal);
  }
  return domain;
}

/**
 * Checks the labels of an IPv4 address, or of a host name of A-labels and NR-LDH labels (RFC 5890 2.3.1).
 * That leaves out the underscore: it is in neither, and certificates and resolvers cannot be relied on to
 * take it in the name of a host.
 */
function checkName(labels: readonly string[], refusal: Refusal): void {
  if (NUMBER.test(labels[labels.length - 1] as string)) {
    if (!isIPv4(labels)) throw refusal("ends in a number, but is not an IPv4 address");
    return;
  }
  labels.forEach((label) => {
    if (!LABEL.test(label) || label.startsWith("-") || label.endsWith("-"))
      throw refusal(
        `has the label ${JSON.stringify(label)}: it needs 1 to 63 letters, digits and inner hyphens`,
      );
    if (label.slice(2, 4) === "--" && !label.startsWith("xn"))
      throw refusal(`has the label "${label}", which is reserved: only xn may stand before --`);
  });
}

/** IPv4address of RFC 3986 3.2.2. */
function isIPv4(octets: readonly string[]): boolean {
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255);
}

/** IPv6address of RFC 3986 3.2.2, in lower case. */
function isIPv6(text: string): boolean {
  const tail = text.slice(text.lastIndexOf(":") + 1);
  // A dotted quad at the end stands for two groups.
  if (tail.includes("."))
    return isIPv4(tail.split(".")) && isIPv6(`${text.slice(0, text.length - tail.length)}0:0`);
  const halves = text.split("::");
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  // "::" stands for one group at least.
  const complete =
    halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8;
  return complete && groups.every((group) => HEX_GROUP.test(group));
}
