/**
 * Whether the clock is right, and what makes it so. Certificates are checked against it, so nothing that
 * uses TLS may begin before it is good.
 */

import type { DNSOptions, KeyValue, Timer, TimerHandle } from "../io.js";
import type { System } from "./hardware.js";
import type { Log } from "./log.js";
import { SntpQuery } from "./sntp.js";

export interface ClockOptions {
  readonly system: System;
  readonly timer: Timer;
  readonly dns: DNSOptions;
  readonly random: (count: number) => Uint8Array;
  /** A store that nothing else writes to. */
  readonly store: KeyValue;
  readonly log: Log;
  /** The time server. */
  readonly server: string;
  /** The clock has become good. Told once. */
  readonly onGood: () => void;
}

const KEY = "synced";

/** How often the time is asked for again: a crystal is off by a few seconds a day. Milliseconds. */
const RESYNC = 6 * 3_600_000;

/** How long the clock that runs in deep sleep is good for: it is off by minutes a day. */
const SLEEP_TRUST = 24 * 3_600_000;

/** A firmware is not in use for so long after it was built: later times are false ones. 20 years. */
const LIFETIME = 20 * 365 * 24 * 3_600_000;

/** The date of the build knows no time zone. */
const BUILD_DOUBT = 24 * 3_600_000;

/** Between questions, when there is no answer: doubled each time. RFC 4330 section 10 wants 15 s at least. */
const RETRY = 15_000;
const MAX_RETRY = 15 * 60_000;

export class Clock {
  readonly #options: ClockOptions;
  readonly #floor: number;
  readonly #ceiling: number;
  #isGood = false;
  #isReachable = false;
  #query: SntpQuery | undefined;
  #handle: TimerHandle | undefined;
  #delay = RETRY;

  /** Sets the clock to no less than what the time must be. */
  constructor(options: ClockOptions) {
    this.#options = options;
    const { system, timer, store } = options;
    const synced = readTime(store);
    this.#floor = Math.max(system.built - BUILD_DOUBT, synced);
    this.#ceiling = system.built + LIFETIME;
    const now = timer.now();
    if (now < this.#floor || now > this.#ceiling) system.setTime(this.#floor);
    else this.#isGood = system.resetReason === "deep-sleep" && now - synced < SLEEP_TRUST;
    if (this.#isGood) timer.set(() => options.onGood(), 0);
  }

  get isGood(): boolean {
    return this.#isGood;
  }

  /** The network is there, so servers can be asked; or it is not. */
  set isReachable(isReachable: boolean) {
    if (isReachable === this.#isReachable) return;
    this.#isReachable = isReachable;
    this.#stop();
    if (!isReachable) return;
    this.#delay = RETRY;
    const age = this.#options.timer.now() - readTime(this.#options.store);
    if (this.#isGood && age < RESYNC) this.#askIn(RESYNC - Math.floor(age));
    else this.#ask();
  }

  close(): void {
    this.#stop();
  }

  #stop(): void {
    this.#query?.close();
    this.#query = undefined;
    this.#options.timer.clear(this.#handle);
  }

  #askIn(delay: number): void {
    this.#handle = this.#options.timer.set(() => this.#ask(), delay);
  }

  #ask(): void {
    const { system, dns, timer, random, server } = this.#options;
    const uptime = (): number => system.uptime();
    this.#query = new SntpQuery({ dns, timer, random, uptime, server }, (time, why) => {
      this.#query = undefined;
      if (time === undefined) this.#failed(why);
      else if (time < this.#floor || time > this.#ceiling)
        this.#failed(`it says ${new Date(time).toISOString()}, which cannot be`);
      else this.#set(time);
    });
  }

  #failed(why: string): void {
    const { log, server } = this.#options;
    log.warning("clock", `${server}: ${why}; next try in ${this.#delay / 1000} s`);
    this.#askIn(this.#delay);
    this.#delay = Math.min(this.#delay * 2, MAX_RETRY);
  }

  #set(time: number): void {
    const { system, store, log, onGood } = this.#options;
    system.setTime(time);
    writeTime(store, Math.round(time));
    log.info("clock", `set to ${new Date(time).toISOString()}`);
    this.#delay = RETRY;
    this.#askIn(RESYNC);
    if (this.#isGood) return;
    this.#isGood = true;
    onGood();
  }
}

/** When the clock was set last, in milliseconds; 0 if it never was. */
function readTime(store: KeyValue): number {
  const value = store.read(KEY);
  return value?.byteLength === 8 ? new DataView(value).getFloat64(0) : 0;
}

function writeTime(store: KeyValue, time: number): void {
  const value = new DataView(new ArrayBuffer(8));
  value.setFloat64(0, time);
  store.write(KEY, value.buffer);
}
