/**
 * The packets of Improv Wi-Fi over a serial line, version 1: https://www.improv-wifi.com/serial/
 *
 * `IMPROV`, version, type, length, data, and the sum of all of that modulo 256. They may stand between
 * anything else: the line carries the log as well.
 */

import { decode, encode } from "../../xmpp/utf8.js";

/** Types of packets. */
export const CURRENT_STATE = 0x01;
export const ERROR_STATE = 0x02;
export const COMMAND = 0x03;
export const RESULT = 0x04;

/** What a packet's data may hold, and a list of strings in a command or result. */
export const MAX_DATA = 255;
export const MAX_STRINGS = MAX_DATA - 2;

const VERSION = 1;
const HEADER = Object.freeze([0x49, 0x4d, 0x50, 0x52, 0x4f, 0x56, VERSION] as const);
const TYPE_AT = 7;
const LENGTH_AT = 8;
const DATA_AT = 9;

/** A packet that has begun and does not go on within this many milliseconds is given up. */
const PAUSE = 1_000;

export interface Packet {
  readonly type: number;
  readonly data: Uint8Array;
}

/** @throws RangeError for more data than a packet takes */
export function encodePacket(type: number, data: Uint8Array | readonly number[]): Uint8Array {
  if (data.length > MAX_DATA)
    throw new RangeError(`${data.length} bytes are too many for a packet`);
  const bytes = new Uint8Array(DATA_AT + data.length + 1);
  bytes.set(HEADER);
  bytes[TYPE_AT] = type;
  bytes[LENGTH_AT] = data.length;
  bytes.set(data, DATA_AT);
  bytes[bytes.length - 1] = sum(bytes, bytes.length - 1);
  return bytes;
}

/**
 * A command or result: its number, a length, and strings that each have theirs.
 * @throws RangeError for strings that do not fit
 */
export function encodeStrings(command: number, strings: readonly string[]): Uint8Array {
  const coded = strings.map(encode);
  const length = coded.reduce((total, bytes) => total + 1 + bytes.length, 0);
  if (length > MAX_STRINGS) throw new RangeError(`${length} bytes are too many for a packet`);
  const data = new Uint8Array(2 + length);
  data[0] = command;
  data[1] = length;
  let at = 2;
  for (const bytes of coded) {
    data[at] = bytes.length;
    data.set(bytes, at + 1);
    at += 1 + bytes.length;
  }
  return data;
}

/** Reads a command or result. @returns `undefined` for data of another shape, or that is not UTF-8 */
export function decodeStrings(
  data: Uint8Array,
): { command: number; strings: string[] } | undefined {
  const [command, length] = data;
  if (command === undefined || length !== data.length - 2) return undefined;
  const strings: string[] = [];
  for (let at = 2; at < data.length; ) {
    const end = at + 1 + (data[at] as number);
    if (end > data.length) return undefined;
    const text = decode(data, at + 1, end);
    if (!equals(encode(text), data.subarray(at + 1, end))) return undefined;
    strings.push(text);
    at = end;
  }
  return { command, strings };
}

/** Finds the packets in what comes over the line. */
export class PacketReader {
  readonly #onPacket: (packet: Packet) => void;
  readonly #onDamaged: () => void;
  /** The beginning of a packet, or of what may become one. */
  #buffer: number[] = [];
  #last = 0;

  /** @param onDamaged a packet came whose sum is wrong */
  constructor(onPacket: (packet: Packet) => void, onDamaged: () => void) {
    this.#onPacket = onPacket;
    this.#onDamaged = onDamaged;
  }

  /** @param now milliseconds, by any clock that does not go back */
  write(bytes: Uint8Array, now: number): void {
    if (now - this.#last > PAUSE) this.#buffer = [];
    this.#last = now;
    for (const byte of bytes) this.#take(byte);
  }

  #take(byte: number): void {
    const buffer = this.#buffer;
    const at = buffer.push(byte) - 1;
    if (at < HEADER.length && byte !== HEADER[at]) return this.#resume();
    if (at < DATA_AT || at < DATA_AT + (buffer[LENGTH_AT] as number)) return;
    if (byte === sum(buffer, at)) {
      this.#buffer = [];
      const data = Uint8Array.from(buffer.slice(DATA_AT, at));
      return this.#onPacket({ type: buffer[TYPE_AT] as number, data });
    }
    this.#onDamaged();
    this.#resume();
  }

  /** What looked like a packet is none. The real one may have begun inside of it. */
  #resume(): void {
    const rest = this.#buffer.slice(1);
    this.#buffer = [];
    for (const byte of rest) this.#take(byte);
  }
}

function equals(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function sum(bytes: ArrayLike<number>, end: number): number {
  let total = 0;
  for (let at = 0; at < end; at++) total += bytes[at] as number;
  return total & 0xff;
}
