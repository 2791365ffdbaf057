/**
 * What the firmware asks of a board beside sockets, timers and storage. As in `io.ts`, everything is handed
 * in: the Moddable SDK's classes on an ESP32 (`sdk/`), simulated ones on Node.
 */

import type { TLSProvider } from "../client/connection.js";
import type { Bytes, Crypto, DNSOptions, KeyValueStorage, TCPConstructor, Timer } from "../io.js";
import type { Driver } from "../sensors/driver.js";
import type { BuiltInProgram } from "./programs.js";

/** A network that a scan has found. */
export interface AccessPoint {
  readonly SSID: string;
  /** dBm */
  readonly RSSI: number;
  /** `none` for an open network. */
  readonly security: string;
}

/** The Wi-Fi station: ECMA-419's network interface, as the SDK has it. */
export interface WiFi {
  /**
   * Begins to join a network; `onChanged` tells what comes of it.
   * @throws Error when it is joining one already, or the radio refuses
   */
  connect(options: { SSID: string; password?: string }): void;
  /** Leaves. A change that was on its way may still be told of. */
  disconnect(): void;
  /** @throws Error when a scan is under way, or the radio refuses */
  scan(options: { onFound: (found: AccessPoint) => void; onComplete: () => void }): void;
  /** ECMA-419: 500 and above when it has an address, 400 and above when it has joined. */
  readonly connection: number;
  readonly address: string | undefined;
  /** dBm; `undefined` when there is no network. */
  readonly RSSI: number | undefined;
  close(): void;
}

export interface WiFiConstructor {
  new (options: { onChanged: () => void }): WiFi;
}

/** The serial line to the computer, which provisioning and the log share. */
export interface Serial {
  /** What has been received, all of it. */
  read(): ArrayBuffer | undefined;
  /** Does not wait: what there is no room for is lost, as when nobody is at the other end. */
  write(data: Bytes): void;
  close(): void;
}

export interface SerialConstructor {
  new (options: { onReadable: () => void }): Serial;
}

/** A digital output (ECMA-419 section 9.3). */
export interface Output {
  write(value: 0 | 1): void;
}

/** Why the chip has started. `software` is a restart by the firmware: on request, or when XS gave up. */
export type ResetReason =
  | "power-on"
  | "external"
  | "software"
  | "panic"
  | "watchdog"
  | "deep-sleep"
  | "brownout"
  | "unknown";

/** The chip. */
export interface System {
  /** As esptool names it: `ESP32-C3`. */
  readonly chip: string;
  /** The MAC address as twelve hexadecimal digits, in lower case. */
  readonly id: string;
  readonly resetReason: ResetReason;
  /** When the firmware was built, in milliseconds since the epoch. */
  readonly built: number;
  /** Sets the clock that `Timer.now` shows. Whole seconds count. */
  setTime(milliseconds: number): void;
  /** Milliseconds since the start, whatever is done to the clock. */
  uptime(): number;
  /** Bytes of memory that are free for Wi-Fi, TLS and what else is not JavaScript. */
  freeHeap(): number;
  /** °C; `undefined` on a chip that does not measure it. */
  temperature(): number | undefined;
  /** Lets the radio sleep between the beacons of the network, for more latency and less current. */
  setModemSleep(isOn: boolean): void;
  /** Feeds the watchdog, which restarts a board that goes a minute without. */
  feedWatchdog(): void;
  /** Wipes everything that is stored, from the flash itself. To be followed by a restart. */
  erase(): void;
  restart(): void;
  /** Switches all off but the clock, and starts anew after some milliseconds. */
  deepSleep(milliseconds: number): void;
}

/** A whole board. */
export interface Hardware {
  readonly system: System;
  readonly timer: Timer;
  readonly crypto: Crypto;
  readonly storage: KeyValueStorage;
  readonly tcp: { io: TCPConstructor };
  readonly tls: TLSProvider;
  readonly dns: DNSOptions;
  readonly wifi: { io: WiFiConstructor };
  readonly serial: { io: SerialConstructor };
  /** Absent on a board without one. */
  readonly led?: Output;
  /** The sensors that can be named in the settings, beside those that every board has. */
  readonly sensors: Readonly<Record<string, Driver>>;
  /** Sensor programs that can be named among them, if the firmware was built with some. */
  readonly programs?: Readonly<Record<string, BuiltInProgram>>;
}
