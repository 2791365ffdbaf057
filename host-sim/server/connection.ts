/** One connection of a client: a stream joined to the socket it runs over. */

import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { StreamError } from "../../firmware/xmpp/errors.js";
import type { Server } from "./server.js";
import type { ServerStream } from "./stream/stream.js";

export interface ConnectionOptions {
  readonly server: Server;
  readonly secureContext: SecureContext;
  /** Whether TLS begins with the connection (XEP-0368), or by STARTTLS. */
  readonly direct: boolean;
  /** Milliseconds that a client has until it has bound a resource. */
  readonly negotiationTimeout: number;
  /** The connection is no more. */
  onClosed(): void;
}

/** Bytes that wait for a client, above which it is given up; one stanza alone may be bigger. */
const OUTPUT_BYTES = 4_194_304;

/** Milliseconds that a client has to take what was sent last. */
const LINGER = 2_000;

/** Milliseconds of silence after which TCP asks whether the client is still there. */
const KEEP_ALIVE = 60_000;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #stream: ServerStream;
  #socket: Socket;
  /** Of negotiation, then of what was sent last. */
  #deadline: NodeJS.Timeout;
  #overflowed = false;
  /** Whether TLS is being negotiated, so that nothing can be said to the client. */
  #isShakingHands = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#options = options;
    this.#socket = socket;
    this.#stream = options.server.connect(
      {
        onSend: (bytes) => this.#send(bytes),
        onStartTLS: () => this.#startTLS(),
        onClosed: () => this.#finish(),
      },
      options.direct,
    );
    this.#deadline = setTimeout(() => this.#expire(), options.negotiationTimeout);
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE);
    if (options.direct) this.#secure();
    else this.#attach();
  }

  /** Drops the connection without a word. */
  kill(): void {
    this.#socket.destroy();
  }

  /** What one piece of input brings about leaves in one write. */
  readonly #onData = (chunk: Buffer): void => {
    const socket = this.#socket;
    socket.cork();
    this.#stream.receive(chunk);
    socket.uncork();
  };

  readonly #onDrain = (): void => {
    this.#socket.resume();
  };

  readonly #onClose = (): void => {
    this.#stream.lost();
    clearTimeout(this.#deadline);
    this.#options.onClosed();
  };

  #attach(): void {
    this.#socket
      .on("data", this.#onData)
      .on("drain", this.#onDrain)
      .on("close", this.#onClose)
      .on("error", ignore); // `close` follows
  }

  #startTLS(): void {
    const socket = this.#socket;
    socket.uncork(); // <proceed/> goes first
    socket.off("data", this.#onData).off("drain", this.#onDrain).off("close", this.#onClose);
    this.#secure();
  }

  #secure(): void {
    this.#isShakingHands = true;
    const secured = new TLSSocket(this.#socket.on("error", ignore), {
      isServer: true,
      secureContext: this.#options.secureContext,
      ALPNProtocols: ["xmpp-client"],
    });
    secured.once("secure", () => {
      this.#isShakingHands = false;
      if (!this.#options.direct) this.#stream.secured();
    });
    this.#socket = secured;
    this.#attach();
  }

  /** A client that does not take what it gets is not listened to, and in the end given up. */
  #send(bytes: Uint8Array): void {
    if (this.#socket.writableLength > OUTPUT_BYTES && !this.#overflowed) {
      this.#overflowed = true;
      const text = `more than ${OUTPUT_BYTES} bytes wait to be taken`;
      this.#stream.fail(new StreamError("resource-constraint", text));
    } else if (!this.#socket.write(bytes)) {
      this.#socket.pause();
    }
  }

  #expire(): void {
    if (!this.#stream.bound)
      this.#stream.fail(new StreamError("connection-timeout", "negotiation took too long"));
  }

  /** The stream is over; what was sent is on its way. */
  #finish(): void {
    clearTimeout(this.#deadline);
    if (this.#socket.destroyed) return;
    if (this.#isShakingHands) return this.kill();
    this.#deadline = setTimeout(() => this.kill(), LINGER);
    this.#socket.end();
    this.#socket.resume();
  }
}

/** A socket without a listener for errors ends the process. */
function ignore(): void {}
