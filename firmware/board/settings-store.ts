/** Settings in storage: one value, so that a power cut leaves the old ones or the new ones. */

import type { KeyValue } from "../io.js";
import { ConfigError } from "../xmpp/errors.js";
import { decode, encode } from "../xmpp/utf8.js";
import { fieldNames, type SettingsTexts } from "./settings.js";

const KEY = "record";

/** Takes the texts of one version to those of the next. */
export type Migration = (texts: Readonly<Record<string, string>>) => Record<string, string>;

/** From version 1 to 2, from 2 to 3, and so on: the present version is one more than there are. */
const MIGRATIONS: readonly Migration[] = Object.freeze([]);

export class SettingsStore {
  readonly #store: KeyValue;
  readonly #migrations: readonly Migration[];

  /** @param migrations those of the firmware, unless it is a later one that is being thought of */
  constructor(store: KeyValue, migrations = MIGRATIONS) {
    this.#store = store;
    this.#migrations = migrations;
  }

  /**
   * What is stored, brought up to the present version. What this version does not know is left out.
   * @returns `undefined` when nothing is stored
   * @throws ConfigError `settings-damaged`; `settings-version` when a later firmware has written them
   */
  load(): SettingsTexts | undefined {
    const value = this.#store.read(KEY);
    if (value === undefined) return undefined;
    const { version, texts } = parse(decode(new Uint8Array(value)));
    if (version > this.#version)
      throw new ConfigError(
        "settings-version",
        `version ${version} was stored by a later firmware, and this one knows ${this.#version} at most`,
      );
    const present = this.#migrations
      .slice(version - 1)
      .reduce((older, migrate) => migrate(older), texts);
    return known(present);
  }

  /** On flash when it returns. */
  save(texts: SettingsTexts): void {
    const record = { version: this.#version, texts };
    this.#store.write(KEY, encode(JSON.stringify(record)));
  }

  get #version(): number {
    return this.#migrations.length + 1;
  }
}

function parse(text: string): { version: number; texts: Record<string, string> } {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    throw damaged("not JSON");
  }
  const { version, texts } = (record ?? {}) as { version?: unknown; texts?: unknown };
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1)
    throw damaged("without a version");
  if (typeof texts !== "object" || texts === null) throw damaged("without texts");
  if (!Object.values(texts).every((value) => typeof value === "string"))
    throw damaged("with a value that is no text");
  return { version, texts: texts as Record<string, string> };
}

/** @param what never the record itself: it has secrets */
function damaged(what: string): ConfigError {
  return new ConfigError("settings-damaged", `what is stored is ${what}; provision the board anew`);
}

function known(texts: Readonly<Record<string, string>>): SettingsTexts {
  const result: SettingsTexts = {};
  for (const name of fieldNames()) {
    const value = texts[name];
    if (value !== undefined) result[name] = value;
  }
  return result;
}
