/**
 * Who may look. On this machine's own address, whoever is on this machine. On any other, who has opened a link
 * that works once: it leaves a secret in a cookie.
 *
 * Web pages from elsewhere, which the person also has open, are kept out twice. By `Host`: a name of theirs may
 * be made to point here (DNS rebinding), but an address cannot, nor can this machine's own name. By `Origin`,
 * which browsers always send with a WebSocket's handshake (RFC 6455 10.2), and which has to be our own.
 */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostname } from "node:os";

/** Browsers that may be let in by links, the newest of them. */
const MAX_COOKIES = 16;

/** Why a request is refused: a status of HTTP, and what to do. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly text: string;
}

export class Access {
  readonly #needsToken: boolean;
  readonly #names: ReadonlySet<string>;
  /** Hashes of what cookies hold. */
  #cookies: Buffer[] = [];
  #key: string;

  /** @param host where the server listens */
  constructor(host: string) {
    this.#needsToken = !isLoopback(host);
    this.#names = new Set(["localhost", hostname().toLowerCase(), host.toLowerCase()]);
    this.#key = newSecret();
  }

  /** The path that lets one browser in; nothing when none is needed. Another one each time it was used. */
  get link(): string | undefined {
    return this.#needsToken ? `/enter?key=${this.#key}` : undefined;
  }

  /** Uses a link. Returns what the cookie is to hold, or nothing when the link is not the present one. */
  enter(key: string): string | undefined {
    if (!this.#needsToken || !areEqual(hash(key), hash(this.#key))) return undefined;
    this.#key = newSecret();
    const secret = newSecret();
    this.#cookies = [...this.#cookies, hash(secret)].slice(-MAX_COOKIES);
    return secret;
  }

  /** Checks a request for anything. */
  check(request: IncomingMessage): Refusal | undefined {
    const { host = "" } = request.headers;
    const name = nameIn(host);
    if (name === undefined || (isIP(name) === 0 && !this.#names.has(name)))
      return { status: 403, text: "This name is not one of this machine: open it by its address" };
    const { origin } = request.headers;
    if (origin !== undefined && origin !== `http://${host}`)
      return { status: 403, text: "Other pages may not come here" };
    return undefined;
  }

  /** Checks a request for what only those get who may look. */
  checkVisitor(request: IncomingMessage): Refusal | undefined {
    const refusal = this.check(request);
    if (refusal !== undefined || !this.#needsToken) return refusal;
    const secret = cookieIn(request, cookieName(request));
    const hashed = hash(secret ?? "");
    if (this.#cookies.some((cookie) => areEqual(cookie, hashed))) return undefined;
    return {
      status: 401,
      text: "Open the link that the dashboard has printed where it was started",
    };
  }

  /** Checks the handshake of a WebSocket. */
  checkSocket(request: IncomingMessage): Refusal | undefined {
    if (request.headers.origin === undefined)
      return { status: 403, text: "A WebSocket needs an Origin" };
    return this.checkVisitor(request);
  }
}

/** Whether only this machine gets to an address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Cookies belong to a host with all its ports, so the name has to tell dashboards from each other. */
export function cookieName({ headers: { host = "" } }: IncomingMessage): string {
  return `pipit-${/:([0-9]+)$/.exec(host)?.[1] ?? "80"}`;
}

function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** Hashes are of one length, and how long it takes to compare them says nothing about what they are of. */
function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function areEqual(one: Buffer, other: Buffer): boolean {
  return timingSafeEqual(one, other);
}

/** The host in `host:port` or `[address]:port` (RFC 9110 7.2). */
function nameIn(host: string): string | undefined {
  const [, address, name] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]@/]+))(?::[0-9]+)?$/i.exec(host) ?? [];
  return (address ?? name)?.toLowerCase();
}

function cookieIn({ headers: { cookie = "" } }: IncomingMessage, name: string): string | undefined {
  for (const pair of cookie.split(";")) {
    const [key, value] = pair.trim().split("=");
    if (key === name) return value;
  }
  return undefined;
}
