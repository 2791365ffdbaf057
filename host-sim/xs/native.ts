/** What C gives to the modules of the XS host (natives.c): the global object `host`. */

import type { Bytes } from "../../firmware/io.js";
import type { NativeCrypto, NativeTLS } from "../../firmware/tls/native.js";

export interface Native extends NativeTLS, NativeCrypto {
  /** What stands on the command line behind the module's name. */
  arguments(): string[];
  /** A file of UTF-8 text. The process ends when it cannot be read. */
  readText(path: string): string;
  /** `count` bytes from the kernel. */
  random(count: number): ArrayBuffer;
  /** Collects garbage and prints a line of JSON about the machine's memory (figures.h). */
  figures(label: string): void;
  /** Calls `callback` once, in `delay` milliseconds. Returns a handle. */
  setTimer(callback: () => void, delay: number): number;
  clearTimer(handle: number): void;
  /** Whether it is the text of an address of a kind that the system knows. */
  isAddress(text: string): boolean;
  /**
   * Begins to connect. `callback` is told what happens. Returns a handle, which is
   * good until the socket is closed; what follows throws an Error after that.
   */
  tcpConnect(address: string, port: number, noDelay: boolean, callback: NetCallback): number;
  /** Tells `callback` from now on, and begins with everything that there is to be told. */
  tcpTakeOver(handle: number, callback: NetCallback): void;
  /** How many bytes wait to be read. */
  tcpReadable(handle: number): number;
  /** Fills `buffer`, which must not be longer. */
  tcpRead(handle: number, buffer: Uint8Array): void;
  /** How many bytes may be written; -1: the connection does not stand yet. */
  tcpWritable(handle: number): number;
  /** Writes a copy of `data`, which must not be longer. Returns whether the connection took it. */
  tcpWrite(handle: number, data: Bytes): boolean;
  /** Opens a socket for datagrams at a port, or, for 0, at any that is free. Returns a handle. */
  udpOpen(port: number, callback: NetCallback): number;
  udpSend(handle: number, data: Bytes, address: string, port: number): void;
  /** How many datagrams wait to be read. */
  udpWaiting(handle: number): number;
  udpReceive(handle: number): (ArrayBuffer & { address: string; port: number }) | undefined;
  /**
   * The condition and the text of a TransportError: why nothing more will be received (TCP), or the last thing
   * that did not work (UDP).
   */
  socketFailure(handle: number): readonly [condition: string, text: string] | undefined;
  closeSocket(handle: number): void;
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

/** Bits of what a socket is told (net.h). */
export const WRITABLE = 1;
export const READABLE = 2;
export const FAILED = 4;

/** @param events a sum of these bits */
export type NetCallback = (events: number) => void;

declare const host: Native;

export const native: Native = host;
