/** Parsers for arguments that several commands take. */

import { InvalidArgumentError } from "commander";

/** A parser of whole numbers from `least` to `most`. */
export function integerFrom(
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^[0-9]+$/.test(text) && number >= least && number <= most) return number;
    const range =
      most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Not a whole number ${range}.`);
  };
}

/** A parser of names: of a node, for one. */
export function parseName(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It is empty.");
}

/** Collects `name=value` options into an object. */
export function collectPairs(
  text: string,
  pairs: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("Write name=value.");
  return { ...pairs, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** Collects `name=number` options into an object. */
export function collectNumbers(
  text: string,
  numbers: Readonly<Record<string, number>> = {},
): Record<string, number> {
  const [name = "", value = ""] = text.split("=");
  if (name === "" || value.trim() === "" || !Number.isFinite(Number(value)))
    throw new InvalidArgumentError("Write name=number.");
  return { ...numbers, [name]: Number(value) };
}

/** Collects an option that may be repeated. */
export function collect(text: string, list: readonly string[] = []): string[] {
  return [...list, parseName(text)];
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A parser of durations such as `90s`, `15m`, `2h` and `7d`. Gives seconds. */
export function parseDuration(text: string): number {
  const [, number, unit = ""] = /^([0-9]{1,9})([smhd])$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * (UNITS[unit] as number);
  throw new InvalidArgumentError("Write a number with s, m, h or d, such as 15m or 7d.");
}

/** A parser of times: a date as ISO 8601 has it, or how long ago it was. Gives seconds since the epoch. */
export function parseTime(text: string): number {
  if (/^[0-9]+[smhd]$/.test(text)) return Date.now() / 1000 - parseDuration(text);
  const time = /^[0-9]{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time / 1000;
  throw new InvalidArgumentError(
    "Write a date, such as 2026-01-31T12:00Z, or how long ago: 90m, 2d.",
  );
}

/** A parser of `port`, on this machine only, and `host:port`; an IPv6 address stands in brackets. */
export function parseEndpoint(text: string): { host: string; port: number } {
  const [, address, name, digits] =
    /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):)?([0-9]{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (port <= 65_535) return { host: address ?? name ?? "127.0.0.1", port };
  throw new InvalidArgumentError("Write port or host:port.");
}

/** A parser of `i/n`, such as `1/4`: the first of four parts. */
export function parseShard(text: string): { index: number; of: number } {
  const [, number, of] = /^([0-9]{1,5})\/([0-9]{1,5})$/.exec(text)?.map(Number) ?? [];
  if (number !== undefined && of !== undefined && number >= 1 && number <= of)
    return { index: number - 1, of };
  throw new InvalidArgumentError("Write i/n, such as 1/4 for the first of four parts.");
}
