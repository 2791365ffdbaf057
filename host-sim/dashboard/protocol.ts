/**
 * What the dashboard's server and its page say to each other over the WebSocket: JSON, one message to a frame.
 *
 * Devices are known by their place in the list, which only grows. Times are milliseconds since the epoch by the
 * server's clock, so the page reckons ages from `now` and not from the clock of its own machine. Names, values
 * and texts may come from anybody who may publish: the page shows them as text, and never as anything else.
 */

/** Where a device stands, as people see it. `never`: nobody has seen it online yet. */
export type DeviceState = "online" | "connecting" | "backoff" | "offline" | "never";

export const DEVICE_STATES = Object.freeze([
  "online",
  "connecting",
  "backoff",
  "offline",
  "never",
] as const satisfies readonly DeviceState[]);

/** What may be done to a simulated device. */
export type Command = "cut" | "stall" | "reboot" | "power-loss";

export const COMMANDS = Object.freeze([
  "cut",
  "stall",
  "reboot",
  "power-loss",
] as const satisfies readonly Command[]);

export interface ChannelName {
  readonly name: string;
  /** A symbol of the SenML registry; absent for none. */
  readonly unit?: string;
}

/** The newest value of a channel; `null` before there is one. */
export type Value = number | string | null;

/** What does not change about a device, but for channels, to which others may be added. */
export interface Named {
  readonly name: string;
  readonly kind: string;
  readonly channels: readonly ChannelName[];
}

/** What the grid shows of a device. */
export interface Row {
  readonly device: number;
  readonly state: DeviceState;
  /** In the order of its channels. */
  readonly values: readonly Value[];
  /** When the server last acknowledged a reading. */
  readonly lastAck?: number;
  /** Items that wait in its outbox. */
  readonly pending?: number;
  /** Of the first channel, the oldest first: only with the first row of a device. */
  readonly recent?: readonly number[];
}

/** What is known of a device besides. What is absent cannot be known from where the dashboard looks. */
export interface Facts {
  readonly jid?: string;
  readonly node?: string;
  readonly firmware?: string;
  readonly presence?: "available" | "unavailable";
  readonly taken?: number;
  readonly published?: number;
  readonly lost?: number;
  readonly sessions?: number;
  readonly resumes?: number;
  readonly reboots?: number;
  /** What went wrong last, until it works again. */
  readonly error?: string;
}

/** A curve: times and values in pairs, the oldest first. */
export interface Curve {
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** One element of a device's stream, its secrets left out. */
export interface XmlLine {
  readonly time: number;
  readonly direction: "in" | "out";
  readonly xml: string;
}

export interface LogLine {
  readonly time: number;
  readonly device: number;
  readonly text: string;
  /** How it is shown: as it was to be, as what somebody did, as trouble, or as its end. */
  readonly kind: "note" | "fault" | "trouble" | "good";
}

/** Over all devices. What is absent no device tells. */
export interface Totals {
  /** Readings that were taken from sensors since the dashboard began. */
  readonly readings: number;
  readonly published?: number;
  readonly pending?: number;
  readonly lost?: number;
}

/** What a page gets first. */
export interface Hello {
  readonly type: "hello";
  /** Which page goes with this server: one that another server has given has to be loaded anew. */
  readonly page: string;
  readonly title: string;
  readonly place: string;
  /** None where devices are real. */
  readonly commands: readonly Command[];
}

/** All that has changed since the last one; several changes of one thing are one. */
export interface Update {
  readonly type: "update";
  readonly now: number;
  readonly totals: Totals;
  /** Why all of this may be out of date. */
  readonly trouble?: string;
  /** Behind those that the page knows. */
  readonly devices?: readonly Named[];
  /** Channels that have come to be: those of the device from now on. */
  readonly channels?: readonly {
    readonly device: number;
    readonly channels: readonly ChannelName[];
  }[];
  readonly rows?: readonly Row[];
  readonly log?: readonly LogLine[];
  readonly selected?: SelectedUpdate;
}

/** Of the device that the page has selected. */
export interface SelectedUpdate {
  readonly device: number;
  readonly facts?: Facts;
  /** The whole curves, after it was selected or the range has changed; by channel. */
  readonly curves?: readonly Curve[];
  /** What the curves go on with: channel, time, value. */
  readonly points?: readonly (readonly [number, number, number])[];
  readonly xml?: readonly XmlLine[];
  /** Lines of XML that were left out because the browser was slow. */
  readonly skipped?: number;
  /** What the log has of it, right after it was selected. */
  readonly log?: readonly LogLine[];
}

export type ToPage = Hello | Update;

/** Seconds that curves may go back: five minutes, an hour, six, a day, a week, thirty days. */
export const RANGES = Object.freeze([300, 3_600, 21_600, 86_400, 604_800, 2_592_000] as const);
export type Range = (typeof RANGES)[number];

/** Until a page says otherwise. */
export const DEFAULT_RANGE: Range = 3_600;

/** What a page asks for. */
export type FromPage =
  | { readonly type: "select"; readonly device: number | null }
  /** How far back curves go. */
  | { readonly type: "range"; readonly range: Range }
  | { readonly type: "command"; readonly device: number; readonly command: Command };

/** The longest message of a page, in bytes. */
export const FROM_PAGE_BYTES = 256;

/** Reads what a page sent. Returns nothing for what no page would send. */
export function parseFromPage(text: string): FromPage | undefined {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof message !== "object" || message === null) return undefined;
  const { type, device, command, range } = message as Record<string, unknown>;
  if (type === "select" && device === null) return { type, device };
  if (type === "range") {
    const known = RANGES.find((seconds) => seconds === range);
    return known && { type, range: known };
  }
  if (typeof device !== "number" || !Number.isInteger(device) || device < 0) return undefined;
  if (type === "select") return { type, device };
  const known = COMMANDS.find((name) => name === command);
  return type === "command" && known !== undefined ? { type, device, command: known } : undefined;
}
