/**
 * The time from a server: SNTP (RFC 4330), which is NTP version 4 (RFC 5905) for clients that ask one server
 * and believe it. Nothing proves the answer; a floor and a ceiling bound the harm of a false one.
 */

import type { DNSOptions, Resolver, Timer, TimerHandle, UDPSocket } from "../io.js";

export interface SntpOptions {
  readonly dns: DNSOptions;
  readonly timer: Timer;
  /** Gives `count` bytes that nobody can predict. */
  readonly random: (count: number) => Uint8Array;
  /** Milliseconds since the start: the clock itself is what is to be set. */
  readonly uptime: () => number;
  /** The name or address of the server. */
  readonly server: string;
}

const PORT = 123;
const PACKET_BYTES = 48;
/** Leap indicator 0, version 4, mode 3: a client. */
const CLIENT = 0x23;
const MODE_SERVER = 4;
const LEAP_UNKNOWN = 3;
const MAX_STRATUM = 15;
const ORIGIN_AT = 24;
const TRANSMIT_AT = 40;

/** Seconds from NTP's epoch, 1900, to that of Unix, 1970. */
const EPOCH = 2_208_988_800;
/** RFC 4330 section 3: with the first bit clear it is a time of the era that begins in 2036. */
const ERA = 2 ** 32;

/** How long a name and an answer may take, in milliseconds. */
const TIMEOUT = 5_000;

/** Asks once. */
export class SntpQuery {
  readonly #options: SntpOptions;
  readonly #done: (time: number | undefined, why: string) => void;
  readonly #nonce: Uint8Array;
  readonly #limit: TimerHandle;
  #resolver: Resolver | undefined;
  #socket: UDPSocket | undefined;
  #sent = 0;

  /**
   * @param done is called once, later: with milliseconds since the epoch, or with `undefined` and what was
   *   wrong
   */
  constructor(options: SntpOptions, done: (time: number | undefined, why: string) => void) {
    this.#options = options;
    this.#done = done;
    this.#nonce = options.random(8);
    this.#limit = options.timer.set(() => this.#end(undefined, "no answer"), TIMEOUT);
    if (/^[0-9.]+$/.test(options.server)) this.#ask(options.server);
    else this.#resolve(options.server);
  }

  /** Gives up, without a word. */
  close(): void {
    this.#options.timer.clear(this.#limit);
    this.#resolver?.close();
    this.#socket?.close();
  }

  #resolve(host: string): void {
    const { dns } = this.#options;
    try {
      this.#resolver = new dns.io(dns);
      this.#resolver.resolve({
        host,
        onResolved: (_host, address) => this.#ask(address),
        onError: () => this.#end(undefined, "the name has no address"),
      });
    } catch {
      // Memory is short. The time-out tells of it, later.
    }
  }

  #ask(address: string): void {
    const request = new Uint8Array(PACKET_BYTES);
    request[0] = CLIENT;
    // RFC 5905 section 8 has the server send this back. Random bytes tell nobody our time, and only who
    // has seen the request can answer it.
    request.set(this.#nonce, TRANSMIT_AT);
    try {
      this.#socket = new this.#options.dns.socket.io({ onReadable: () => this.#read(address) });
      this.#sent = this.#options.uptime();
      this.#socket.write(request, address, PORT);
    } catch {
      // As above.
    }
  }

  #read(address: string): void {
    for (let packet = this.#socket?.read(); packet !== undefined; packet = this.#socket?.read()) {
      if (packet.address !== address || packet.port !== PORT) continue;
      const answer = readAnswer(new Uint8Array(packet), this.#nonce);
      if (answer === undefined) continue;
      if (typeof answer === "string") return this.#end(undefined, answer);
      const elapsed = this.#options.uptime() - this.#sent;
      return this.#end(answer + elapsed / 2, "");
    }
  }

  #end(time: number | undefined, why: string): void {
    this.close();
    this.#done(time, why);
  }
}

/**
 * @returns milliseconds since the epoch; or a word on why the server has no time for us; or `undefined` for
 *   what is no answer to our question
 */
function readAnswer(bytes: Uint8Array, nonce: Uint8Array): number | string | undefined {
  if (bytes.length < PACKET_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const first = view.getUint8(0);
  if ((first & 7) !== MODE_SERVER) return undefined;
  if (nonce.some((byte, at) => byte !== bytes[ORIGIN_AT + at])) return undefined;
  const stratum = view.getUint8(1);
  // RFC 4330 section 8: stratum 0 is a kiss of death, which asks clients to go away.
  if (stratum === 0) return "the server wants to be left alone";
  if (stratum > MAX_STRATUM || first >> 6 === LEAP_UNKNOWN)
    return "the server does not know the time";
  const seconds = view.getUint32(TRANSMIT_AT);
  if (seconds === 0) return "the server does not know the time";
  const fraction = view.getUint32(TRANSMIT_AT + 4) / ERA;
  const era = seconds < ERA / 2 ? ERA : 0;
  return (seconds + era - EPOCH + fraction) * 1_000;
}
