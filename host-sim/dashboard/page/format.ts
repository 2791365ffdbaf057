/** Values, times and states for people. */

import type { DeviceState, Value } from "../protocol.js";

export const STATE_NAMES: Readonly<Record<DeviceState, string>> = {
  online: "online",
  connecting: "connecting",
  backoff: "back-off",
  offline: "offline",
  never: "never seen",
};

/** How a unit of the SenML registry is shown: a factor, what is added, a symbol, and decimals if they are fixed. */
const UNITS: Readonly<
  Record<string, readonly [factor: number, offset: number, symbol: string, decimals?: number]>
> = {
  Cel: [1, 0, "°C"],
  "%RH": [1, 0, "% RH"],
  Pa: [0.01, 0, "hPa"],
  B: [1 / 1024, 0, "KiB", 1],
  // RFC 8798 has dBm, which people know, as a secondary unit only.
  dBW: [1, 30, "dBm", 0],
};

/** A value in the unit in which it is shown. */
export function shown(value: number, unit: string | undefined): number {
  const [factor, offset] = UNITS[unit ?? ""] ?? [1, 0];
  return value * factor + offset;
}

export function unitName(unit: string | undefined): string {
  return UNITS[unit ?? ""]?.[2] ?? unit ?? "";
}

export function formatValue(value: Value, unit: string | undefined): string {
  if (value === null) return "–";
  if (typeof value === "string") return value;
  return `${formatNumber(value, unit)}\u202f${unitName(unit)}`.trimEnd();
}

/** A value in the unit in which it is shown, without the unit. */
export function formatNumber(value: number, unit: string | undefined): string {
  const decimals = UNITS[unit ?? ""]?.[3];
  const number = shown(value, unit);
  return decimals === undefined ? formatDigits(number) : number.toFixed(decimals);
}

/** Four digits that count are as many as a sensor has. */
function formatDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e7 || (size > 0 && size < 1e-4)) return value.toExponential(2);
  const decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
  return value.toFixed(decimals);
}

/** A number on an axis, as short as it can be told from its neighbours. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-4)) return value.toExponential(1);
  return String(Number(value.toPrecision(5)));
}

/** How long something has lasted: `3 s`, `5 min`, `2 h`, `4 d`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(milliseconds, 0) / 1000;
  if (seconds < 1) return "now";
  if (seconds < 90) return `${Math.floor(seconds)}\u202fs`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)}\u202fmin`;
  if (seconds < 129_600) return `${Math.round(seconds / 3_600)}\u202fh`;
  return `${Math.round(seconds / 86_400)}\u202fd`;
}

const COUNT = new Intl.NumberFormat("en");

/** `12,345` */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const HOUR = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** `14:03:27.115`, in this machine's time zone; another day than today stands before it. */
export function formatTime(time: number): string {
  const date = new Date(time);
  const day = DAY.format(date);
  const clock = `${TIME.format(date)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
  return day === DAY.format() ? clock : `${day}, ${clock}`;
}

/** A time on an axis: `14:03:30`, `14:03` or `2 Nov`. @param step seconds between two of them */
export function formatDate(time: number, step: number): string {
  return (step < 60 ? TIME : step < 86_400 ? HOUR : DAY).format(time);
}
