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
  const decimals = UNITS[unit ?? ""]?.[3];
  const number = shown(value, unit);
  return `${decimals === undefined ? formatNumber(number) : number.toFixed(decimals)}\u202f${unitName(unit)}`.trimEnd();
}

/** Four digits that count are as many as a sensor has. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e7 || (size > 0 && size < 1e-4)) return value.toExponential(2);
  const decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
  return value.toFixed(decimals);
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

/** `14:03:27.115`, on this machine's clock. */
export function formatTime(time: number): string {
  const date = new Date(time);
  const two = (number: number): string => String(number).padStart(2, "0");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
