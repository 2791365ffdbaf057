/**
 * What a board is told: one record of named texts. Texts are what comes over the serial line and what is
 * stored; {@link readSettings} makes of them what the firmware works with, or says what is wrong with each.
 */

import { decodeBase64, encodeBase64 } from "../xmpp/base64.js";
import { ConfigError } from "../xmpp/errors.js";
import { JID } from "../xmpp/jid.js";
import { MECHANISMS, type MechanismName } from "../xmpp/sasl/mechanism.js";
import { preparePassword } from "../xmpp/sasl/password.js";
import { MIN_ITERATIONS, type ScramKeys } from "../xmpp/sasl/scram.js";
import { byteLength } from "../xmpp/utf8.js";
import { LEVELS, type Level } from "./log.js";
import { parseServerAddress, type ServerAddress } from "./server-address.js";

/** How a board saves power, from not at all to most: see `docs/boards.md`. */
export const POWER = Object.freeze(["on", "idle", "cycle"] as const);
export type Power = (typeof POWER)[number];

/** The settings in the form that the firmware works with. */
export interface Settings {
  readonly wifi: {
    readonly ssid: string;
    /** Empty for an open network. */
    readonly passphrase: string;
  };
  readonly account: {
    readonly jid: string;
    readonly password?: string;
    readonly keys?: ScramKeys;
    readonly server?: ServerAddress;
    /** A certificate authority to trust in place of the built-in ones, in DER. */
    readonly authority?: Uint8Array;
    readonly mechanism: MechanismName;
  };
  readonly telemetry: {
    readonly service: string;
    readonly node: string;
    /** Milliseconds between samples. */
    readonly interval: number;
    /** Names of sensors, in the order of their channels. */
    readonly sensors: readonly string[];
  };
  /** What people call the device. */
  readonly name: string;
  readonly power: Power;
  /** A time server: a name or an address. */
  readonly ntp: string;
  readonly log: Level;
}

interface Field {
  /** The value when none is given; `undefined` when one must be, or when nothing stands for itself. */
  readonly initial?: string;
  readonly isRequired?: boolean;
  /** Never shown, not even to who has set it. */
  readonly isSecret?: boolean;
  /** UTF-8 bytes, at most. All together fit into one value of NVS. */
  readonly limit: number;
  /** @returns what is wrong with a value that is not empty */
  readonly check: (value: string) => string | undefined;
}

const fine = (): undefined => undefined;

/** All fields, in the order to ask for them. */
export const FIELDS = Object.freeze({
  ssid: Object.freeze({ isRequired: true, limit: 32, check: fine }),
  passphrase: Object.freeze({ isSecret: true, initial: "", limit: 64, check: checkPassphrase }),
  jid: Object.freeze({ isRequired: true, limit: 200, check: checkAccount }),
  password: Object.freeze({ isSecret: true, limit: 200, check: checkPassword }),
  keys: Object.freeze({ isSecret: true, limit: 250, check: checkKeys }),
  server: Object.freeze({ limit: 200, check: checkServer }),
  ca: Object.freeze({ limit: 2_700, check: checkAuthority }),
  mechanism: Object.freeze({
    initial: "SCRAM-SHA-1",
    limit: 20,
    check: (value: string) => checkOneOf(MECHANISMS, value),
  }),
  service: Object.freeze({ limit: 200, check: checkJid }),
  node: Object.freeze({ isRequired: true, limit: 200, check: fine }),
  interval: Object.freeze({ initial: "10000", limit: 8, check: checkInterval }),
  sensors: Object.freeze({ initial: "chip,heap,rssi", limit: 100, check: checkSensors }),
  name: Object.freeze({ limit: 32, check: checkName }),
  power: Object.freeze({
    initial: "on",
    limit: 5,
    check: (value: string) => checkOneOf(POWER, value),
  }),
  ntp: Object.freeze({ initial: "pool.ntp.org", limit: 100, check: checkHost }),
  log: Object.freeze({
    initial: "info",
    limit: 7,
    check: (value: string) => checkOneOf(LEVELS, value),
  }),
});

export type FieldName = keyof typeof FIELDS;

/** The values that were given. What is missing has its initial value. */
export type SettingsTexts = Partial<Record<FieldName, string>>;

/** What is wrong with one field. */
export interface Mistake {
  readonly field: FieldName;
  readonly text: string;
}

export function isField(name: string): name is FieldName {
  return Object.hasOwn(FIELDS, name);
}

export function fieldNames(): readonly FieldName[] {
  return Object.keys(FIELDS) as FieldName[];
}

/** What a field says of itself. */
export function field(name: FieldName): Field {
  return FIELDS[name];
}

/**
 * Checks all of it, and makes settings of it.
 * @param id what makes the board unique, for its name if it was given none
 * @returns the settings, or every mistake there is
 */
export function readSettings(texts: SettingsTexts, id: string): Settings | readonly Mistake[] {
  const mistakes = findMistakes(texts);
  if (mistakes.length > 0) return mistakes;
  const value = (name: FieldName): string => texts[name] ?? field(name).initial ?? "";
  const given = <Value>(name: FieldName, make: (text: string) => Value): Value | undefined =>
    value(name) === "" ? undefined : make(value(name));
  const password = given("password", (text) => text);
  const keys = given("keys", decodeKeys);
  const server = given("server", parseServerAddress);
  const authority = given("ca", decodeBase64);
  return {
    wifi: { ssid: value("ssid"), passphrase: value("passphrase") },
    account: {
      jid: value("jid"),
      ...(password === undefined ? {} : { password }),
      ...(keys === undefined ? {} : { keys }),
      ...(server === undefined ? {} : { server }),
      ...(authority === undefined ? {} : { authority }),
      mechanism: value("mechanism") as MechanismName,
    },
    telemetry: {
      service: value("service") || `pubsub.${JID.parse(value("jid")).domain}`,
      node: value("node"),
      interval: Number(value("interval")),
      sensors: value("sensors")
        .split(",")
        .filter((name) => name !== ""),
    },
    name: value("name") || `pipit-${id.slice(-6)}`,
    power: value("power") as Power,
    ntp: value("ntp"),
    log: value("log") as Level,
  };
}

