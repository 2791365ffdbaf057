/** How servers find each other, so that accounts of one reach services of another (RFC 6120 13.7). */

import { randomInt } from "node:crypto";

/**
 * Where servers expect each other (RFC 6120 14.7). Only DNS could name another port, so it is the same for all,
 * and each server has an address of its own.
 */
export const S2S_PORT = 5269;

/** What a server knows of those it talks to. It trusts whom its own authority vouches for. */
export interface Federation {
  /** Where this one listens for the others, at {@link S2S_PORT}. */
  readonly address: string;
  /** The addresses of the others, by domain. */
  readonly peers: Readonly<Record<string, string>>;
}

/** An address on loopback that nobody else is likely to use: all of 127.0.0.0/8 is this machine. */
export function loopbackAddress(): string {
  return ["127", randomInt(1, 255), randomInt(1, 255), randomInt(1, 255)].join(".");
}

/** The addresses of the other servers and of the services below them, as a file of hosts has it. */
export function hostsFile({ peers }: Federation): string {
  return Object.entries(peers)
    .map(([domain, address]) => `${address} ${domain} pubsub.${domain}\n`)
    .join("");
}
