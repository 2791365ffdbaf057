/**
 * What the dashboard knows of a fleet, and who looks at it. All of it is bounded, since whoever may publish may
 * also make up devices and channels.
 */

import { History } from "./history.js";
import type {
  ChannelName,
  Curve,
  LogLine,
  Named,
  Row,
  Totals,
  Value,
  XmlLine,
} from "./protocol.js";
import type { Listener, Measured, OnXml, Source, SourceDevice } from "./source.js";

/** Devices that are shown. */
const MAX_DEVICES = 20_000;
/** Channels of one device. */
const MAX_CHANNELS = 32;
/** Points of all curves together, and of one: 16 bytes each. */
const ALL_POINTS = 3_000_000;
const MAX_POINTS = 3_600;
const MIN_POINTS = 32;
/** Lines of the log that are kept, for the whole fleet and for each device. */
const LOG_LINES = 300;
const DEVICE_LOG_LINES = 40;
/** Values that a sparkline begins with. */
const RECENT = 24;
/** Characters of a name or a value, and of an element. */
const MAX_TEXT = 120;
const MAX_XML = 4_000;
/** Elements of a device's stream that are kept while somebody looks at it. */
const XML_LINES = 100;

/** Milliseconds for which totals are good. */
const TOTALS_AGE = 500;

/** Who looks. */
export interface Onlooker {
  changed(device: number): void;
  channelsChanged(device: number): void;
  measured(device: number, channel: number, time: number, value: number): void;
  logged(line: LogLine): void;
  traced(device: number, line: XmlLine): void;
}

interface Entry {
  readonly device: SourceDevice;
  readonly channels: ChannelName[];
  readonly values: Value[];
  readonly histories: (History | undefined)[];
  readonly log: LogLine[];
}

/** A stream that is looked at. */
interface Trace {
  readonly lines: XmlLine[];
  readonly onlookers: Set<Onlooker>;
}

export class Model implements Listener {
  readonly onlookers = new Set<Onlooker>();
  readonly log: LogLine[] = [];
  readonly #entries: Entry[] = [];
  readonly #traces = new Map<number, Trace>();
  #source: Source | undefined;
  #readings = 0;
  #totals: { readonly time: number; readonly totals: Totals } | undefined;

  /** The source tells of devices as soon as it is there, and it is asked from here on. */
  set source(source: Source) {
    this.#source = source;
  }