/** NVS takes 4,000 bytes in one value; the store writes a little beside the texts. */
const MAX_RECORD = 3_900;

function findMistakes(texts: SettingsTexts): Mistake[] {
  const mistakes: Mistake[] = [];
  if (byteLength(JSON.stringify(texts)) > MAX_RECORD)
    mistakes.push({ field: "ca", text: "and the rest have no room together; use shorter values" });
  for (const name of fieldNames()) {
    const { isRequired, limit, check } = field(name);
    const value = texts[name] ?? "";
    let text: string | undefined;
    if (value === "") text = isRequired ? "is needed" : undefined;
    else if (byteLength(value) > limit) text = `has more than ${limit} bytes`;
    else text = check(value);
    if (text !== undefined) mistakes.push({ field: name, text });
  }
  const { password = "", keys = "" } = texts;
  if (password === "" && keys === "")
    mistakes.push({ field: "password", text: "is needed, or keys are" });
  else if (password !== "" && keys !== "")
    mistakes.push({ field: "keys", text: "are given, and a password as well; one is enough" });
  else if (password === "" && texts.mechanism === "SCRAM-SHA-256" && keys.startsWith("sha-1,"))
    mistakes.push({ field: "keys", text: "are for SCRAM-SHA-1, which the mechanism rules out" });
  return mistakes;
}

/** `sha-256,4096,SALT,CLIENTKEY,SERVERKEY`, the last three in base64. */
export function encodeKeys({ hash, iterations, salt, clientKey, serverKey }: ScramKeys): string {
  return [hash, iterations, salt, encodeBase64(clientKey), encodeBase64(serverKey)].join(",");
}

/** @returns `undefined` when it is not what {@link encodeKeys} writes */
export function decodeKeys(text: string): ScramKeys | undefined {
  const [hash, count, salt = "", client = "", server = "", more] = text.split(",");
  if ((hash !== "sha-1" && hash !== "sha-256") || more !== undefined) return undefined;
  const size = hash === "sha-1" ? 20 : 32;
  const iterations = Number(count);
  const clientKey = decodeBase64(client);
  const serverKey = decodeBase64(server);
  if (!Number.isInteger(iterations) || iterations < MIN_ITERATIONS) return undefined;
  if (salt === "" || decodeBase64(salt) === undefined) return undefined;
  if (clientKey?.length !== size || serverKey?.length !== size) return undefined;
  return { hash, salt, iterations, clientKey, serverKey };
}

function checkPassphrase(value: string): string | undefined {
  const length = byteLength(value);
  if (length < 8) return "is shorter than the 8 characters that WPA asks for";
  if (length === 64 && !/^[0-9a-f]*$/i.test(value))
    return "has 64 characters, which must be hexadecimal digits then; a passphrase has 63 at most";
  return undefined;
}

function checkAccount(value: string): string | undefined {
  return checkJid(value) ?? (JID.parse(value).local === "" ? "is not user@domain" : undefined);
}

function checkJid(value: string): string | undefined {
  return mistakeIn(() => void JID.parse(value));
}

function checkPassword(value: string): string | undefined {
  return mistakeIn(() => void preparePassword(value));
}

/** @returns the text of the ConfigError that it throws */
function mistakeIn(read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.text;
    throw error;
  }
}

function checkKeys(value: string): string | undefined {
  if (decodeKeys(value) !== undefined) return undefined;
  return `should be HASH,ITERATIONS,SALT,CLIENTKEY,SERVERKEY with ${MIN_ITERATIONS} iterations or more`;
}

function checkServer(value: string): string | undefined {
  if (parseServerAddress(value) !== undefined) return undefined;
  return "should be xmpp://host[:port], or xmpps:// when TLS begins with the connection";
}

/** A certificate is a SEQUENCE (X.690 8.9), of which the length takes two bytes. */
function checkAuthority(value: string): string | undefined {
  const der = decodeBase64(value);
  if (der === undefined) return "is not base64";
  const length = ((der[2] ?? 0) << 8) | (der[3] ?? 0);
  if (der[0] !== 0x30 || der[1] !== 0x82 || der.length !== length + 4)
    return "is not one certificate in DER";
  return undefined;
}

function checkOneOf(values: readonly string[], value: string): string | undefined {
  return values.includes(value) ? undefined : `should be one of ${values.join(", ")}`;
}

function checkInterval(value: string): string | undefined {
  const interval = /^[0-9]+$/.test(value) ? Number(value) : 0;
  if (interval >= 1_000 && interval <= 86_400_000) return undefined;
  return "should be whole milliseconds, from 1000 (a second) to 86400000 (a day)";
}

/** Which sensors there are is for the board to say. */
function checkSensors(value: string): string | undefined {
  const names = value.split(",");
  if (!names.every((name) => /^[a-z0-9]+$/.test(name))) return "should be names between commas";
  return new Set(names).size === names.length ? undefined : "names a sensor twice";
}

function checkName(value: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(value)
    ? undefined
    : "should be letters, digits, - and _";
}

function checkHost(value: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9.:-]*$/.test(value)
    ? undefined
    : "is neither a name nor an address";
}
