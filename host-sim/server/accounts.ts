/** The accounts of a server, in memory and if wished in a file. Passwords are not in it. */

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Hash } from "../../firmware/io.js";
import { decodeBase64, encodeBase64 } from "../../firmware/xmpp/base64.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { type Credentials, deriveCredentials, type VerifyingKeys } from "./sasl/credentials.js";
import type { AccountLookup } from "./sasl/realm.js";

export class Accounts {
  readonly #path: string | undefined;
  readonly #accounts: Map<string, Credentials>;

  /**
   * @param path a JSON file that keeps the accounts; made with the first of them
   * @throws ConfigError `accounts-damaged` when there is something else in the file
   */
  constructor(path?: string) {
    this.#path = path;
    this.#accounts = path === undefined ? new Map() : readAccounts(path);
  }

  readonly lookup: AccountLookup = (username) => this.#accounts.get(username);

  /**
   * Adds an account, or gives the one there is another password.
   * @throws ConfigError `jid-malformed` or `password` for what cannot be one
   */
  add(username: string, password: string): void {
    const name = JID.of(username, "localhost").local;
    if (name === "") throw new ConfigError("jid-malformed", "the username is empty");
    this.#accounts.set(name, deriveCredentials(password));
    if (this.#path !== undefined) writeAccounts(this.#path, this.#accounts);
  }
}

function writeAccounts(path: string, accounts: ReadonlyMap<string, Credentials>): void {
  const entries = [...accounts].map(([name, { salt, iterations, keys }]) => [
    name,
    {
      salt: encodeBase64(salt),
      iterations,
      "sha-1": encodeKeys(keys["sha-1"]),
      "sha-256": encodeKeys(keys["sha-256"]),
    },
  ]);
  // The old file stays until the new one is whole.
  writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(entries), undefined, 2), {
    mode: 0o600,
  });
  renameSync(`${path}.new`, path);
}

function encodeKeys({ storedKey, serverKey }: VerifyingKeys): Record<string, string> {
  return { storedKey: encodeBase64(storedKey), serverKey: encodeBase64(serverKey) };
}

function readAccounts(path: string): Map<string, Credentials> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw error;
  }
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, Record<string, unknown>>);
    return new Map(entries.map(([name, entry]) => [name, readCredentials(entry)]));
  } catch (error) {
    const reason = (error as Error).message;
    throw new ConfigError(
      "accounts-damaged",
      `${path}: ${reason}; delete it to begin without accounts`,
    );
  }
}

const KEY_BYTES: Readonly<Record<Hash, number>> = { "sha-1": 20, "sha-256": 32 };

function readCredentials(entry: Record<string, unknown>): Credentials {
  const { iterations } = entry;
  if (!Number.isSafeInteger(iterations) || (iterations as number) < 1)
    throw new TypeError("iterations is not a number");
  return {
    salt: readBytes(entry, "salt"),
    iterations: iterations as number,
    keys: { "sha-1": readKeys(entry, "sha-1"), "sha-256": readKeys(entry, "sha-256") },
  };
}

function readKeys(entry: Record<string, unknown>, hash: Hash): VerifyingKeys {
  const keys = (entry[hash] ?? {}) as Record<string, unknown>;
  const storedKey = readBytes(keys, "storedKey");
  const serverKey = readBytes(keys, "serverKey");
  if (storedKey.length !== KEY_BYTES[hash] || serverKey.length !== KEY_BYTES[hash])
    throw new TypeError(`the keys of ${hash} have the wrong length`);
  return { storedKey, serverKey };
}

function readBytes(entry: Record<string, unknown>, name: string): Uint8Array {
  const value = entry[name];
  const bytes = typeof value === "string" ? decodeBase64(value) : undefined;
  if (bytes === undefined) throw new TypeError(`${name} is not base64`);
  return bytes;
}
