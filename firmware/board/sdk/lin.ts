/**
 * Where the SDK's simulator on Linux starts. It has no flash, no radio and no TLS that could be trusted, so all
 * but the connection runs: `pipit simulate --board` is the simulator to connect with.
 */

import { Digest } from "crypt";
import sdkConfig from "mc/config";
import Preference from "preference";
import Time from "time";
import type { Bytes, KeyValue, Socket, TLSConstructor } from "../../io.js";
import { decode } from "../../xmpp/utf8.js";
import { Board } from "../board.js";
import type { Serial, WiFi } from "../hardware.js";
import { type DigestConstructor, digestCrypto } from "./digest-crypto.js";
import { dnsOptions, TCP } from "./sockets.js";
import { timer } from "./timer.js";

export default function main(): void {
  const config = sdkConfig as unknown as { version: string };
  const system = {
    chip: "Linux",
    id: "000000000001",
    resetReason: "power-on",
    built: Date.now(),
    setTime: () => {},
    uptime: () => Time.ticks,
    freeHeap: () => 0,
    temperature: () => undefined,
    setModemSleep: () => {},
    feedWatchdog: () => {},
    erase: () => {},
    restart: () => {},
    deepSleep: () => {},
  } as const;
  // For a simulation; the SDK's random numbers are the same in every run here.
  const random = (count: number): Uint8Array =>
    Uint8Array.from({ length: count }, () => Math.floor(Math.random() * 256));
  new Board(
    {
      system,
      timer,
      crypto: digestCrypto(Digest as unknown as DigestConstructor, random, timer),
      storage: { open: ({ path }) => new PreferenceStore(path) },
      tcp: { io: TCP },
      tls: { io: NoTLS as unknown as TLSConstructor, TCP: { io: TCP } },
      // Where systemd has its resolver.
      dns: dnsOptions(() => ["127.0.0.53"]),
      wifi: { io: WiredNetwork },
      serial: { io: TraceLine },
      sensors: {},
    },
    config.version,
  );
}

/** Key-value storage in the simulator's preferences. */
class PreferenceStore implements KeyValue {
  readonly #domain: string;

  constructor(domain: string) {
    this.#domain = domain;
  }

  read(key: string): ArrayBuffer | undefined {
    return Preference.get(this.#domain, key) as ArrayBuffer | undefined;
  }

  write(key: string, value: Bytes): void {
    Preference.set(this.#domain, key, new Uint8Array(value).slice().buffer);
  }

  delete(key: string): void {
    Preference.delete(this.#domain, key);
  }

  close(): void {}

  [Symbol.iterator](): Iterator<string> {
    return Preference.keys(this.#domain)[Symbol.iterator]();
  }
}

class NoTLS {
  constructor(_options: { from?: Socket }) {
    throw new Error("the SDK's simulator has no TLS; use pipit simulate --board");
  }
}

/** The computer's network, which is there or not. */
class WiredNetwork implements WiFi {
  readonly #onChanged: () => void;
  readonly address = "127.0.0.1";
  readonly RSSI = undefined;
  #isJoined = false;

  constructor({ onChanged }: { onChanged: () => void }) {
    this.#onChanged = onChanged;
  }

  get connection(): number {
    return this.#isJoined ? 500 : 200;
  }

  connect(): void {
    timer.set(() => {
      this.#isJoined = true;
      this.#onChanged();
    }, 0);
  }

  disconnect(): void {
    this.#isJoined = false;
  }

  scan({ onComplete }: { onComplete: () => void }): void {
    timer.set(onComplete, 0);
  }

  close(): void {}
}

/** The log goes to the debugger. Nothing comes back. */
class TraceLine implements Serial {
  read(): undefined {}

  write(data: Bytes): void {
    trace(decode(new Uint8Array(data)));
  }

  close(): void {}
}
