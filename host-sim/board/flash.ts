import { rmSync } from "node:fs";
import type { KeyValue, KeyValueStorage } from "../../firmware/io.js";
import { MemoryStorage } from "../node/memory-storage.js";
import { Storage } from "../node/storage.js";

/** The flash of one board, which can be wiped as a whole. */
export class Flash implements KeyValueStorage {
  readonly #directory: string | undefined;
  #storage: KeyValueStorage;

  /** @param directory where it is kept; in memory without one */
  constructor(directory?: string) {
    this.#directory = directory;
    this.#storage = this.#make();
  }

  open(options: { path: string }): KeyValue {
    return this.#storage.open(options);
  }

  erase(): void {
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
    this.#storage = this.#make();
  }

  #make(): KeyValueStorage {
    return this.#directory === undefined ? new MemoryStorage() : new Storage(this.#directory);
  }
}