  get source(): Source {
    if (this.#source === undefined) throw new Error("the dashboard has no source yet");
    return this.#source;
  }

  /** How many devices there are. */
  get size(): number {
    return this.#entries.length;
  }

  // What the source tells

  added(device: SourceDevice): number | undefined {
    if (this.#entries.length >= MAX_DEVICES) return undefined;
    const channels = device.channels.slice(0, MAX_CHANNELS).map(clipChannel);
    const values = channels.map(() => null);
    const index = this.#entries.length;
    this.#entries.push({ device, channels, values, histories: [], log: [] });
    this.changed(index);
    return index;
  }

  changed(device: number): void {
    for (const onlooker of this.onlookers) onlooker.changed(device);
  }

  measured(device: number, values: readonly Measured[]): void {
    const entry = this.#entries[device];
    if (entry === undefined) return;
    for (const measured of values) this.#measured(entry, device, measured);
    this.#readings += values.length;
    this.changed(device);
  }

  happened(device: number, kind: LogLine["kind"], text: string): void {
    const line = { time: Date.now(), device, kind, text: clip(text, MAX_TEXT) };
    push(this.log, line, LOG_LINES);
    push(this.#entry(device).log, line, DEVICE_LOG_LINES);
    for (const onlooker of this.onlookers) onlooker.logged(line);
  }

  #measured(entry: Entry, device: number, { channel: name, unit, value, time }: Measured): void {
    const channel = this.#channel(entry, device, name, unit);
    if (channel === undefined) return;
    entry.values[channel] = typeof value === "string" ? clip(value, MAX_TEXT) : Number(value);
    if (typeof value === "string") return;
    entry.histories[channel] ??= new History(this.#capacity(entry));
    entry.histories[channel].add(time, Number(value));
    for (const onlooker of this.onlookers) onlooker.measured(device, channel, time, Number(value));
  }

  #channel(entry: Entry, device: number, text: string, unit?: string): number | undefined {
    const channel = clipChannel({ name: text, ...(unit === undefined ? {} : { unit }) });
    const known = entry.channels.findIndex(({ name }) => name === channel.name);
    if (known >= 0) return known;
    if (entry.channels.length >= MAX_CHANNELS) return undefined;
    entry.values.push(null);
    for (const onlooker of this.onlookers) onlooker.channelsChanged(device);
    return entry.channels.push(channel) - 1;
  }

  /** The points of one curve: fewer for large fleets. */
  #capacity({ channels }: Entry): number {
    const share = Math.floor(ALL_POINTS / (this.#entries.length * Math.max(channels.length, 1)));
    return Math.min(Math.max(share, MIN_POINTS), MAX_POINTS);
  }

  // What onlookers ask

  named(device: number): Named {
    const { device: of, channels } = this.#entry(device);
    return { name: clip(of.name, MAX_TEXT), kind: clip(of.kind, MAX_TEXT), channels };
  }

  channels(device: number): readonly ChannelName[] {
    return this.#entry(device).channels;
  }

  /** @param isFirst whether to say how the first channel came to its value */
  row(device: number, isFirst: boolean): Row {
    const { device: of, values, histories } = this.#entry(device);
    const { state, lastAck, pending } = of;
    const recent = isFirst ? (histories[0]?.recent(RECENT) ?? []) : [];
    return {
      device,
      state,
      values,
      ...(lastAck === undefined ? {} : { lastAck }),
      ...(pending === undefined ? {} : { pending }),
      ...(recent.length === 0 ? {} : { recent }),
    };
  }

  facts(device: number): SourceDevice["facts"] {
    return this.#entry(device).device.facts;
  }

  logOf(device: number): readonly LogLine[] {
    return this.#entry(device).log;
  }

  /**
   * All curves of a device: what the source has kept, or what has come since the dashboard began.
   * @param range how many seconds they go back
   */
  curves(device: number, range: number): Promise<Curve[]> {
    const { channels, histories } = this.#entry(device);
    return Promise.all(
      channels.map(async ({ name }, i) => {
        const kept = await this.source.curve(device, name, range);
        return kept ?? histories[i]?.curve(Date.now() - range * 1000) ?? { times: [], values: [] };
      }),
    );
  }

  /** They go through all devices, so they are made once for all who look. */
  totals(): Totals {
    const now = Date.now();
    if (this.#totals === undefined || Math.abs(now - this.#totals.time) >= TOTALS_AGE)
      this.#totals = { time: now, totals: this.#addUp() };
    return this.#totals.totals;
  }

  #addUp(): Totals {
    const totals: { -readonly [Name in keyof Totals]: Totals[Name] } = { readings: this.#readings };
    const add = (name: "published" | "pending" | "lost", count: number | undefined): void => {
      if (count !== undefined) totals[name] = (totals[name] ?? 0) + count;
    };
    for (const { device } of this.#entries) {
      const { published, lost } = device.facts;
      add("published", published);
      add("pending", device.pending);
      add("lost", lost);
    }
    return totals;
  }

  /** Does something to a device, if there is such a device and that can be done. */
  command(device: number, command: Parameters<Source["command"]>[1]): void {
    if (this.#entries[device] === undefined || !this.source.commands.includes(command)) return;
    this.source.command(device, command);
  }

  // Streams. They are looked at only while somebody does: it costs a text for every element.

  /** Begins to tell an onlooker of a stream. Returns what others have seen of it. */
  watch(device: number, onlooker: Onlooker): readonly XmlLine[] {
    let trace = this.#traces.get(device);
    if (trace === undefined) {
      trace = { lines: [], onlookers: new Set() };
      this.#traces.set(device, trace);
      this.source.trace(device, this.#tracer(device, trace));
    }
    trace.onlookers.add(onlooker);
    return trace.lines;
  }

  unwatch(device: number, onlooker: Onlooker): void {
    const trace = this.#traces.get(device);
    trace?.onlookers.delete(onlooker);
    if (trace === undefined || trace.onlookers.size > 0) return;
    this.#traces.delete(device);
    this.source.trace(device, undefined);
  }

  #tracer(device: number, { lines, onlookers }: Trace): OnXml {
    return (direction, xml) => {
      const line = { time: Date.now(), direction, xml: clip(xml, MAX_XML) };
      push(lines, line, XML_LINES);
      for (const onlooker of onlookers) onlooker.traced(device, line);
    };
  }

  #entry(device: number): Entry {
    const entry = this.#entries[device];
    if (entry === undefined) throw new RangeError(`there is no device ${device}`);
    return entry;
  }
}

/** Adds to a list that holds the newest few. */
export function push<T>(list: T[], item: T, most: number): void {
  list.push(item);
  if (list.length > most) list.shift();
}

function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  // Half of a surrogate pair is no character, and addresses cannot hold it.
  const end = /[\ud800-\udbff]/.test(text.charAt(most - 1)) ? most - 1 : most;
  return `${text.slice(0, end)}… (${text.length - end} more)`;
}

function clipChannel({ name, unit }: ChannelName): ChannelName {
  return { name: clip(name, MAX_TEXT), ...(unit === undefined ? {} : { unit: clip(unit, 20) }) };
}
