import type { TCPConstructor, TLSConstructor, UDPConstructor } from "../../firmware/io.js";

/** Runs a test, as `test` of jest does. */
export type Test = (name: string, body: () => Promise<void>) => void;

/**
 * What a host brings to be tested: its classes, and the far side of their connections. The tests use
 * nothing else but ES2022, so that they run in any engine.
 */
export interface TestHost {
  readonly TCP: TCPConstructor;
  readonly TLS: TLSConstructor;
  readonly UDP: UDPConstructor;
  /** How many bytes to send where it takes many: more than all buffers on the way hold, if that can be. */
  readonly flood: number;
  /** Accepts connections at a free port of 127.0.0.1. */
  listen(): Promise<Listener>;
  readonly test: Test;
}

export interface Listener {
  readonly port: number;
  /** The oldest connection that was not handed out yet; waits for one. */
  accept(): Promise<Peer>;
  /** Stops listening, and drops all connections. */
  close(): Promise<void>;
}

/** The far side of a connection. It takes bytes from the network only as it is asked for them. */
export interface Peer {
  /** Resolves when the operating system has taken everything. */
  send(bytes: Uint8Array): Promise<void>;
  /** Sends the first `count` bytes of the pattern, which may be more than the machine under test can hold. */
  flood(count: number): Promise<void>;
  /** Exactly `count` bytes. Rejects when fewer come. */
  receive(count: number): Promise<Uint8Array>;
  /** Receives the first `count` bytes of the pattern. Rejects when others come, or fewer. */
  drain(count: number): Promise<void>;
  /** Resolves when the other side has ended the connection, whatever it sent before. */
  ended(): Promise<void>;
  /** Ends the connection in good order. */
  end(): void;
  /** Breaks the connection. */
  reset(): void;
  /** Goes on with TLS, as the server. Rejects when the handshake fails. */
  secure(options: ServerOptions): Promise<SecurePeer>;
}

export interface SecurePeer extends Peer {
  /** The name that the client sent by SNI. */
  readonly serverName: string | undefined;
  /** What was agreed on by ALPN. */
  readonly protocol: string | undefined;
}

/** How a server presents itself. Both are PEM; `certificate` may hold the chain above it as well. */
export interface ServerOptions {
  readonly certificate: string;
  readonly key: string;
  /** The application protocols that it accepts (ALPN). It minds none when absent. */
  readonly protocols?: readonly string[];
  /** It speaks TLS 1.1 at most. */
  readonly isOld?: boolean;
}
