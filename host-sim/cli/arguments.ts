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

/** Collects `name=value` options into an object. */
export function collectPairs(
  text: string,
  pairs: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("Write name=value.");
  return { ...pairs, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** Collects an option that may be repeated. */
export function collect(text: string, list: readonly string[] = []): string[] {
  return [...list, text];
}
