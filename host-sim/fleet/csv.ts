/** Columns of CSV files (RFC 4180), for readings that were recorded. */

import { readFileSync } from "node:fs";
import { ConfigError } from "../../firmware/xmpp/errors.js";

/** A field, in quotes or not, and what ends it. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/**
 * The numbers of one column. A field that is empty or no number is `NaN`: the sensor gave nothing then.
 * @param name the column's name in the first line; when absent, the last column, and a first line that is
 *   no number is left out
 * @throws ConfigError `replay` when the file cannot be read, or has no such column or no numbers
 */
export function readColumn(path: string, name?: string): Float64Array {
  let rows: string[][];
  try {
    rows = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new ConfigError("replay", `${path} cannot be read: ${(error as Error).message}`);
  }
  const [header = []] = rows;
  const column = name === undefined ? header.length - 1 : header.indexOf(name);
  if (column < 0)
    throw new ConfigError("replay", `${path} has no column ${name}; it has ${header.join(", ")}`);
  const hasHeader = name !== undefined || Number.isNaN(numberIn(header[column]));
  const numbers = Float64Array.from(rows.slice(hasHeader ? 1 : 0), (row) => numberIn(row[column]));
  if (numbers.every(Number.isNaN))
    throw new ConfigError("replay", `${path} has no number in column ${name ?? column + 1}`);
  return numbers;
}

/** @throws Error for quotes that do not end */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  FIELD.lastIndex = text.startsWith("\ufeff") ? 1 : 0;
  while (FIELD.lastIndex < text.length) {
    const at = FIELD.lastIndex;
    const match = FIELD.exec(text);
    if (match === null) {
      const line = text.slice(0, at).split("\n").length;
      throw new Error(`a quotation mark in line ${line} is not where it may be`);
    }
    const [, quoted, plain = "", end] = match;
    row.push(quoted?.replaceAll('""', '"') ?? plain.trim());
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  return rows;
}

function numberIn(field: string | undefined): number {
  return field === undefined || field === "" ? Number.NaN : Number(field);
}
