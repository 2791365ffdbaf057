/**
 * Joins a Wi-Fi network and stays in it. That the network is away says nothing about the server: this has a
 * life cycle of its own, and its own backoff.
 */

import { Backoff, type BackoffOptions } from "../client/backoff.js";
import type { Timer, TimerHandle } from "../io.js";
import type { AccessPoint, WiFi, WiFiConstructor } from "./hardware.js";
import type { Log } from "./log.js";

/** `idle` without a network to join, `joining` it, `waiting` for the next try, or `up`. */
export type LinkState = "idle" | "joining" | "waiting" | "up";

export interface Network {
  readonly ssid: string;
  readonly passphrase: string;
}

export interface WifiLinkOptions {
  readonly io: WiFiConstructor;
  readonly timer: Timer;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly onState: (state: LinkState) => void;
}

/** Association, keys and DHCP take some seconds; a busy access point, more. Milliseconds. */
const JOIN_TIMEOUT = 25_000;

/**
 * The radio wants a moment after it has left a network: what it tells of the leaving would else be taken for
 * news of the joining.
 */
const SETTLE = 1_000;

/** How long a scan of all channels may take. */
const SCAN_TIMEOUT = 10_000;

const BACKOFF: BackoffOptions = Object.freeze({
  start: 0,
  base: 4_000,
  limit: 120_000,
  later: 120_000,
});

export class WifiLink {
  readonly #options: WifiLinkOptions;
  readonly #wifi: WiFi;
  readonly #backoff: Backoff;
  #network: Network | undefined;
  #state: LinkState = "idle";
  #handle: TimerHandle | undefined;
  /** Who is to hear of one try, instead of there being another. */
  #onTried: ((isUp: boolean) => void) | undefined;

  constructor(options: WifiLinkOptions) {
    this.#options = options;
    this.#backoff = new Backoff(BACKOFF, options.random);
    this.#wifi = new options.io({ onChanged: () => this.#changed() });
  }

  get state(): LinkState {
    return this.#state;
  }

  get address(): string | undefined {
    return this.#state === "up" ? this.#wifi.address : undefined;
  }

  /** dBm */
  get signal(): number | undefined {
    return this.#state === "up" ? this.#wifi.RSSI : undefined;
  }

  /** Joins a network, leaving the one before, and joins it again whenever it is lost. */
  join(network: Network): void {
    this.#begin(network);
  }

  /**
   * Joins a network to see whether that works. If it does it stays; else it is left, and the one before is
   * joined again.
   */
  try(network: Network, done: (isUp: boolean) => void): void {
    const before = this.#network;
    this.#begin(network, (isUp) => {
      if (!isUp && before !== undefined) this.#begin(before);
      else if (!isUp) this.leave();
      done(isUp);
    });
  }

  leave(): void {
    this.#network = undefined;
    this.#stop();
    this.#enter("idle");
  }

  /**
   * Looks for networks. Each is told once, with its strongest access point, the strongest first.
   * @param done `undefined` when it cannot be done now
   */
  scan(done: (found: readonly AccessPoint[] | undefined) => void): void {
    const found = new Map<string, AccessPoint>();
    let isDone = false;
    const finish = (result: readonly AccessPoint[] | undefined): void => {
      if (isDone) return;
      isDone = true;
      this.#options.timer.clear(limit);
      done(result);
    };
    const limit = this.#options.timer.set(() => finish(undefined), SCAN_TIMEOUT);
    try {
      this.#wifi.scan({
        onFound: (point) => {
          const known = found.get(point.SSID);
          if (point.SSID !== "" && (known === undefined || known.RSSI < point.RSSI))
            found.set(point.SSID, point);
        },
        onComplete: () => finish([...found.values()].sort((a, b) => b.RSSI - a.RSSI)),
      });
    } catch (error) {
      this.#options.log.warning("wifi", `cannot scan: ${(error as Error).message}`);
      finish(undefined);
    }
  }

  close(): void {
    this.#options.timer.clear(this.#handle);
    this.#wifi.close();
  }

  #begin(network: Network, onTried?: (isUp: boolean) => void): void {
    const wasIdle = this.#state === "idle";
    this.#stop();
    this.#network = network;
    this.#onTried = onTried;
    this.#backoff.reset();
    if (wasIdle) return this.#connect();
    this.#enter("waiting");
    this.#handle = this.#options.timer.set(() => this.#connect(), SETTLE);
  }

  /** Leaves, without a word of it. */
  #stop(): void {
    this.#options.timer.clear(this.#handle);
    this.#onTried = undefined;
    if (this.#state !== "idle") this.#wifi.disconnect();
  }

  #connect(): void {
    const { ssid, passphrase } = this.#network as Network;
    this.#enter("joining");
    this.#handle = this.#options.timer.set(() => this.#failed("no answer"), JOIN_TIMEOUT);
    try {
      this.#wifi.connect({
        SSID: ssid,
        ...(passphrase === "" ? {} : { password: passphrase }),
      });
    } catch (error) {
      this.#failed((error as Error).message);
    }
  }

  #changed(): void {
    const { connection } = this.#wifi;
    if (this.#state === "joining") {
      if (connection >= 500) this.#joined();
      else if (connection < 300) this.#failed("not in reach, or the passphrase is wrong");
    } else if (this.#state === "up" && connection < 500) {
      this.#failed("lost");
    }
  }

  #joined(): void {
    this.#options.timer.clear(this.#handle);
    this.#backoff.reset();
    this.#options.log.info("wifi", `joined, with the address ${this.#wifi.address}`);
    this.#enter("up");
    this.#tried(true);
  }

  #failed(why: string): void {
    const { timer, log } = this.#options;
    timer.clear(this.#handle);
    this.#wifi.disconnect();
    const delay = SETTLE + this.#backoff.next("now");
    log.warning("wifi", `${why}; next try in ${Math.round(delay / 1000)} s`);
    this.#handle = timer.set(() => this.#connect(), delay);
    this.#enter("waiting");
    this.#tried(false);
  }

  #tried(isUp: boolean): void {
    const onTried = this.#onTried;
    this.#onTried = undefined;
    onTried?.(isUp);
  }

  #enter(state: LinkState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState(state);
  }
}
