/** What the page knows: what the server has told it, in the form in which it is drawn. */

import { type Curve, extend } from "../curve.js";
import {
  type ChannelName,
  DEFAULT_RANGE,
  type DeviceState,
  type Facts,
  type Hello,
  type LogLine,
  type Range,
  type Row,
  type SelectedUpdate,
  type ToPage,
  type Totals,
  type Update,
  type Value,
  type XmlLine,
} from "../protocol.js";

/** Values of a sparkline, lines of the console and of the log. */
const SPARK = 32;
const MAX_XML = 300;
const MAX_LOG = 300;

export interface PageDevice {
  readonly index: number;
  readonly name: string;
  readonly kind: string;
  /** What is searched. */
  readonly text: string;
  channels: readonly ChannelName[];
  state: DeviceState;
  values: readonly Value[];
  lastAck: number | undefined;
  pending: number | undefined;
  /** The newest values of the first channel, the oldest of them first. */
  recent: number[];
  /** Goes up with every change. */
  version: number;
}

/** A line with a number that no other one has. */
export type Numbered<T> = T & { readonly key: number };

export interface Selected {
  readonly device: PageDevice;
  /** Until they have come there are none. */
  facts: Facts | undefined;
  /** By channel. */
  curves: Curve[];
  xml: Numbered<XmlLine>[];
  skipped: number;
  log: Numbered<LogLine>[];
  /** Whether what came before has come: it holds all lines up to then. */
  isLogThere: boolean;
}

export class Store {
  hello: Hello | undefined;
  /** What a person has to know before all else: why there is nothing new. */
  alert = "Connecting…";
  isConnected = false;
  readonly devices: PageDevice[] = [];
  readonly counts: Record<DeviceState, number> = {
    online: 0,
    connecting: 0,
    backoff: 0,
    offline: 0,
    never: 0,
  };
  totals: Totals = { readings: 0 };
  /** Readings a second, over the last few. */
  rate = 0;
  log: Numbered<LogLine>[] = [];
  selected: Selected | undefined;
  /** How far back curves go. */
  range: Range = DEFAULT_RANGE;
  /** What to add to this machine's clock for the server's, in milliseconds. */
  #offset = 0;
  #rateFrom: { now: number; readings: number } | undefined;
  #keys = 0;
  #isDue = false;
  readonly #listeners = new Set<() => void>();

  /** The server's time. */
  get now(): number {
    return Date.now() + this.#offset;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  take(message: ToPage): void {
    if (message.type === "hello") this.#begin(message);
    else this.#update(message);
    this.changed();
  }

  connected(): void {
    this.isConnected = true;
    this.alert = "";
    this.changed();
  }

  disconnected(why: string): void {
    this.isConnected = false;
    this.alert = why;
    this.changed();
  }

  setRange(range: Range): void {
    this.range = range;
    this.changed();
  }

  /** Whether the server that is there now knows a device. */
  knows(device: PageDevice): boolean {
    return this.devices[device.index] === device;
  }

  select(device: PageDevice | undefined): void {
    this.selected = device && {
      device,
      facts: undefined,
      curves: device.channels.map(() => ({ times: [], values: [] })),
      isLogThere: false,
      xml: [],
      skipped: 0,
      log: [],
    };
    this.changed();
  }

  /** Draws with the next frame, however much has changed until then. */
  changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      for (const listener of this.#listeners) listener();
    });
  }

  /** A connection begins with all there is. */
  #begin(hello: Hello): void {
    // The server is another version, and so must the page be.
    if (this.hello !== undefined && this.hello.page !== hello.page) location.reload();
    this.hello = hello;
    this.devices.length = 0;
    for (const state of Object.keys(this.counts)) this.counts[state as DeviceState] = 0;
    this.log = [];
    this.#rateFrom = undefined;
  }

  #update(update: Update): void {
    this.#offset = update.now - Date.now();
    this.alert = update.trouble ?? "";
    this.#count(update);
    for (const { name, kind, channels } of update.devices ?? []) {
      const index = this.devices.length;
      const text = `${name} ${kind}`.toLowerCase();
      const state = "never";
      this.counts[state]++;
      const rest = { lastAck: undefined, pending: undefined, recent: [], version: 0 };
      this.devices.push({ index, name, kind, text, channels, state, values: [], ...rest });
    }
    for (const { device, channels } of update.channels ?? [])
      (this.devices[device] as PageDevice).channels = channels;
    for (const row of update.rows ?? []) this.#row(row);
    const log = update.log ?? [];
    if (log.length > 0) this.log = [...this.log, ...this.#number(log)].slice(-MAX_LOG);
    const { selected } = this;
    if (selected === undefined || !this.knows(selected.device)) return;
    const lines = log.filter(({ device }) => device === selected.device.index);
    if (selected.isLogThere && lines.length > 0)
      selected.log = [...selected.log, ...this.#number(lines)].slice(-MAX_LOG);
    // One that was selected before may still be told of.
    if (update.selected?.device === selected.device.index) this.#detail(selected, update.selected);
  }

  #count({ now, totals }: Update): void {
    this.totals = totals;
    const from = this.#rateFrom;
    if (from === undefined) this.#rateFrom = { now, readings: totals.readings };
    else if (now - from.now >= 2_000) {
      this.rate = ((totals.readings - from.readings) * 1000) / (now - from.now);
      this.#rateFrom = { now, readings: totals.readings };
    }
  }

  #row({ device: index, state, values, lastAck, pending, recent }: Row): void {
    const device = this.devices[index] as PageDevice;
    this.counts[device.state]--;
    this.counts[state]++;
    const [value] = values;
    if (recent !== undefined) device.recent = [...recent];
    else if (typeof value === "number" && value !== device.recent.at(-1)) {
      device.recent.push(value);
      if (device.recent.length > SPARK) device.recent.shift();
    }
    Object.assign(device, { state, values, lastAck, pending });
    device.version++;
  }

  #detail(selected: Selected, update: SelectedUpdate): void {
    const { facts, curves, points = [], xml = [], skipped = 0, log } = update;
    if (facts !== undefined) selected.facts = facts;
    if (curves !== undefined) {
      selected.curves = curves.map(({ times, values }) => ({
        times: times.map((time) => time / 1000),
        values: [...values],
      }));
    }
    for (const [channel, time, value] of points) {
      selected.curves[channel] ??= { times: [], values: [] };
      const from = this.now / 1000 - this.range;
      extend(selected.curves[channel], time / 1000, value, from, this.range);
    }
    selected.skipped += skipped;
    if (xml.length > 0) selected.xml = [...selected.xml, ...this.#number(xml)].slice(-MAX_XML);
    if (log === undefined) return;
    selected.log = this.#number(log);
    selected.isLogThere = true;
  }

  #number<T>(lines: readonly T[]): Numbered<T>[] {
    return lines.map((line) => ({ ...line, key: this.#keys++ }));
  }
}
