/** Hosts, as JIDs, options and servers name them. */

import { DEFAULT_PORT, type Target } from "./srv.js";

/** The address that a JID has in the place of a domain name; IPv6 stands in brackets there. */
export function literalAddress(domain: string): string | undefined {
  return isAddress(domain) ? domain.replace(/^\[|\]$/g, "") : undefined;
}

/** Whether it is an address and not a name. */
export function isAddress(host: string): boolean {
  return host.includes(":") || /^[0-9]+(\.[0-9]+){3}$/.test(host);
}

/** `host`, `host:port` or `[address]:port`. */
export function parseHost(text: string, direct: boolean): Target | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::([0-9]{1,5}))?$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port, direct };
}
