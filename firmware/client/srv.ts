/** Finds the servers of a domain by SRV records (RFC 6120 3.2.1, RFC 2782, XEP-0368 version 1.1.0). */

import type { Crypto, DNSOptions, Timer, TimerHandle, UDPSocket } from "../io.js";
import { TransportError } from "../xmpp/errors.js";
import { NOERROR, NXDOMAIN, parseSrvResponse, type SrvRecord, srvQuery } from "./dns.js";

/** A server to try: a host and port, and whether TLS begins with the connection. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly direct: boolean;
}

/** The port of RFC 6120 14.7. */
export const DEFAULT_PORT = 5222;

/** The two services, and whether a connection to them begins with TLS. */
const SERVICES = Object.freeze([
  Object.freeze({ prefix: "_xmpps-client._tcp.", direct: true }),
  Object.freeze({ prefix: "_xmpp-client._tcp.", direct: false }),
]);

/** How long a name server gets, in milliseconds, and how often all of them are asked. */
const QUERY_TIMEOUT = 2_000;
const ROUNDS = 2;

const DNS_PORT = 53;

/** What a name server said about one service; `undefined` while it has said nothing. */
type Answer = readonly SrvRecord[] | undefined;

/** One look-up. `close()` ends it without a result. */
export class ServerLookup {
  readonly #domain: string;
  readonly #dns: DNSOptions;
  readonly #timer: Timer;
  readonly #random: () => number;
  readonly #done: (error: TransportError | undefined, targets: Target[]) => void;
  readonly #ids: number[];
  readonly #answers: Answer[] = SERVICES.map(() => undefined);
  #udp: UDPSocket | undefined;
  #timeout: TimerHandle | undefined;
  #tries = 0;

  /**
   * @param done gets the servers in the order in which to try them. No answer at all is no error: the domain
   *   itself is tried then, as RFC 6120 3.2.1 has it
   */
  constructor(
    domain: string,
    io: { dns: DNSOptions; timer: Timer; crypto: Crypto; random: () => number },
    done: (error: TransportError | undefined, targets: Target[]) => void,
  ) {
    this.#domain = domain;
    this.#dns = io.dns;
    this.#timer = io.timer;
    this.#random = io.random;
    this.#done = done;
    // Ids that cannot be guessed are what keeps strangers from answering (RFC 5452).
    this.#ids = SERVICES.map(() => {
      const bytes = io.crypto.random(2);
      return ((bytes[0] as number) << 8) | (bytes[1] as number);
    });
    this.#timeout = this.#timer.set(() => this.#ask(), 0);
  }

  close(): void {
    this.#timer.clear(this.#timeout);
    this.#udp?.close();
    this.#udp = undefined;
  }

  /** Asks the next name server what is not known yet. */
  #ask(): void {
    const servers = this.#dns.servers;
    if (this.#tries === ROUNDS * servers.length) return this.#finish();
    const { address, port } = splitPort(servers[this.#tries % servers.length] as string);
    this.#tries++;
    this.#timeout = this.#timer.set(() => this.#ask(), QUERY_TIMEOUT);
    this.#udp?.close();
    this.#udp = undefined;
    try {
      this.#udp = new this.#dns.socket.io({
        onReadable: (): void => this.#read(address, port),
        onError: (): void => {},
      });
      for (let i = 0; i < SERVICES.length; i++) {
        if (this.#answers[i] !== undefined) continue;
        const query = srvQuery(this.#ids[i] as number, this.#name(i));
        this.#udp.write(query, address, port);
      }
    } catch {
      // An unreachable name server is one that does not answer: the next one is asked in time.
    }
  }

  #name(service: number): string {
    return (SERVICES[service] as { prefix: string }).prefix + this.#domain;
  }

  #read(address: string, port: number): void {
    for (;;) {
      const datagram = this.#udp?.read();
      if (datagram === undefined) break;
      if (datagram.address !== address || datagram.port !== port) continue;
      const response = parseSrvResponse(new Uint8Array(datagram));
      const i = this.#ids.findIndex(
        (id, service) => id === response?.id && this.#name(service) === response.name,
      );
      if (response === undefined || i < 0 || this.#answers[i] !== undefined) continue;
      if (response.rcode === NOERROR && !response.truncated) this.#answers[i] = response.records;
      else if (response.rcode === NXDOMAIN) this.#answers[i] = [];
      // Any other code is this server's trouble; the next one may know.
    }
    if (this.#answers.every((answer) => answer !== undefined)) this.#finish();
  }

  #finish(): void {
    this.close();
    const records = this.#answers.flatMap((answer, i) =>
      (answer ?? []).map((record) => ({ ...record, direct: SERVICES[i]?.direct ?? false })),
    );
    const offered = records.filter((record) => record.target !== "");
    if (offered.length > 0) {
      const targets = orderRecords(offered, this.#random);
      return this.#done(
        undefined,
        targets.map(({ target, port, direct }) => ({ host: target, port, direct })),
      );
    }
    // RFC 2782: "." as the only target says that the service is decidedly not there.
    if (records.some((record) => !record.direct))
      return this.#done(
        new TransportError(
          "service-unavailable",
          `${this.#domain} says in its DNS that it offers no XMPP`,
          "later",
        ),
        [],
      );
    this.#done(undefined, [{ host: this.#domain, port: DEFAULT_PORT, direct: false }]);
  }
}

/** Sorts by priority, and within one priority draws by weight (RFC 2782, "Usage rules"). */
export function orderRecords<T extends { priority: number; weight: number }>(
  records: readonly T[],
  random: () => number,
): T[] {
  const left = records.slice().sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: T[] = [];
  while (left.length > 0) {
    const priority = (left[0] as T).priority;
    const group = left.filter((record) => record.priority === priority);
    const sum = group.reduce((total, record) => total + record.weight, 0);
    const mark = Math.floor(random() * (sum + 1));
    let drawn = 0;
    for (let running = (left[0] as T).weight; running < mark; )
      running += (left[++drawn] as T).weight;
    ordered.push(left.splice(drawn, 1)[0] as T);
  }
  return ordered;
}

/** `address` or `address:port`; an IPv6 address with a port is in brackets. */
function splitPort(server: string): { address: string; port: number } {
  const match = /^(?:\[(.*)\]|([^:]*)):([0-9]+)$/.exec(server);
  if (match === null) return { address: server, port: DNS_PORT };
  return { address: (match[1] ?? match[2]) as string, port: Number(match[3]) };
}
