import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bytes, KeyValue, KeyValueStorage } from "../../firmware/io.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { copyOf } from "./bytes.js";

// The bounds of NVS on an ESP32: namespaces and keys, and blobs (with room for their headers).
const STORE_NAME = /^[\w-]{1,15}$/;
const KEY = /^[\x20-\x7e]{1,15}$/;
const LARGEST_VALUE = 4000;

const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;

/**
 * Key-value storage (ECMA-419 section 21) in a directory, which stands for the flash of one device: one
 * JSON file for each store, replaced as a whole by every write, so that a crash leaves the old or the new
 * state and nothing between.
 */
export class Storage implements KeyValueStorage {
  readonly #directory: string;
  readonly #stores = new Map<string, StoreFile>();

  /** @param directory where the files are; made when it is not there */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
  }

  /** How often the flash was written to since this object was made: what wears it out. */
  get writes(): number {
    let writes = 0;
    for (const store of this.#stores.values()) {
      writes += store.writes;
    }
    return writes;
  }

  /**
   * Opens a store, which is empty at first. Opened twice, it is the same store.
   * @throws RangeError when `path` is not 1 to 15 letters, digits, `_` or `-`
   * @throws ConfigError `storage-damaged` when its file does not hold a store
   */
  open({ path }: { path: string }): KeyValue {
    if (!STORE_NAME.test(path)) {
      throw new RangeError(`"${path}" does not name a store: 1 to 15 letters, digits, "_" or "-"`);
    }
    let store = this.#stores.get(path);
    if (store === undefined) {
      store = new StoreFile(join(this.#directory, `${path}.json`));
      this.#stores.set(path, store);
    }
    return new Store(store);
  }
}

/** An opened store. */
class Store implements KeyValue {
  #file: StoreFile | undefined;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  read(key: string): ArrayBuffer | undefined {
    const value = this.#open().entries.get(checkKey(key));
    return value && copyOf(value).buffer;
  }

  write(key: string, value: Bytes): void {
    const file = this.#open();
    checkKey(key);
    const bytes = copyOf(value);
    if (bytes.length > LARGEST_VALUE) {
      throw new RangeError(
        `the value of "${key}" has ${bytes.length} bytes; at most ${LARGEST_VALUE} can be stored`,
      );
    }
    file.replace(new Map(file.entries).set(key, bytes));
  }

  delete(key: string): void {
    const file = this.#open();
    const entries = new Map(file.entries);
    if (entries.delete(checkKey(key))) {
      file.replace(entries);
    }
  }

  close(): void {
    this.#file = undefined;
  }

  /** The keys as they are now, whatever is written while they are gone through. */
  [Symbol.iterator](): Iterator<string> {
    return [...this.#open().entries.keys()].values();
  }

  #open(): StoreFile {
    if (this.#file === undefined) {
      throw new Error("the store is closed");
    }
    return this.#file;
  }
}

type Entries = ReadonlyMap<string, Uint8Array>;

/** The contents of a store, in memory and on disk. */
class StoreFile {
  readonly #path: string;
  #entries: Entries;
  #writes = 0;

  constructor(path: string) {
    this.#path = path;
    this.#entries = readEntries(path);
  }

  get entries(): Entries {
    return this.#entries;
  }

  get writes(): number {
    return this.#writes;
  }

  /** Puts other contents in place, on disk first. */
  replace(entries: Entries): void {
    const pairs = [...entries].map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
    const successor = `${this.#path}.new`;
    writeFileSync(successor, JSON.stringify(pairs), { flush: true });
    renameSync(successor, this.#path);
    this.#entries = entries;
    this.#writes += 1;
  }
}

function readEntries(path: string): Entries {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return new Map();
    }
    throw error;
  }
  try {
    return new Map((JSON.parse(text) as unknown[]).map(readEntry));
  } catch (error) {
    const reason = (error as Error).message;
    throw new ConfigError("storage-damaged", `${path}: ${reason}; delete it to begin with nothing`);
  }
}

function readEntry(pair: unknown): [string, Uint8Array] {
  const [key, value] = pair as [unknown, unknown];
  if (typeof key !== "string" || typeof value !== "string" || !BASE64.test(value)) {
    throw new TypeError(`${JSON.stringify(pair)} is not a key and a value in base64`);
  }
  return [checkKey(key), Buffer.from(value, "base64")];
}

function checkKey(key: string): string {
  if (!KEY.test(key)) {
    throw new RangeError(`"${key}" cannot be a key: 1 to 15 printable ASCII characters`);
  }
  return key;
}
