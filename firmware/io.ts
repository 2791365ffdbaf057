/**
 * What the firmware asks of the machine it runs on: the ECMA-419 shapes (2nd edition, sections 8 to 12
 * and 21), plus the timer and the cryptographic primitives that ECMA-419 leaves to the host.
 *
 * Everything here is handed in as a constructor or an object; the firmware imports none of it. ESP32
 * passes the Moddable SDK's classes, the Node host passes its own over `node:net` and `node:tls`, the XS
 * host its own over poll() and mbedTLS. A conformance test (`test/conformance`) runs against each.
 */

/** Bytes that may be written to a socket. */
export type Bytes = Uint8Array | ArrayBuffer;

/**
 * A TCP or TLS connection (ECMA-419 section 12.3).
 *
 * Callbacks are never called from inside the constructor, and never after `close()`.
 */
export interface Socket {
  /**
   * Takes received bytes: all of them, `count` of them, or as many as fill the buffer.
   * Returns `undefined` when nothing is there. Bytes that are not read hold the peer back.
   * @throws RangeError when more is asked for than was received
   */
  read(count?: number): ArrayBuffer | undefined;
  read(buffer: Uint8Array): number | undefined;

  /**
   * Writes all of `data` and returns how many more bytes may be written; `undefined` when the connection is
   * broken, of which `onError` tells.
   * @throws Error `would block` when `data` is longer than the last `onWritable` count less what has
   *   been written since; nothing is written then
   */
  write(data: Bytes): number | undefined;

  /** Releases the connection at once; may be called twice. Unsent bytes may be lost. */
  close(): void;
}

/** The callbacks every socket takes. `this` is the socket. */
export interface SocketCallbacks {
  /** `count` bytes in all wait to be read. Not repeated until more arrive. */
  onReadable?: (this: Socket, count: number) => void;
  /** `count` bytes may be written. The first call says that the connection stands. */
  onWritable?: (this: Socket, count: number) => void;
  /**
   * The connection failed, or the peer closed it in good order: ECMA-419 does not tell the two apart. It
   * comes after everything that was received has been read. Hosts that know the reason pass it.
   */
  onError?: (this: Socket, reason?: Error) => void;
}

/** Where a plain socket comes from: an address, or another socket whose connection it takes over. */
export type SocketSource = { address: string; port: number } | { from: Socket };

export type TCPOptions = SocketSource & SocketCallbacks & { noDelay?: boolean };

export interface TCPConstructor {
  new (options: TCPOptions): Socket;
}

/** What the TLS socket is to prove, and with what. */
export interface SecureOptions {
  /** The name that SNI carries and the certificate must be for: always the XMPP domain (RFC 6120 13.7.2). */
  serverName: string;
  /** Certificate authorities to trust in place of the host's own: PEM text, or one DER certificate. */
  certificate?: string | Uint8Array;
  /** Protocols to offer by ALPN, the best first. */
  applicationLayerProtocolNegotiation?: readonly string[];
}

export type TLSOptions = TCPOptions & {
  TCP: { io: TCPConstructor };
  secure: SecureOptions;
};

/** A socket that does TLS over the TCP it is given. With `from`, it takes over a plain one (STARTTLS). */
export interface TLSConstructor {
  new (options: TLSOptions): Socket;
}

/** A datagram socket (ECMA-419 section 12.4). */
export interface UDPSocket {
  /** The oldest waiting datagram, with the address and port it came from. */
  read(): (ArrayBuffer & { address: string; port: number }) | undefined;
  write(data: Bytes, address: string, port: number): void;
  close(): void;
}

export interface UDPConstructor {
  new (options: {
    /** The local port; any free one when absent. */
    port?: number;
    onReadable?: (this: UDPSocket, packets: number) => void;
    onError?: (this: UDPSocket, reason?: Error) => void;
  }): UDPSocket;
}

/** Turns host names into addresses (ECMA-419 DNS resolver). */
export interface Resolver {
  /** Exactly one of the two callbacks is called, later. */
  resolve(request: {
    host: string;
    onResolved: (host: string, address: string) => void;
    onError: (host: string) => void;
  }): void;
  close(): void;
}

export interface ResolverConstructor {
  new (options: DNSOptions): Resolver;
}

/** The `dns` option as Moddable's clients take it: the class, the servers to ask, and how to reach them. */
export interface DNSOptions {
  io: ResolverConstructor;
  /** Addresses of name servers, `address` or `address:port` with 53 as the default port. */
  servers: readonly string[];
  socket: { io: UDPConstructor };
}

/** A handle for {@link Timer.clear}. Its form is the host's own. */
export type TimerHandle = object | number;

/** One-shot timers and a clock. */
export interface Timer {
  /** Calls `callback` once, in `delay` milliseconds (an integer, 0 or more), never synchronously. */
  set(callback: () => void, delay: number): TimerHandle;
  /** Stops a timer. A timer that has run, and `undefined`, are ignored. */
  clear(handle: TimerHandle | undefined): void;
  /** Milliseconds since the epoch, as far as the device knows. It may jump. */
  now(): number;
}

/** Hash functions by the names XMPP uses for them (XEP-0300). */
export type Hash = "sha-1" | "sha-256";

/** Cryptographic primitives. All of them are pure but `random`. */
export interface Crypto {
  digest(hash: Hash, data: Uint8Array): Uint8Array;
  hmac(hash: Hash, key: Uint8Array, data: Uint8Array): Uint8Array;
  /**
   * PBKDF2 (RFC 8018 5.2) with HMAC, one block of output (20 or 32 bytes). Takes seconds on a
   * microcontroller, so the result comes by callback, which may be called before this returns.
   */
  pbkdf2(
    hash: Hash,
    password: Uint8Array,
    salt: Uint8Array,
    iterations: number,
    done: (key: Uint8Array) => void,
  ): void;
  /** `count` bytes that nobody can predict. */
  random(count: number): Uint8Array;
}

/** One open key-value store (ECMA-419 section 21, key-value storage), with NVS's bounds. */
export interface KeyValue {
  read(key: string): ArrayBuffer | undefined;
  /** On disk when it returns. @throws RangeError for a key over 15 bytes or a value over 4,000 */
  write(key: string, value: Bytes): void;
  delete(key: string): void;
  close(): void;
  [Symbol.iterator](): Iterator<string>;
}

/** The storage module's default export: stores are opened by name. */
export interface KeyValueStorage {
  open(options: { path: string }): KeyValue;
}
