/**
 * The way between a device and its server, which can fail: socket classes over those of any host.
 *
 * Hosts do TLS over sockets of their own only, so it fails above TLS: bytes are those that the device says
 * and hears, and a handshake that is broken off is one before the socket says that it stands.
 */

import type {
  SocketSource,
  TCPConstructor,
  TCPOptions,
  Timer,
  TLSConstructor,
  TLSOptions,
} from "../../../firmware/io.js";
import { FaultySocket } from "./socket.js";

/** What may happen to a link. Times are in milliseconds. */
export type LinkFault =
  /** The connection breaks when so many more bytes have gone this way, and both ends learn of it. */
  | { readonly kind: "cut"; readonly direction: "in" | "out"; readonly bytes: number }
  /** The next connection breaks before it stands, in the middle of TLS's handshake. */
  | { readonly kind: "reset" }
  /** The connection is gone, and neither end hears of that. */
  | { readonly kind: "half-open" }
  /** Nothing passes, either way, for a while. */
  | { readonly kind: "stall"; readonly time: number }
  /** Everything takes `delay` longer for a while. */
  | { readonly kind: "delay"; readonly delay: number; readonly time: number }
  /** The device gets what comes byte by byte for a while. */
  | { readonly kind: "trickle"; readonly time: number }
  /** The device reads little at a time for a while, so that its peer is held back. */
  | { readonly kind: "slow-reader"; readonly time: number }
  /** There is no network for a while: the connection goes half-open, and no other can be made. */
  | { readonly kind: "outage"; readonly time: number };

/** What a slow reader reads at once, in bytes, and how long it pauses then, in milliseconds. */
const SLOW_BYTES = 256;
const SLOW_PAUSE = 100;

/** Milliseconds after which a connection without a network cannot be made. */
const UNREACHABLE = 100;

export interface LinkOptions {
  readonly TCP: TCPConstructor;
  readonly TLS: TLSConstructor;
  readonly timer: Timer;
  /** Milliseconds for which the peer of a connection does not learn that it is gone. */
  readonly ghost: number;
}

export class FaultyLink {
  readonly TCP: TCPConstructor;
  readonly TLS: TLSConstructor;
  readonly timer: Timer;
  readonly ghost: number;
  readonly #sockets = new Set<FaultySocket>();
  /** What connections that are gone without a word leave behind. */
  readonly #ghosts = new Set<() => void>();
  #isOff = false;
  #resets = 0;
  #stalledUntil = 0;
  #delay = 0;
  #delayedUntil = 0;
  #trickleUntil = 0;
  #slowUntil = 0;
  #outUntil = 0;

  constructor(options: LinkOptions) {
    this.timer = options.timer;
    this.ghost = options.ghost;
    const link = this;
    this.TCP = class extends FaultySocket {
      constructor(plain: TCPOptions) {
        super(
          link,
          plain,
          (callbacks) => new options.TCP({ ...plain, ...callbacks, ...inner(plain) }),
        );
      }
    };
    this.TLS = class extends FaultySocket {
      constructor(secure: TLSOptions) {
        const TCP = { io: options.TCP };
        super(
          link,
          secure,
          (callbacks) => new options.TLS({ ...secure, TCP, ...callbacks, ...inner(secure) }),
        );
      }
    };
  }

  /** Whether there is a connection, or one is being made. */
  get isConnected(): boolean {
    return this.#sockets.size > 0;
  }

  /** Lets something happen. What concerns the connection is of no effect when there is none. */
  fail(fault: LinkFault): void {
    const now = this.timer.now();
    switch (fault.kind) {
      case "cut":
        for (const socket of this.#sockets) socket.cutAfter(fault.direction, fault.bytes);
        return;
      case "reset":
        this.#resets++;
        return;
      case "half-open":
        this.#loseAll();
        return;
      case "stall":
        this.#stalledUntil = now + fault.time;
        return;
      case "delay":
        this.#delay = fault.delay;
        this.#delayedUntil = now + fault.time;
        return;
      case "trickle":
        this.#trickleUntil = now + fault.time;
        return;
      case "slow-reader":
        this.#slowUntil = now + fault.time;
        return;
      case "outage":
        this.#loseAll();
        this.#outUntil = now + fault.time;
        return;
    }
  }

  /** The device is gone without a word. */
  powerOff(): void {
    this.#isOff = true;
    this.#loseAll();
    for (const socket of this.#sockets) socket.close();
  }

  powerOn(): void {
    this.#isOff = false;
  }

  /** Everything goes well from now on. Connections that are gone, both ends learn of. */
  heal(): void {
    this.#resets = 0;
    this.#stalledUntil = this.#delayedUntil = this.#trickleUntil = this.#slowUntil = 0;
    this.#outUntil = 0;
    for (const socket of this.#sockets) socket.heal();
    for (const end of [...this.#ghosts]) end();
  }

  // As sockets see it

  /** How a new connection fares: milliseconds after which it fails, `undefined` when it does not. */
  admit(socket: FaultySocket): number | undefined {
    this.#sockets.add(socket);
    if (this.timer.now() < this.#outUntil) return UNREACHABLE;
    if (this.#resets === 0) return undefined;
    this.#resets--;
    return 1;
  }

  /** Tells the device something. One that has lost its power in the middle of it does not finish it. */
  tell(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!this.#isOff) throw error;
    }
  }

  released(socket: FaultySocket): void {
    this.#sockets.delete(socket);
  }

  /** Milliseconds until something that is there now may pass. */
  get wait(): number {
    const delay = this.timer.now() < this.#delayedUntil ? this.#delay : 0;
    return Math.max(delay, this.stalled);
  }

  /** Milliseconds until something that had to wait may pass. */
  get stalled(): number {
    return Math.max(this.#stalledUntil - this.timer.now(), 0);
  }

  /** How many bytes the device may read at once, and the pause in milliseconds before the next. */
  get portion(): { bytes: number; pause: number } {
    const now = this.timer.now();
    if (now < this.#trickleUntil) return { bytes: 1, pause: 0 };
    if (now < this.#slowUntil) return { bytes: SLOW_BYTES, pause: SLOW_PAUSE };
    return { bytes: Number.POSITIVE_INFINITY, pause: 0 };
  }

  /** Ends something when its peer is to learn of it. */
  haunt(end: () => void): void {
    const once = (): void => {
      this.timer.clear(handle);
      if (this.#ghosts.delete(once)) end();
    };
    const handle = this.timer.set(once, this.ghost);
    this.#ghosts.add(once);
  }

  #loseAll(): void {
    for (const socket of this.#sockets) socket.lose();
  }
}

/** The connection to take over, as the host knows it. */
function inner(source: SocketSource): Partial<SocketSource> {
  return "from" in source ? { from: (source.from as FaultySocket).release() } : {};
}
