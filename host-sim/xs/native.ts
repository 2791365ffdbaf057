/** What C gives to the modules of the XS host (natives.c): the global object `host`. */

import type { Bytes, Hash } from "../../firmware/io.js";

export interface Native {
  /** What stands on the command line behind the module's name. */
  arguments(): string[];
  /** A file of UTF-8 text. The process ends when it cannot be read. */
  readText(path: string): string;
  /** `count` bytes from the kernel. */
  random(count: number): ArrayBuffer;
  /** Collects garbage and prints a line of JSON about the machine's memory (figures.h). */
  figures(label: string): void;
  digest(hash: Hash, data: Uint8Array): ArrayBuffer;
  hmac(hash: Hash, key: Uint8Array, data: Uint8Array): ArrayBuffer;
  pbkdf2(hash: Hash, password: Uint8Array, salt: Uint8Array, iterations: number): ArrayBuffer;
  /** Calls `callback` once, in `delay` milliseconds. Returns a handle. */
  setTimer(callback: () => void, delay: number): number;
  clearTimer(handle: number): void;
  /** Makes a folder, unless it is there. This and what follows throw an Error that names the file. */
  makeFolder(path: string): void;
  /** The names in it, in their order, but for those that begin with a dot. */
  listFolder(path: string): string[];
  /** `undefined` when there is no such file. */
  readFile(path: string): ArrayBuffer | undefined;
  /** On disk when it returns. A crash leaves the old file or the new one. */
  replaceFile(path: string, bytes: Bytes): void;
  /** Whether there was such a file. */
  removeFile(path: string): boolean;
}

declare const host: Native;

export const native: Native = host;
