import type { Bytes, KeyValue, KeyValueStorage } from "../../firmware/io.js";
import { native } from "./native.js";

// The bounds of NVS on an ESP32: namespaces and keys, and blobs (with room for their headers).
const STORE_NAME = /^[\w-]{1,15}$/;
const KEY = /^[\x20-\x7e]{1,15}$/;
const LARGEST_VALUE = 4000;

/**
 * Key-value storage (ECMA-419 section 21) in a directory, which stands for the flash of one device: a folder
 * for each store, and in it a file for each key. As with NVS, values take no RAM, and a crash leaves the old
 * value of a key or the new one.
 */
export class Storage implements KeyValueStorage {
  readonly #directory: string;
  #writes = 0;

  /** @param directory where the stores are; made when it is not there */
  constructor(directory: string) {
    native.makeFolder(directory);
    this.#directory = directory;
  }

  /** How often the flash was written to since this object was made: what wears it out. */
  get writes(): number {
    return this.#writes;
  }

  /**
   * Opens a store, which is empty at first. Opened twice, it is the same store.
   * @throws RangeError when `path` is not 1 to 15 letters, digits, `_` or `-`
   */
  open({ path }: { path: string }): KeyValue {
    if (!STORE_NAME.test(path)) {
      throw new RangeError(`"${path}" does not name a store: 1 to 15 letters, digits, "_" or "-"`);
    }
    const folder = `${this.#directory}/${path}`;
    native.makeFolder(folder);
    return new Store(folder, () => {
      this.#writes += 1;
    });
  }
}

/** An opened store. */
class Store implements KeyValue {
  #folder: string | undefined;
  readonly #onWrite: () => void;

  constructor(folder: string, onWrite: () => void) {
    this.#folder = folder;
    this.#onWrite = onWrite;
  }

  read(key: string): ArrayBuffer | undefined {
    return native.readFile(this.#pathOf(key));
  }

  write(key: string, value: Bytes): void {
    const path = this.#pathOf(key);
    if (value.byteLength > LARGEST_VALUE) {
      throw new RangeError(
        `the value of "${key}" has ${value.byteLength} bytes; at most ${LARGEST_VALUE} can be stored`,
      );
    }
    native.replaceFile(path, value);
    this.#onWrite();
  }

  delete(key: string): void {
    if (native.removeFile(this.#pathOf(key))) {
      this.#onWrite();
    }
  }

  close(): void {
    this.#folder = undefined;
  }

  /** The keys as they are now, whatever is written while they are gone through. */
  [Symbol.iterator](): Iterator<string> {
    return native
      .listFolder(this.#open())
      .map((name) => decodeURIComponent(name.slice(1)))
      .values();
  }

  /** Keys can have characters that names of files cannot, and can be `.` or `..`. */
  #pathOf(key: string): string {
    const folder = this.#open();
    if (!KEY.test(key)) {
      throw new RangeError(`"${key}" cannot be a key: 1 to 15 printable ASCII characters`);
    }
    return `${folder}/=${encodeURIComponent(key)}`;
  }

  #open(): string {
    if (this.#folder === undefined) {
      throw new Error("the store is closed");
    }
    return this.#folder;
  }
}
