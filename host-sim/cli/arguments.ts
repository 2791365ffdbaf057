/** Parsers for arguments that several commands take. */

import { InvalidArgumentError } from "commander";

/** A parser of whole numbers from `least` up. */
export function integerFrom(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(number) || number < least)
      throw new InvalidArgumentError(`Not a whole number of ${least} or more.`);
    return number;
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
