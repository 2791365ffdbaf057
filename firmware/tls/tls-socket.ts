/**
 * ECMA-419's TLS socket over the engine in C: it carries bytes between the engine and the TCP that it is given,
 * and tells the application what comes of it.
 */

import type {
  Bytes,
  Socket,
  SocketCallbacks,
  Timer,
  TimerHandle,
  TLSConstructor,
  TLSOptions,
} from "../io.js";
import { ConfigError, TransportError } from "../xmpp/errors.js";
import { ENDED, FAILED, HANDSHAKE, type NativeTLS, OPEN, type TLSEngine } from "./native.js";
import type { SessionCache } from "./session-cache.js";

/** What a host gives to all its TLS sockets. */
export interface TLSPlatform {
  native: NativeTLS;
  timer: Timer;
  /** Whom to trust where `secure.certificate` does not say: PEM text, or one DER certificate. */
  authorities?: string | Uint8Array;
  /**
   * A time that surely has passed, in milliseconds since the epoch: that of the build, or a later one from storage. A
   * clock that is behind it was never set; then certificates must not have expired by this time, and may begin later.
   */
  clockFloor?: number;
  /** Where sessions are kept; without it, each connection is a full handshake. */
  sessions?: SessionCache;
}

/** Bytes to take from TCP at once: they are in the machine's heap until the engine has them. */
const READ_BYTES = 1_024;

/** Kinds of channel binding: RFC 5929 4, RFC 9266. */
export type ChannelBinding = "tls-server-end-point" | "tls-exporter";

/**
 * TLS 1.2 and, where mbedTLS has it, 1.3. The server's certificate is always verified, for `secure.serverName`.
 *
 * The end of a connection is reported once everything received has been read. What is written after that, or after
 * the server has said that it is done, is dropped.
 */
export class TLSSocket implements Socket {
  readonly #platform: TLSPlatform;
  readonly #serverName: string;
  readonly #onReadable: SocketCallbacks["onReadable"];
  readonly #onWritable: SocketCallbacks["onWritable"];
  readonly #onError: SocketCallbacks["onError"];

  /** Absent once this socket is closed. */
  #engine: TLSEngine | undefined;
  readonly #transport: Socket;
  /** How many bytes TCP takes. Absent until the connection stands. */
  #transportCredit: number | undefined;
  /** Bytes that wait in TCP. */
  #incoming = 0;
  /** What was read from TCP, and not yet taken by the engine. */
  #unfed: Uint8Array | undefined;
  /** Why TCP ended. */
  #transportFailure: Error | undefined;

  /** How many bytes the application may write. Absent until the handshake is done. */
  #credit: number | undefined;
  /** Bytes that the application knows of, and has not read. */
  #announced = 0;
  #isFailureTold = false;
  #isPumping = false;
  #due: TimerHandle | undefined;

