/**
 * Real devices on the dashboard: what the collector has stored, and what it stores now. How a device fares is not
 * told by anybody; it is seen by whether readings come.
 */

import { channelOf, deviceOf } from "../collector/names.js";
import type { CollectedItem, Store } from "../collector/store.js";
import { push } from "./model.js";
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
/** The same, for one whose habits are not known yet. */
const SILENCE = 900_000;
/** So many times its usual interval it may be silent. */
const PATIENCE = 3;
/** Intervals of which the middle one is the usual: an outage among them does not change it. */
const INTERVALS = 7;
/** Milliseconds within which items are one burst, as when an outbox is emptied. */
const BURST = 1_000;
/** Milliseconds between two looks at who is silent. */
const LOOK_INTERVAL = 5_000;
/** The points of a curve. */
const CURVE_POINTS = 600;

export class CollectorSource implements Source {
  readonly title = "Devices";
  readonly place: string;
  readonly commands = [];
  trouble: string | undefined = "The server is not reached yet.";
  readonly #listener: Listener;
  readonly #store: Store;
  /** By name. */
  readonly #devices = new Map<string, { place: number; device: SeenDevice }>();
  readonly #names: string[] = [];
  readonly #looking: NodeJS.Timeout;
  /** Whether what comes has just been published, and since when devices would be heard. */
  #isLive = false;
  #since = 0;

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
      seen.device.wasSeen(time * 1000);
      this.#listener.measured(seen.place, measuredOf(channel, reading));
    }
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

  /** Readings come, or again. @param isLive whether those that were missed have come already */
  reached(isLive: boolean): void {
    if (this.trouble !== undefined) this.#since = Date.now();
    this.trouble = undefined;
    this.#isLive = isLive;
  }

  /** None can come, whatever devices do. @param why in words */
  lost(why: string): void {
    this.trouble = why;
    this.#isLive = false;
  }

  close(): void {
    clearInterval(this.#looking);
  }

  /** Nobody can do anything to them from here, or see their streams. */
  command(): void {}
  trace(): void {}

  async curve(place: number, channel: string, range: number): Promise<Curve | undefined> {
    const name = this.#names[place];
    if (name === undefined) return undefined;
    const to = Date.now() / 1000;
    const points = await this.#store.series(name, channel, { from: to - range, to }, CURVE_POINTS);
    if (points.length === 0) return undefined;
    return { times: points.map(({ time }) => time * 1000), values: points.map(({ mean }) => mean) };
  }

  #take(name: string, node: string, publisher: string | undefined, measured: Measured[]): void {
    const seen = this.#seen(name, node);
    if (seen === undefined) return;
    const { place, device } = seen;
    const wasOnline = device.state === "online";
    // What was missed tells of its own time; its device may be gone since.
    if (this.#isLive) device.heard(Date.now());
    else for (const { time } of measured) device.wasSeen(time);
    device.publisher = publisher ?? device.publisher;
    if (!wasOnline && device.state === "online")
      this.#listener.happened(place, "good", "readings come");
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

  /** Sees who has fallen silent, which cannot be told while nothing would be heard. */
  #look(): void {
    if (this.trouble !== undefined) return;
    for (const { place, device } of this.#devices.values())
      if (device.fellSilent(this.#since))
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
  publisher: string | undefined;
  readonly #node: string;
  /** The newest times between two bursts, and when the last of these was. */
  readonly #intervals: number[] = [];
  #burst: number | undefined;

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
      ...(this.publisher === undefined ? {} : { jid: this.publisher }),
    };
  }

  /** A reading has come just now. */
  heard(now: number): void {
    if (this.#burst === undefined || now - this.#burst >= BURST) {
      if (this.#burst !== undefined) push(this.#intervals, now - this.#burst, INTERVALS);
      this.#burst = now;
    }
    this.wasSeen(now);
  }

  /** It has measured something at a time, by its own clock. */
  wasSeen(time: number): void {
    this.lastSeen = Math.max(this.lastSeen, Math.min(time, Date.now()));
    if (!this.#isSilent(this.lastSeen)) this.state = "online";
  }

  /** Whether it is silent now and was not before. @param since when one began to listen */
  fellSilent(since: number): boolean {
    if (this.state !== "online" || !this.#isSilent(Math.max(this.lastSeen, since))) return false;
    this.state = "offline";
    return true;
  }

  #isSilent(since: number): boolean {
    const { length } = this.#intervals;
    const usual = this.#intervals.toSorted((one, other) => one - other)[length >> 1];
    const patience = usual === undefined ? SILENCE : Math.max(LEAST_SILENCE, PATIENCE * usual);
    return Date.now() - since > patience;
  }
}
