import type { Bytes, KeyValue, KeyValueStorage } from "../../firmware/io.js";
import { copyOf } from "./bytes.js";

/**
 * Key-value storage that ends with the process: for simulated devices whose reboot nobody waits for. Values are
 * kept as strings of their bytes: in Node an `ArrayBuffer` takes 300 bytes beside what is in it, and there are
 * thousands of devices.
 */
export class MemoryStorage implements KeyValueStorage {
  readonly #stores = new Map<string, Map<string, string>>();

  /** Opens a store, which is empty at first. Opened twice, it is the same store. */
  open({ path }: { path: string }): KeyValue {
    let values = this.#stores.get(path);
    if (values === undefined) {
      values = new Map();
      this.#stores.set(path, values);
    }
    return new Store(values);
  }
}

class Store implements KeyValue {
  readonly #values: Map<string, string>;

  constructor(values: Map<string, string>) {
    this.#values = values;
  }

  read(key: string): ArrayBuffer | undefined {
    const value = this.#values.get(key);
    return value === undefined ? undefined : copyOf(Buffer.from(value, "latin1")).buffer;
  }

  write(key: string, value: Bytes): void {
    this.#values.set(key, Buffer.from(copyOf(value)).toString("latin1"));
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  close(): void {}

  /** The keys as they are now, whatever is written while they are gone through. */
  [Symbol.iterator](): Iterator<string> {
    return [...this.#values.keys()].values();
  }
}
