/**
 * Real devices on the dashboard: what the collector has stored, and what it stores now. How a device fares is not
 * told by anybody; it is seen by whether readings come.
 */

import { channelOf, deviceOf } from "../collector/names.js";
import type { CollectedItem, Store } from "../collector/store.js";
import type { ChannelName, Curve, DeviceState, Facts } from "./protocol.js";
import {
  type Listener,
  type Measured,
  measuredOf,
  type Source,
  type SourceDevice,
} from "./source.js";

/** Milliseconds of silence after which a device counts as offline, whatever its habits. */
const LEAST_SILENCE = 60_000;
/** So many times its usual interval it may be silent. */
const PATIENCE = 3;
/** How much the newest interval counts for the usual one. */
const WEIGHT = 0.2;
/** Milliseconds between two looks at who is silent. */
const LOOK_INTERVAL = 5_000;
/** Seconds that a curve goes back, and its points. */
const CURVE_TIME = 3_600;
const CURVE_POINTS = 600;

export class CollectorSource implements Source {
  readonly title = "Devices";
  readonly place: string;
  readonly commands = [];
  readonly #listener: Listener;
  readonly #store: Store;
  /** By name. */
  readonly #devices = new Map<string, { place: number; device: SeenDevice }>();
  readonly #names: string[] = [];
  readonly #looking: NodeJS.Timeout;

  /** @param place where this is, in words */
  constructor(listener: Listener, store: Store, place: string) {
    this.#listener = listener;
    this.#store = store;
    this.place = place;
    this.#looking = setInterval(() => this.#look(), LOOK_INTERVAL);
  }

  /** Shows what has been stored before. @throws StoreError */
  async load(): Promise<void> {
    for (const reading of await this.#store.latest()) {
      const { device, channel, node, time } = reading;
      const seen = this.#seen(device, node);
      if (seen === undefined) continue;
      seen.device.lastSeen = Math.max(seen.device.lastSeen, time * 1000);
      this.#listener.measured(seen.place, measuredOf(channel, reading));
    }
    this.#look();
  }

  /** Takes items that are new: `onStored` of the collector. */
  take(items: readonly CollectedItem[]): void {
    for (const { node, publisher, readings } of items) {
      const byDevice = new Map<string, Measured[]>();
      for (const reading of readings) {
        const device = deviceOf(reading.name);
        const measured = byDevice.get(device) ?? [];
        byDevice.set(device, measured);
        measured.push(...measuredOf(channelOf(reading.name), reading));
      }
      for (const [name, measured] of byDevice) this.#take(name, node, publisher, measured);
    }
  }

  close(): void {
    clearInterval(this.#looking);
  }

  /** Nobody can do anything to them from here, or see their streams. */
  command(): void {}
  trace(): void {}

  async curve(place: number, channel: string): Promise<Curve | undefined> {
    const name = this.#names[place];
    if (name === undefined) return undefined;
    const to = Date.now() / 1000;
    const range = { from: to - CURVE_TIME, to };
    const points = await this.#store.series(name, channel, range, CURVE_POINTS);
    if (points.length === 0) return undefined;
    return { times: points.map(({ time }) => time * 1000), values: points.map(({ mean }) => mean) };
  }

  #take(name: string, node: string, publisher: string | undefined, measured: Measured[]): void {
    const seen = this.#seen(name, node);
    if (seen === undefined) return;
    const { place, device } = seen;
    const wasOnline = device.state === "online";
    device.heard(Date.now(), publisher);
    if (!wasOnline) this.#listener.happened(place, "good", "readings come");
    this.#listener.measured(place, measured);
  }

  #seen(name: string, node: string): { place: number; device: SeenDevice } | undefined {
    const known = this.#devices.get(name);
    if (known !== undefined) return known;
    const device = new SeenDevice(name, node);
    const place = this.#listener.added(device);
    if (place === undefined) return undefined;
    const seen = { place, device };
    this.#names[place] = name;
    this.#devices.set(name, seen);
    return seen;
  }

  /** Sees who has fallen silent. */
  #look(): void {
    const now = Date.now();
    for (const { place, device } of this.#devices.values())
      if (device.fellSilent(now))
        this.#listener.happened(place, "trouble", "no readings come any more");
  }
}

/** A device that is known by its readings. */
class SeenDevice implements SourceDevice {
  readonly name: string;
  readonly kind = "";
  readonly channels: readonly ChannelName[] = [];
  readonly pending = undefined;
  state: DeviceState = "offline";
  /** When its newest reading was measured or came, in milliseconds since the epoch. */
  lastSeen = 0;
  readonly #node: string;
  #publisher: string | undefined;
  #interval: number | undefined;

  constructor(name: string, node: string) {
    this.name = name || "(without a name)";
    this.#node = node;
  }

  /** What has come here the server has acknowledged. */
  get lastAck(): number | undefined {
    return this.lastSeen || undefined;
  }

  get facts(): Facts {
    return {
      node: this.#node,
      ...(this.#publisher === undefined ? {} : { jid: this.#publisher }),
    };
  }

  heard(now: number, publisher: string | undefined): void {
    if (this.state === "online") {
      const interval = now - this.lastSeen;
      this.#interval = (this.#interval ?? interval) * (1 - WEIGHT) + interval * WEIGHT;
    }
    this.state = "online";
    this.lastSeen = now;
    this.#publisher = publisher ?? this.#publisher;
  }

  /** Whether it is silent now and was not before. */
  fellSilent(now: number): boolean {
    const silence = Math.max(LEAST_SILENCE, PATIENCE * (this.#interval ?? 0));
    if (this.state !== "online" || now - this.lastSeen <= silence) return false;
    this.state = "offline";
    return true;
  }
}
