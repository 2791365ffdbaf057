/** Where the dashboard has its devices from: a simulated fleet, or the nodes of a real one. */

import type { Reading } from "../../firmware/telemetry/senml.js";
import type { ChannelName, Command, Curve, DeviceState, Facts, LogLine } from "./protocol.js";

/** A device as its source knows it. Fields are live: they are read when they are shown. */
export interface SourceDevice {
  readonly name: string;
  /** What kind of device it is, such as the name of its type in the fleet file; may be empty. */
  readonly kind: string;
  readonly channels: readonly ChannelName[];
  readonly state: DeviceState;
  /** Milliseconds since the epoch. */
  readonly lastAck: number | undefined;
  readonly pending: number | undefined;
  readonly facts: Facts;
}

/** One element in a device's stream, its secrets left out. */
export type OnXml = (direction: "in" | "out", xml: string) => void;

/** What the dashboard may ask of its source. Devices are named by their place in the list. */
export interface Source {
  readonly title: string;
  /** Where this is: the server, in words. */
  readonly place: string;
  readonly commands: readonly Command[];
  /** What keeps it from knowing how devices fare, in words. */
  readonly trouble?: string | undefined;
  /** Does something to a device, if there is anything to do; what, it tells as what has happened. */
  command(device: number, command: Command): void;
  /** Begins to show the stream of a device; `undefined` ends it. */
  trace(device: number, onXml: OnXml | undefined): void;
  /** What was measured in the last `range` seconds; nothing when that is not kept. */
  curve(device: number, channel: string, range: number): Promise<Curve | undefined>;
}

/** A value that was measured. */
export interface Measured {
  readonly channel: string;
  readonly unit?: string;
  readonly value: number | string | boolean;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** What a reading says that was measured on a channel; nothing when it has a sum or octets only. */
export function measuredOf(channel: string, reading: Reading): Measured[] {
  const { unit, value, time } = reading;
  if (value === undefined) return [];
  return [{ channel, ...(unit === undefined ? {} : { unit }), value, time: time * 1000 }];
}

/** What a source tells the dashboard. */
export interface Listener {
  /** There is another device: it gets the next place in the list. Returns that, or nothing when it is full. */
  added(device: SourceDevice): number | undefined;
  /** Something about a device is not as it was. */
  changed(device: number): void;
  measured(device: number, values: readonly Measured[]): void;
  happened(device: number, kind: LogLine["kind"], text: string): void;
}
