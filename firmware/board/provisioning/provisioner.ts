/**
 * The board's end of provisioning: Improv over the serial line, and commands of our own beside its for what it
 * does not know. `docs/provisioning.md` describes both.
 */

import type { Timer } from "../../io.js";
import { byteLength, decode, encode } from "../../xmpp/utf8.js";
import type { AccessPoint } from "../hardware.js";
import { formatEntry, type LogEntry } from "../log.js";
import {
  type FieldName,
  field,
  fieldNames,
  isField,
  type Mistake,
  type SettingsTexts,
} from "../settings.js";
import type { Network } from "../wifi-link.js";
import {
  COMMAND,
  CURRENT_STATE,
  decodeStrings,
  ERROR_STATE,
  encodePacket,
  encodeStrings,
  MAX_STRINGS,
  type Packet,
  PacketReader,
  RESULT,
} from "./improv.js";

/** Commands of Improv. */
export const SEND_WIFI = 0x01;
export const GET_STATE = 0x02;
export const GET_INFO = 0x03;
export const GET_NETWORKS = 0x04;

/** Commands of our own. */
export const SET = 0xc0;
export const APPEND = 0xc1;
export const SAVE = 0xc2;
export const GET = 0xc3;
export const ERASE = 0xc4;
export const LOG = 0xc5;
export const STATUS = 0xc6;
export const RESTART = 0xc7;

/** States. */
export const READY = 0x02;
export const PROVISIONING = 0x03;
export const PROVISIONED = 0x04;

/** Errors. */
export const NO_ERROR = 0x00;
export const INVALID_PACKET = 0x01;
export const UNKNOWN_COMMAND = 0x02;
export const UNABLE_TO_CONNECT = 0x03;
export const UNKNOWN_ERROR = 0xff;

/** What provisioning asks of a board. */
export interface Provisionable {
  /** Firmware, version, chip, and name of the device. */
  readonly info: readonly string[];
  /** Whether it has joined a network. */
  readonly isJoined: boolean;
  tryNetwork(network: Network, done: (isUp: boolean) => void): void;
  /** @param done gets `undefined` when it cannot be done now */
  scan(done: (found: readonly AccessPoint[] | undefined) => void): void;
  /** What is stored. */
  readonly texts: SettingsTexts;
  /** @returns what is wrong with settings; nothing, if they will do */
  check(texts: SettingsTexts): readonly Mistake[];
  /** @throws Error when they cannot be stored */
  save(texts: SettingsTexts): void;
  /** Names and values. */
  readonly status: readonly (readonly [string, string])[];
  /** The log from an entry on. */
  logSince(sequence: number): readonly LogEntry[];
  erase(): void;
  restart(): void;
}

/** Between two packets, in milliseconds: at 115,200 bits a second the longest takes 24. */
const PACKET_TIME = 25;

/**
 * Answers that wait to go out: more than a computer that waits for each can ask for. What is beyond is lost, and may
 * be asked for again.
 */
const QUEUE = 16;

/** Packets of one answer, made one by one when the line is free for them: all at once they would fill the memory. */
type Answer = () => { type: number; data: Uint8Array | readonly number[] } | undefined;

/** From the last word to a restart: it has to get through. */
const FAREWELL = 500;

/** Fields that say to whom a password or keys are shown. Who changes them has to know the password. */
const DECIDES_WHO_SEES_SECRETS = Object.freeze(["jid", "server", "ca", "mechanism"] as const);

export class Provisioner {
  readonly #board: Provisionable;
  readonly #timer: Timer;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #reader: PacketReader;
  /** Values that were sent and are not saved yet. */
  #pending: SettingsTexts = {};
  /** What it works at: it takes seconds, and nothing else is done meanwhile. */
  #task: "join" | "scan" | undefined;
  readonly #queue: Answer[] = [];
  #isSending = false;
  #told = READY;
  #isClosed = false;