  /**
   * @throws ConfigError `bad-server-name`, `bad-certificate`, `bad-protocol`, `bad-option` for options that cannot be used
   * @throws TransportError `tls-failure` when there is no memory
   * @throws as the constructor of `TCP.io` does
   */
  constructor(options: TLSOptions, platform: TLSPlatform) {
    const { TCP, secure, onReadable, onWritable, onError, ...source } = options;
    checkCallbacks({ onReadable, onWritable, onError });
    this.#platform = platform;
    this.#onReadable = onReadable;
    this.#onWritable = onWritable;
    this.#onError = onError;
    const engine = createEngine(secure, platform);
    this.#engine = engine;
    this.#serverName = secure.serverName;
    try {
      this.#transport = new TCP.io({
        ...source,
        onReadable: (count) => {
          this.#incoming = count;
          this.#pump();
        },
        onWritable: (count) => this.#onTransportWritable(count),
        onError: (reason) => {
          this.#transportFailure = reason ?? new TransportError("connection-lost");
          this.#pump();
        },
      });
    } catch (error) {
      platform.native.tlsClose(engine);
      throw error;
    }
  }

  /** Whether the connection went on with an earlier session. */
  get isResumed(): boolean {
    return this.#platform.native.tlsIsResumed(this.#open());
  }

  /** Data for channel binding (RFC 5056); `undefined` when the connection does not stand, or has none of the kind. */
  channelBinding(kind: ChannelBinding): ArrayBuffer | undefined {
    const { native } = this.#platform;
    return kind === "tls-exporter"
      ? native.tlsExport(this.#open(), "EXPORTER-Channel-Binding", 32)
      : native.tlsCertificateHash(this.#open());
  }

  read(count?: number): ArrayBuffer | undefined;
  read(buffer: Uint8Array): number | undefined;
  read(wanted?: number | Uint8Array): ArrayBuffer | number | undefined {
    const engine = this.#open();
    const available = this.#announced;
    if (available === 0) return undefined;
    const count = wanted instanceof Uint8Array ? wanted.length : (wanted ?? available);
    if (!Number.isInteger(count) || count <= 0 || count > available)
      throw new RangeError(`cannot read ${count} bytes of the ${available} received`);
    const target = wanted instanceof Uint8Array ? wanted : new Uint8Array(count);
    this.#platform.native.tlsRead(engine, target);
    this.#announced -= count;
    // There may be room for more now, or the end to tell of: but not from inside of this call.
    this.#pumpLater();
    return target === wanted ? count : (target.buffer as ArrayBuffer);
  }

  write(data: Bytes): number | undefined {
    const engine = this.#open();
    const { native } = this.#platform;
    if (this.#credit === undefined)
      throw new Error("not ready: nothing can be written before the first onWritable");
    if (data.byteLength > this.#credit)
      throw new Error(`would block: ${data.byteLength} bytes, but ${this.#credit} may be written`);
    if (native.tlsState(engine) !== OPEN || this.#transportFailure !== undefined) return undefined;
    this.#credit -= data.byteLength;
    if (!native.tlsWrite(engine, data)) this.#pumpLater();
    this.#flush(engine);
    return this.#credit;
  }

  close(): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    const { native, timer } = this.#platform;
    timer.clear(this.#due);
    this.#closeTransport(engine);
    this.#engine = undefined;
    native.tlsClose(engine);
  }

  #open(): TLSEngine {
    if (this.#engine === undefined) throw new Error("the socket is closed");
    return this.#engine;
  }

  #onTransportWritable(count: number): void {
    const isFirst = this.#transportCredit === undefined;
    this.#transportCredit = count;
    if (isFirst && this.#engine !== undefined) this.#platform.native.tlsFeed(this.#engine);
    this.#pump();
  }

  #pumpLater(): void {
    if (this.#isPumping) return;
    this.#due ??= this.#platform.timer.set(() => {
      this.#due = undefined;
      this.#pump();
    }, 0);
  }

  /** Does all there is to do. Each callback may read, write, or close the socket. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#engine !== undefined) {
        const hasFed = this.#feed(this.#engine);
        this.#flush(this.#engine);
        this.#tellWritable(this.#engine);
        if (this.#engine !== undefined) this.#tellReadable(this.#engine);
        if (!hasFed) break;
      }
      if (this.#engine !== undefined) this.#tellFailure(this.#engine);
    } finally {
      this.#isPumping = false;
    }
  }

  /** Gives the engine the next bytes of the network. Returns whether it took any. */
  #feed(engine: TLSEngine): boolean {
    const { native } = this.#platform;
    if (native.tlsState(engine) >= ENDED) return false;
    const bytes = this.#unfed ?? this.#receive();
    if (bytes === undefined) return false;
    const count = native.tlsFeed(engine, bytes);
    this.#unfed = count < bytes.length ? bytes.subarray(count) : undefined;
    this.#keepSession(engine);
    return count > 0;
  }

  #receive(): Uint8Array | undefined {
    if (this.#incoming === 0) return undefined;
    const bytes = this.#transport.read(Math.min(this.#incoming, READ_BYTES));
    this.#incoming -= bytes?.byteLength ?? this.#incoming;
    return bytes === undefined ? undefined : new Uint8Array(bytes);
  }

  #keepSession(engine: TLSEngine): void {
    const { native, sessions } = this.#platform;
    const session = sessions && native.tlsSaveSession(engine);
    if (session !== undefined) sessions?.put(this.#serverName, session);
  }

  /** Gives TCP what it takes of the engine's bytes for the network. */
  #flush(engine: TLSEngine): void {
    const { native } = this.#platform;
    while ((this.#transportCredit ?? 0) > 0) {
      const bytes = native.tlsPull(engine, this.#transportCredit as number);
      if (bytes === undefined) break;
      this.#transportCredit = this.#transport.write(bytes) ?? 0;
    }
  }

  /** Closes TCP, with a last word where there is room for it: an alert, or that we are done (close_notify). */
  #closeTransport(engine: TLSEngine): void {
    this.#platform.native.tlsEnd(engine);
    this.#flush(engine);
    this.#transportCredit = 0;
    this.#transport.close();
  }

  #tellWritable(engine: TLSEngine): void {
    const writable = this.#platform.native.tlsWritable(engine);
    if (writable === 0 || writable === this.#credit || this.#transportFailure !== undefined) return;
    this.#credit = writable;
    this.#onWritable?.(writable);
  }

  #tellReadable(engine: TLSEngine): void {
    const readable = this.#platform.native.tlsReadable(engine);
    if (readable <= this.#announced) return;
    this.#announced = readable;
    this.#onReadable?.(readable);
  }

  #tellFailure(engine: TLSEngine): void {
    if (this.#announced > 0 || this.#isFailureTold) return;
    const failure = this.#failureOf(engine);
    if (failure === undefined) return;
    this.#isFailureTold = true;
    this.#closeTransport(engine); // lest the server wait for us
    this.#onError?.(failure);
  }

  #failureOf(engine: TLSEngine): Error | undefined {
    const { native } = this.#platform;
    const state = native.tlsState(engine);
    if (state === FAILED) return readFailure(native, engine);
    if (state === ENDED)
      return new TransportError("connection-closed", "the peer closed the connection");
    if (this.#transportFailure === undefined || this.#unfed !== undefined) return undefined;
    const { message } = this.#transportFailure;
    return state === HANDSHAKE
      ? new TransportError("tls-failure", `the connection ended before TLS stood: ${message}`)
      : this.#transportFailure;
  }
}

/** The class with what it needs of a host, to be handed to clients. */
export function bindTLS(platform: TLSPlatform): TLSConstructor {
  return class extends TLSSocket {
    constructor(options: TLSOptions) {
      super(options, platform);
    }
  };
}

function checkCallbacks(callbacks: Record<string, unknown>): void {
  for (const [name, callback] of Object.entries(callbacks))
    if (callback !== undefined && typeof callback !== "function")
      throw new ConfigError("bad-option", `${name} must be a function`);
}

/** An engine for what `secure` asks for. */
function createEngine(secure: TLSOptions["secure"], platform: TLSPlatform): TLSEngine {
  const { native, timer, clockFloor = 0, sessions } = platform;
  const {
    serverName,
    certificate = platform.authorities,
    applicationLayerProtocolNegotiation: protocols = [],
  } = secure;
  if (typeof serverName !== "string")
    throw new ConfigError("bad-server-name", "secure.serverName must be a domain name");
  if (certificate === undefined)
    throw new ConfigError(
      "bad-certificate",
      "secure.certificate: this host has no authorities of its own to trust",
    );
  const now = timer.now();
  const engine = native.tlsCreate(
    serverName,
    certificate,
    encodeProtocols(protocols),
    Math.floor(Math.max(now, clockFloor) / 1000),
    now >= clockFloor,
    sessions?.take(serverName),
  );
  if (native.tlsState(engine) !== FAILED) return engine;
  const failure = readFailure(native, engine);
  native.tlsClose(engine);
  throw failure;
}

/** As `NativeTLS.tlsCreate` wants them: each with a zero behind it, and one more at the end. */
function encodeProtocols(protocols: readonly string[]): Uint8Array | undefined {
  if (protocols.length === 0) return undefined;
  const bytes: number[] = [];
  for (const protocol of protocols) {
    if (!/^[\x21-\x7e]{1,255}$/.test(protocol))
      throw new ConfigError(
        "bad-protocol",
        `"${protocol}" cannot be offered by ALPN: it must have 1 to 255 printable ASCII characters`,
      );
    for (let index = 0; index < protocol.length; index += 1) bytes.push(protocol.charCodeAt(index));
    bytes.push(0);
  }
  return Uint8Array.of(...bytes, 0);
}

/** A certificate that is no good now is the same in a minute. */
function readFailure(native: NativeTLS, engine: TLSEngine): ConfigError | TransportError {
  const [condition, text] = native.tlsFailure(engine) ?? ["tls-failure", ""];
  if (condition.startsWith("bad-")) return new ConfigError(condition, text);
  return new TransportError(condition, text, condition === "certificate-invalid" ? "later" : "now");
}
