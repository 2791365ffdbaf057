/** What provisioning asks of a board, in the terms of its settings. */

import { MAX_STRINGS } from "../../firmware/board/provisioning/improv.js";
import {
  APPEND,
  ERASE,
  GET,
  GET_INFO,
  GET_NETWORKS,
  LOG,
  SAVE,
  SEND_WIFI,
  SET,
  STATUS,
  UNABLE_TO_CONNECT,
} from "../../firmware/board/provisioning/provisioner.js";
import {
  type FieldName,
  field,
  fieldNames,
  isField,
  type SettingsTexts,
} from "../../firmware/board/settings.js";
import { Client, type ClientOptions } from "../../firmware/client/client.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { ScramKeyCache, type ScramKeys } from "../../firmware/xmpp/sasl/scram.js";
import { byteLength } from "../../firmware/xmpp/utf8.js";
import { type BoardLink, RefusedError } from "./board-link.js";
import { type LogLine, parseLine } from "./log-reader.js";

/** How long a board looks for networks, and how long it tries to join one, with a margin. Milliseconds. */
const SCAN_TIME = 15_000;
const JOIN_TIME = 40_000;

/** Sending it again would append it twice; so it is waited for instead. */
const ONCE = { tries: 1, patience: 10_000 };

/** What a board says of itself. */
export interface BoardInfo {
  readonly firmware: string;
  readonly version: string;
  readonly chip: string;
  /** What people call the device. */
  readonly name: string;
}

export interface FoundNetwork {
  readonly ssid: string;
  /** dBm */
  readonly signal: number;
  readonly hasPassphrase: boolean;
}

/** What is wrong with settings, as the board has it or as is seen without it: a line for each mistake. */
export class SettingsError extends ConfigError {
  constructor(mistakes: readonly (readonly [field: string, text: string])[]) {
    super("settings", mistakes.map(([name, text]) => `${name} ${text}`).join("\n"));
  }
}

export async function readInfo(link: BoardLink): Promise<BoardInfo> {
  const [[firmware = "", version = "", chip = "", name = ""] = []] = await link.request(GET_INFO);
  return { firmware, version, chip, name };
}

/** What is stored. Of secrets it says `set`. */
export async function readSettingsOf(link: BoardLink): Promise<SettingsTexts> {
  const rows = await link.request(GET, [], { isList: true });
  const texts: SettingsTexts = {};
  for (const [name = "", value = ""] of rows)
    if (isField(name) && value !== "") texts[name] = value;
  return texts;
}

/** Names and values, such as `server` and `online`. */
export async function readStatus(link: BoardLink): Promise<ReadonlyMap<string, string>> {
  const rows = await link.request(STATUS, [], { isList: true });
  return new Map(rows.map(([name = "", value = ""]) => [name, value]));
}

/** The lines of the log that the board still has. */
export async function readLog(link: BoardLink): Promise<LogLine[]> {
  const rows = await link.request(LOG, ["0"], { isList: true });
  return rows.map(([, text = ""]) => parseLine(text));
}

/** The networks that the board can reach, the strongest first; of one with several stations the strongest. */
export async function findNetworks(link: BoardLink): Promise<FoundNetwork[]> {
  const rows = await link.request(GET_NETWORKS, [], { isList: true, patience: SCAN_TIME });
  const found = rows
    .map(([ssid = "", signal, secured]) => ({
      ssid,
      signal: Number(signal),
      hasPassphrase: secured === "YES",
    }))
    .sort((a, b) => b.signal - a.signal);
  return found.filter(
    ({ ssid }, at) => ssid !== "" && found.findIndex((one) => one.ssid === ssid) === at,
  );
}

/**
 * Has the board join a network, and store it if that works.
 * @returns whether it does
 */
export async function joinNetwork(
  link: BoardLink,
  ssid: string,
  passphrase: string,
): Promise<boolean> {
  try {
    await link.request(SEND_WIFI, [ssid, passphrase], { patience: JOIN_TIME });
    return true;
  } catch (error) {
    if (error instanceof RefusedError && error.code === UNABLE_TO_CONNECT) return false;
    throw error;
  }
}

/** @throws SettingsError for values that no board would take; what goes together only a board can tell */
export function checkTexts(texts: SettingsTexts): void {
  const mistakes = (Object.keys(texts) as FieldName[]).flatMap((name): [string, string][] => {
    const value = texts[name] ?? "";
    const { limit, check } = field(name);
    const text = byteLength(value) > limit ? `has more than ${limit} bytes` : check(value);
    return value === "" || text === undefined ? [] : [[name, text]];
  });
  if (mistakes.length > 0) throw new SettingsError(mistakes);
}

/**
 * Sends settings and has them stored, upon which the board restarts.
 * @throws SettingsError for what the board does not take; then nothing is stored
 */
export async function saveSettings(link: BoardLink, texts: SettingsTexts): Promise<void> {
  for (const name of fieldNames()) {
    const value = texts[name];
    if (value !== undefined) await send(link, name, value);
  }
  const mistakes = await link.request(SAVE, [], { isList: true });
  if (mistakes.length > 0)
    throw new SettingsError(mistakes.map(([name = "", text = ""]) => [name, text]));
}

async function send(link: BoardLink, name: FieldName, value: string): Promise<void> {
  // A length goes before each of the two strings.
  const room = MAX_STRINGS - 2 - name.length;
  const [first = "", ...others] = split(value, room);
  let [answer = []] = await link.request(SET, [name, first]);
  for (const more of others) {
    if (answer.length > 0) break;
    [answer = []] = await link.request(APPEND, [name, more], ONCE);
  }
  const [wrong, text = ""] = answer;
  if (wrong !== undefined) throw new SettingsError([[wrong, text]]);
}

/** Cuts a text into pieces of so many bytes at most, and no character in two. */
function split(text: string, size: number): string[] {
  const pieces = [""];
  for (const character of text) {
    const piece = pieces.at(-1) as string;
    if (byteLength(piece) + byteLength(character) <= size)
      pieces[pieces.length - 1] = piece + character;
    else pieces.push(character);
  }
  return pieces;
}

/** Wipes what the board has stored: settings, keys, readings. It restarts then. */
export async function eraseBoard(link: BoardLink): Promise<void> {
  await link.request(ERASE, ["erase"]);
}

/**
 * Logs in as the board will, so that it is this computer that finds out about a wrong password, and a server
 * that does not answer. The board then gets keys that work for this account on this server alone, and never
 * sees the password.
 * @returns keys; `undefined` when the mechanism is one without (PLAIN)
 * @throws XmppError when that does not work
 */
export function deriveKeys(options: Omit<ClientOptions, "keys">): Promise<ScramKeys | undefined> {
  let proven: ScramKeys | undefined;
  return new Promise((resolve, reject) => {
    let settle = (): void => resolve(proven);
    const client = new Client({
      ...options,
      keys: new ScramKeyCache([], (keys) => {
        proven = keys;
      }),
      backoff: { start: 0 },
      presence: null,
      onOnline: () => client.close(),
      onOffline: (error) => {
        settle = () => reject(error);
        if (client.state === "closed") settle();
        else client.close();
      },
      onClosed: () => settle(),
    });
  });
}