  /** @param write writes to the serial line, at once */
  constructor(board: Provisionable, timer: Timer, write: (bytes: Uint8Array) => void) {
    this.#board = board;
    this.#timer = timer;
    this.#write = write;
    this.#reader = new PacketReader(
      (packet) => this.#received(packet),
      () => this.#sendError(INVALID_PACKET),
    );
  }

  /** Takes what came over the line. @param now milliseconds since the start */
  receive(bytes: Uint8Array, now: number): void {
    this.#reader.write(bytes, now);
  }

  /** Tells the state if it is another than was told last. To be called when the network is joined or lost. */
  announce(): void {
    if (this.#state !== this.#told) this.#tellState();
  }

  close(): void {
    this.#isClosed = true;
  }

  #received({ type, data }: Packet): void {
    if (type !== COMMAND) return;
    const request = decodeStrings(data);
    if (request === undefined) return this.#sendError(INVALID_PACKET);
    const { command, strings } = request;
    if (this.#task !== undefined && command !== GET_STATE && command !== GET_INFO)
      return this.#sendError(UNKNOWN_ERROR);
    switch (command) {
      case SEND_WIFI:
        return this.#join(strings);
      case GET_STATE:
        return this.#answer(() => {
          this.#tellState();
          if (this.#told === PROVISIONED) this.#result(command, []);
        });
      case GET_INFO:
        return this.#answer(() => this.#result(command, this.#board.info));
      case GET_NETWORKS:
        return this.#answer(() => this.#scan());
      case SET:
      case APPEND:
        return this.#set(command, strings);
      case SAVE:
        return this.#answer(() => this.#save());
      case GET:
        return this.#answer(() => this.#tellSettings());
      case ERASE:
        if (strings[0] !== "erase") return this.#sendError(INVALID_PACKET);
        return this.#answer(() => this.#finally(command, () => this.#board.erase()));
      case LOG:
        return this.#answer(() => this.#tellLog(Number(strings[0] ?? 0)));
      case STATUS:
        return this.#answer(() => this.#tellStatus());
      case RESTART:
        return this.#answer(() => this.#finally(command, () => this.#board.restart()));
      default:
        return this.#sendError(UNKNOWN_COMMAND);
    }
  }

  #answer(result: () => void): void {
    this.#sendError(NO_ERROR);
    result();
  }

  get #state(): number {
    if (this.#task === "join") return PROVISIONING;
    return this.#board.isJoined ? PROVISIONED : READY;
  }

  #tellState(): void {
    this.#told = this.#state;
    this.#sendOne(CURRENT_STATE, [this.#told]);
  }

  #join(strings: readonly string[]): void {
    const [ssid = "", passphrase = ""] = strings;
    const wifi = { ssid, passphrase };
    const isWrong = (["ssid", "passphrase"] as const).some(
      (name) => wifi[name] !== "" && mistakeIn(name, wifi[name]) !== undefined,
    );
    if (ssid === "" || isWrong) return this.#sendError(INVALID_PACKET);
    this.#sendError(NO_ERROR);
    this.#task = "join";
    this.announce();
    this.#board.tryNetwork(wifi, (isUp) => {
      this.#task = undefined;
      const isStored = isUp && this.#store({ ...this.#board.texts, ...wifi });
      this.announce();
      if (!isUp) this.#sendError(UNABLE_TO_CONNECT);
      else if (!isStored) this.#sendError(UNKNOWN_ERROR);
      else this.#result(SEND_WIFI, []);
    });
  }

  #scan(): void {
    this.#task = "scan";
    this.#board.scan((found) => {
      this.#task = undefined;
      if (found === undefined) return this.#sendError(UNKNOWN_ERROR);
      this.#results(GET_NETWORKS, found.length, (index) => {
        const { SSID, RSSI, security } = found[index] as AccessPoint;
        return [SSID, String(RSSI), security === "none" ? "NO" : "YES"];
      });
    });
  }

  #set(command: number, [name = "", value = ""]: readonly string[]): void {
    this.#answer(() => {
      if (!isField(name)) return this.#result(command, [cut(name, 32), "is no setting"]);
      const text = command === APPEND ? (this.#pending[name] ?? "") + value : value;
      if (byteLength(text) > field(name).limit)
        return this.#result(command, [name, `has more than ${field(name).limit} bytes`]);
      this.#pending[name] = text;
      this.#result(command, []);
    });
  }

  #save(): void {
    const texts = { ...this.#board.texts, ...this.#pending };
    if (this.#pending.password) delete texts.keys;
    if (this.#pending.keys) delete texts.password;
    for (const name of fieldNames()) if (texts[name] === "") delete texts[name];
    const mistakes = [...this.#board.check(texts), ...this.#checkSecrets(texts)];
    if (mistakes.length > 0)
      return this.#results(SAVE, mistakes.length, (index) => {
        const mistake = mistakes[index] as Mistake;
        return [mistake.field, mistake.text];
      });
    if (!this.#store(texts)) return this.#sendError(UNKNOWN_ERROR);
    this.#pending = {};
    this.#finally(SAVE, () => this.#board.restart());
  }

  /** Who has the cable in hand is not to send a secret to a server of their own. */
  #checkSecrets(texts: SettingsTexts): Mistake[] {
    const stored = this.#board.texts;
    if (this.#pending.password || this.#pending.keys || !(stored.password || stored.keys))
      return [];
    const changed = DECIDES_WHO_SEES_SECRETS.filter((name) => texts[name] !== stored[name]);
    if (changed.length === 0) return [];
    return [{ field: "password", text: `is needed again, with another ${changed.join(" and ")}` }];
  }

  #store(texts: SettingsTexts): boolean {
    try {
      this.#board.save(texts);
      return true;
    } catch {
      return false;
    }
  }

  #tellSettings(): void {
    const names = fieldNames();
    this.#results(GET, names.length, (index) => {
      const name = names[index] as FieldName;
      const value = this.#board.texts[name] ?? field(name).initial ?? "";
      return [name, field(name).isSecret && value !== "" ? "set" : value];
    });
  }

  #tellStatus(): void {
    const { status } = this.#board;
    this.#results(STATUS, status.length, (index) => status[index] ?? []);
  }

  #tellLog(sequence: number): void {
    const entries = this.#board.logSince(Number.isFinite(sequence) ? sequence : 0);
    this.#results(LOG, entries.length, (index) => {
      const entry = entries[index] as LogEntry;
      return [String(entry.sequence), formatEntry(entry)];
    });
  }

  /** Answers, and does something that ends the conversation. */
  #finally(command: number, act: () => void): void {
    this.#result(command, []);
    this.#timer.set(() => {
      if (!this.#isClosed) act();
    }, FAREWELL);
  }

  /** A result for each row, and an empty one that ends them. @param row is called when its turn comes */
  #results(command: number, count: number, row: (index: number) => readonly string[]): void {
    let index = 0;
    this.#send(() => {
      if (index > count) return undefined;
      const strings = index < count ? row(index) : [];
      index++;
      return { type: RESULT, data: encodeResult(command, strings) };
    });
  }

  #result(command: number, strings: readonly string[]): void {
    this.#sendOne(RESULT, encodeResult(command, strings));
  }

  #sendError(error: number): void {
    this.#sendOne(ERROR_STATE, [error]);
  }

  #sendOne(type: number, data: Uint8Array | readonly number[]): void {
    let isSent = false;
    this.#send(() => {
      if (isSent) return undefined;
      isSent = true;
      return { type, data };
    });
  }

  /** Packets go out one by one, so that none is lost because the line is slower than they are made. */
  #send(answer: Answer): void {
    if (this.#queue.length === QUEUE) return;
    this.#queue.push(answer);
    if (!this.#isSending) this.#sendNext();
  }

  #sendNext(): void {
    this.#isSending = false;
    if (this.#isClosed) return;
    for (let answer = this.#queue[0]; answer !== undefined; answer = this.#queue[0]) {
      const packet = answer();
      if (packet === undefined) {
        this.#queue.shift();
        continue;
      }
      this.#isSending = true;
      this.#write(lineOf(encodePacket(packet.type, packet.data)));
      this.#timer.set(() => this.#sendNext(), PACKET_TIME);
      return;
    }
  }
}

const NEWLINE = 0x0a;

/** Readers look for packets at the beginning of a line. */
function lineOf(packet: Uint8Array): Uint8Array {
  const line = new Uint8Array(packet.length + 2);
  line.fill(NEWLINE);
  line.set(packet, 1);
  return line;
}

/** The last of the strings is cut to what the packet has room for. */
function encodeResult(command: number, strings: readonly string[]): Uint8Array {
  const others = strings.slice(0, -1).reduce((total, text) => total + 1 + byteLength(text), 0);
  const last = strings.slice(-1).map((text) => cut(text, MAX_STRINGS - others - 1));
  return encodeStrings(command, [...strings.slice(0, -1), ...last]);
}

function mistakeIn(name: "ssid" | "passphrase", value: string): string | undefined {
  const { limit, check } = field(name);
  return byteLength(value) > limit ? "too long" : check(value);
}

/** As much of a text as fits into so many bytes. */
function cut(text: string, limit: number): string {
  const bytes = encode(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return decode(bytes, 0, end);
}
