/**
 * The way to a server: from the options, from SRV records (RFC 6120 3.2), or from a server that sends us on; and
 * the address of each host on it.
 */

import type { Resolver, TimerHandle } from "../io.js";
import { TransportError } from "../xmpp/errors.js";
import { isAddress, literalAddress, parseHost } from "./hosts.js";
import type { ClientOptions } from "./options.js";
import { DEFAULT_PORT, ServerLookup, type Target } from "./srv.js";

const DIRECT_PORT = 5223;

/** Milliseconds that a host's resolver may take. */
const RESOLVE_TIMEOUT = 30_000;

/** RFC 6120 4.9.3.19: how many times in a row a server may send us elsewhere. */
const MAX_HOPS = 3;

export interface RouteEvents {
  /** A server to connect to. `next` has another if that one is no good. */
  onFound(target: Target, address: string): void;
  onFailed(error: TransportError): void;
}

export class Route {
  readonly #options: ClientOptions;
  readonly #domain: string;
  readonly #random: () => number;
  readonly #events: RouteEvents;
  /** The servers still to be tried. */
  #targets: Target[] = [];
  #hops = 0;
  #lookup: ServerLookup | undefined;
  #resolver: Resolver | undefined;
  #timeout: TimerHandle | undefined;

  /** @param random gives numbers from 0 up to, not including, 1 */
  constructor(options: ClientOptions, domain: string, random: () => number, events: RouteEvents) {
    this.#options = options;
    this.#domain = domain;
    this.#random = random;
    this.#events = events;
  }

  /**
   * Finds the servers, and tries the first.
   * @param location where the server would like a session to be resumed (XEP-0198 section 5); empty for nowhere
   */
  find(location: string): void {
    this.#hops = 0;
    const { security, dns, timer, crypto } = this.#options;
    const direct = security === "direct";
    const preferred = parseHost(location, direct);
    this.#targets = preferred === undefined ? [] : [preferred];
    const host = this.#options.host ?? literalAddress(this.#domain);
    if (host !== undefined || dns === undefined) {
      const port = this.#options.port ?? (direct ? DIRECT_PORT : DEFAULT_PORT);
      this.#targets.push({ host: host ?? this.#domain, port, direct });
      this.next();
      return;
    }
    const io = { dns, timer, crypto, random: this.#random };
    this.#lookup = new ServerLookup(this.#domain, io, (error, targets) => {
      this.#lookup = undefined;
      this.#targets = this.#targets.concat(targets);
      if (error === undefined) this.next();
      else this.#events.onFailed(error);
    });
  }

  /** Tries the next server. @returns whether there was one */
  next(): boolean {
    const target = this.#targets.shift();
    if (target === undefined) return false;
    if (isAddress(target.host)) this.#events.onFound(target, target.host);
    else this.#resolve(target);
    return true;
  }

  /**
   * Takes what a server says of where to go instead (RFC 6120 4.9.3.19). The certificate there must still be for
   * our own domain. `next` goes there.
   * @returns why not
   */
  redirect(text: string): TransportError | undefined {
    const target = parseHost(text, this.#options.security === "direct");
    if (target === undefined || ++this.#hops > MAX_HOPS) {
      const why = target === undefined ? "to no valid host" : "in circles";
      return new TransportError("see-other-host", `the server sends us ${why}`, "later");
    }
    this.#targets = [target];
    return undefined;
  }

  /** Gives up what is under way, and the servers still to be tried. */
  stop(): void {
    this.#targets = [];
    this.#lookup?.close();
    this.#lookup = undefined;
    this.#closeResolver();
  }

  #resolve(target: Target): void {
    const { host } = target;
    const { dns, timer } = this.#options;
    const fail = (why: string): void => {
      this.#closeResolver();
      this.#events.onFailed(new TransportError("remote-server-not-found", `${host} ${why}`));
    };
    if (dns === undefined) return fail("is a name, and there is no DNS");
    try {
      this.#timeout = timer.set(() => fail("was not resolved in time"), RESOLVE_TIMEOUT);
      this.#resolver = new dns.io(dns);
      this.#resolver.resolve({
        host,
        onResolved: (_host, address) => {
          this.#closeResolver();
          this.#events.onFound(target, address);
        },
        onError: () => fail("has no address"),
      });
    } catch (error) {
      fail(`cannot be resolved: ${error}`);
    }
  }

  #closeResolver(): void {
    this.#options.timer.clear(this.#timeout);
    this.#resolver?.close();
    this.#resolver = undefined;
  }
}
