/** What the C in this folder gives to its modules (xs-tls.c, xs-crypto.c). Each host says how they get it. */

import type { Bytes, Hash } from "../io.js";

/** A TLS engine of tls.h. */
export type TLSEngine = object;

/** States of an engine (tls.h). */
export const HANDSHAKE = 0;
export const OPEN = 1;
export const ENDED = 2;
export const FAILED = 3;

export interface NativeTLS {
  /**
   * An engine that has not begun yet. Settings that cannot be used make one that has failed.
   * @param authorities PEM text, or one certificate in DER
   * @param protocols names for ALPN in ASCII, each with a zero behind it, and one more at the end
   * @param now seconds since the epoch
   * @param isClockSet whether that is the time; else it is one that surely has passed
   * @param session what `tlsSaveSession` gave
   * @throws Error when there is no memory
   */
  tlsCreate(
    serverName: string,
    authorities: string | Uint8Array,
    protocols: Uint8Array | undefined,
    now: number,
    isClockSet: boolean,
    session: Bytes | undefined,
  ): TLSEngine;
  /** Frees its memory; may be called twice. What follows throws an Error after that. */
  tlsClose(engine: TLSEngine): void;
  tlsState(engine: TLSEngine): number;
  /** The condition and the text of an error; `undefined` unless it has failed. */
  tlsFailure(engine: TLSEngine): readonly [condition: string, text: string] | undefined;
  /** Takes in bytes of the network; none to begin. Returns how many it took. */
  tlsFeed(engine: TLSEngine, bytes?: Uint8Array): number;
  /** How many bytes wait for the application. */
  tlsReadable(engine: TLSEngine): number;
  /** Fills the buffer as far as it goes. Returns how far. */
  tlsRead(engine: TLSEngine, buffer: Uint8Array): number;
  /** How many bytes the application may write. */
  tlsWritable(engine: TLSEngine): number;
  /** @returns whether there was memory for it. @throws RangeError for more than may be written */
  tlsWrite(engine: TLSEngine, bytes: Bytes): boolean;
  /** Says that nothing more is written (close_notify). */
  tlsEnd(engine: TLSEngine): void;
  /** Bytes for the network, so many at most; `undefined`: there are none. */
  tlsPull(engine: TLSEngine, limit: number): ArrayBuffer | undefined;
  /** Whether it went on with the session that it was given. */
  tlsIsResumed(engine: TLSEngine): boolean;
  /** The session, for another connection: once, as soon as there is one. */
  tlsSaveSession(engine: TLSEngine): ArrayBuffer | undefined;
  /** Data for channel binding by tls-server-end-point (RFC 5929 4), once the handshake is done. */
  tlsCertificateHash(engine: TLSEngine): ArrayBuffer | undefined;
  /** Keying material (RFC 8446 7.5), up to 64 bytes; `undefined` with TLS 1.2. */
  tlsExport(engine: TLSEngine, label: string, size: number): ArrayBuffer | undefined;
}

/** What follows throws a RangeError for a hash function that does not exist, and an Error for want of memory. */
export interface NativeCrypto {
  digest(hash: Hash, data: Uint8Array): ArrayBuffer;
  hmac(hash: Hash, key: Uint8Array, data: Uint8Array): ArrayBuffer;
  /** PBKDF2, with nothing done yet. @throws RangeError for less than one iteration, or more than 2^32 - 1 */
  pbkdf2Begin(hash: Hash, password: Uint8Array, salt: Uint8Array, iterations: number): object;
  /** Does so many iterations, or what is left. Returns the key once it is done; it can be called no more then. */
  pbkdf2Run(pbkdf2: object, iterations: number): ArrayBuffer | undefined;
}
