import type { DNSOptions, Resolver, TimerHandle, UDPSocket } from "../../firmware/io.js";
import { native } from "./native.js";
import { timer } from "./timer.js";

const TYPE_A = 1;
const CLASS_IN = 1;
const HEADER_BYTES = 12;
const FLAG_RECURSE = 0x0100;
/** How long to wait for each server, and how often to ask all of them. */
const PATIENCE = 2000;
const ROUNDS = 2;

/** What {@link Resolver.resolve} takes. */
type Request = Parameters<Resolver["resolve"]>[0];

/**
 * ECMA-419's resolver: asks name servers for the IPv4 address of a host (RFC 1035), one after the other.
 * Addresses are returned as they are, and `localhost` is 127.0.0.1 without a question (RFC 6761 6.3).
 */
export class DNSResolver implements Resolver {
  readonly #options: DNSOptions;
  readonly #lookups = new Set<Lookup>();
  #isClosed = false;

  constructor(options: DNSOptions) {
    this.#options = options;
  }

  /**
   * @throws Error when the resolver is closed
   * @throws TypeError when `host` is not a string, or empty
   */
  resolve({ host, onResolved, onError }: Request): void {
    if (this.#isClosed) {
      throw new Error("the resolver is closed");
    }
    if (typeof host !== "string" || host === "") {
      throw new TypeError("host must be a string, and not empty");
    }
    const lookup = new Lookup(host, this.#options, (address) => {
      this.#lookups.delete(lookup);
      if (address === undefined) onError(host);
      else onResolved(host, address);
    });
    this.#lookups.add(lookup);
  }

  /** Ends all requests; none of their callbacks is called any more. */
  close(): void {
    this.#isClosed = true;
    for (const lookup of this.#lookups) lookup.close();
    this.#lookups.clear();
  }
}

/** The question about one host. */
class Lookup {
  readonly #servers: DNSOptions["servers"];
  readonly #done: (address: string | undefined) => void;
  readonly #query: Uint8Array | undefined;
  #socket: UDPSocket | undefined;
  #timer: TimerHandle | undefined;
  #attempts = 0;

  constructor(host: string, options: DNSOptions, done: (address: string | undefined) => void) {
    this.#servers = options.servers;
    this.#done = done;
    const known = host.toLowerCase() === "localhost" ? "127.0.0.1" : host;
    this.#query = native.isAddress(known) ? undefined : addressQuery(host);
    if (this.#query === undefined) {
      const answer = native.isAddress(known) ? known : undefined;
      this.#timer = timer.set(() => this.#end(answer), 0);
      return;
    }
    const lookup = this;
    this.#socket = new options.socket.io({
      onReadable() {
        lookup.#receive();
      },
    });
    this.#timer = timer.set(() => this.#ask(), 0);
  }

  close(): void {
    timer.clear(this.#timer);
    this.#socket?.close();
    this.#socket = undefined;
  }

  #ask(): void {
    const server = this.#servers[this.#attempts % this.#servers.length];
    if (server === undefined || this.#attempts === ROUNDS * this.#servers.length) {
      this.#end(undefined);
      return;
    }
    this.#attempts += 1;
    const { address, port } = splitServer(server);
    this.#socket?.write(this.#query as Uint8Array, address, port);
    this.#timer = timer.set(() => this.#ask(), PATIENCE);
  }

  /** What is not from a server that was asked, or no answer to the question, counts for nothing. */
  #receive(): void {
    for (let packet = this.#socket?.read(); packet !== undefined; packet = this.#socket?.read()) {
      const { address, port } = packet;
      const isKnown = this.#servers.some((server) => {
        const known = splitServer(server);
        return known.address === address && known.port === port;
      });
      if (!isKnown) continue;
      const answer = readAnswer(new Uint8Array(packet), this.#query as Uint8Array);
      if (answer !== undefined) this.#end(answer.address);
    }
  }

  #end(address: string | undefined): void {
    this.close();
    this.#done(address);
  }
}

/** @returns `undefined` when it cannot be the name of a host (RFC 1035 2.3.4) */
function addressQuery(host: string): Uint8Array | undefined {
  const labels = host.replace(/\.$/, "").split(".");
  if (host.length > 253 || labels.some((label) => !/^[\x21-\x7e]{1,63}$/.test(label))) {
    return undefined;
  }
  const name = labels.flatMap((label) => [label.length, ...label].map(byteOf));
  const id = [...new Uint8Array(native.random(2))];
  const header = [...id, FLAG_RECURSE >> 8, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  return Uint8Array.of(...header, ...name, 0, 0, TYPE_A, 0, CLASS_IN);
}

const byteOf = (it: number | string) => (typeof it === "number" ? it : it.charCodeAt(0));

/**
 * Reads a response.
 * @returns the first address in it, if there is one; `undefined` when it is no answer to `query`
 */
function readAnswer(
  bytes: Uint8Array,
  query: Uint8Array,
): { address: string | undefined } | undefined {
  // The same identifier, and behind the header the same question. Bit 15 of the flags says: a response.
  const isAnswer = query.every((byte, at) => (at >= 2 && at < HEADER_BYTES) || byte === bytes[at]);
  if (!isAnswer || ((bytes[2] as number) & 0x80) === 0) return undefined;
  const view = new DataView(bytes.buffer);
  try {
    let at = query.length;
    for (let answers = view.getUint16(6); answers > 0; answers--) {
      at = skipName(view, at);
      const type = view.getUint16(at);
      const size = view.getUint16(at + 8);
      at += 10;
      if (type === TYPE_A && size === 4 && at + size <= bytes.length) {
        return { address: bytes.subarray(at, at + size).join(".") };
      }
      at += size; // an alias (CNAME), whose address follows
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // it points outside of itself
  }
  return { address: undefined };
}

/** A name ends in a label of no bytes, or in a pointer to another name (RFC 1035 4.1.4). */
function skipName(view: DataView, at: number): number {
  for (;;) {
    const length = view.getUint8(at);
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
    if (length === 0) return at;
  }
}

/** Splits `address` or `address:port`. Of IPv6 addresses, which are full of colons, there is no port. */
function splitServer(server: string): { address: string; port: number } {
  const [address = "", port, ...more] = server.split(":");
  if (port === undefined || more.length > 0) return { address: server, port: 53 };
  return { address, port: Number(port) };
}
