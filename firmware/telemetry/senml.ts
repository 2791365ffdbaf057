/**
 * Readings as Sensor Measurement Lists: RFC 8428 (SenML, version 10), in the XML form of its section 7.
 *
 * On the wire, records share what they have in common through base fields. In the program, every reading
 * stands for itself: "resolved", as section 4.6 calls it. Devices write packs; those that read them find how
 * in `senml-decode.ts`.
 */

import { ConfigError } from "../xmpp/errors.js";
import { type Element, xml } from "../xmpp/xml/element.js";
import { isUnit } from "./units.js";

export const NS_SENML = "urn:ietf:params:xml:ns:senml";

const NAME = /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/;

const BASE64URL = /^[A-Za-z0-9_-]*$/;

/**
 * One reading: a SenML record without base fields. It has a value, a sum, or both; a value is either
 * `value` or `data`. The names are RFC 8428's (4.2), the labels on the wire stand in brackets.
 */
export interface Reading {
  /** (n) Says worldwide which sensor it is. Letters, digits and `-:./_`, the first a letter or digit. */
  readonly name: string;
  /** (u) A symbol of the registry, see {@link isUnit}. */
  readonly unit?: string;
  /** (v, vs, vb) What was measured. Numbers are finite; the sign of zero is not kept. */
  readonly value?: number | string | boolean;
  /** (vd) Octets, in base64url without padding. */
  readonly data?: string;
  /** (s) The value integrated over time: the unit times seconds. */
  readonly sum?: number;
  /** (t) When: seconds since the epoch, or seconds from now (mostly negative) if below 2^28. */
  readonly time: number;
  /** (ut) Seconds until the next reading of this sensor, at most. */
  readonly updateTime?: number;
}

/** One record of a pack, base fields and all: labels (RFC 8428 table 1) and what stands behind them. */
export type SenmlRecord = Readonly<Record<string, string | undefined>>;

/** Writes readings as one pack, as {@link toRecords} has it. */
export function encodeSenml(readings: readonly Reading[]): Element {
  return senmlElement(toRecords(readings));
}

export function senmlElement(records: readonly SenmlRecord[]): Element {
  return xml("sensml", { xmlns: NS_SENML }, ...records.map((record) => xml("senml", record)));
}

/**
 * Makes the records of a pack. They are shortest when the readings come in the order of their times, and
 * those of one device share the beginning of their names up to a `:` or `/`.
 * @throws ConfigError `senml-invalid` for a reading that is against RFC 8428, or when there is none
 */
export function toRecords(readings: readonly Reading[]): SenmlRecord[] {
  const first = readings[0];
  if (first === undefined) throw invalid("pack", "has no reading; a pack holds one or more");
  readings.forEach((reading, index) => {
    const where = `reading ${index + 1}`;
    checkReading(reading, where);
    const { unit } = reading;
    if (unit !== undefined && !isUnit(unit))
      throw invalid(where, `${quote(unit)} is not a primary unit of the SenML registry`);
  });

  const baseName = commonName(readings);
  // A base unit cannot be taken back, so it is of use only when nobody goes without.
  const baseUnit = readings.every(({ unit }) => unit === first.unit) ? first.unit : undefined;
  let baseTime = 0;
  return readings.map((reading, index) => {
    const { name, unit, value, data, sum, time, updateTime } = reading;
    // The first time becomes the base time, unless it is 0: that is what no base time means.
    let offset = index === 0 && time !== 0 ? undefined : offsetTo(time, baseTime);
    let newBaseTime: number | undefined;
    if (offset === undefined) {
      baseTime = newBaseTime = time;
      offset = 0;
    }
    return {
      bn: index === 0 ? optional(baseName) : undefined,
      bt: newBaseTime?.toString(),
      bu: index === 0 ? baseUnit : undefined,
      n: optional(name.slice(baseName.length)),
      u: unit === baseUnit ? undefined : unit,
      v: typeof value === "number" ? String(value) : undefined,
      vs: typeof value === "string" ? escaped(value) : undefined,
      vb: typeof value === "boolean" ? String(value) : undefined,
      vd: data,
      s: sum?.toString(),
      t: offset === 0 ? undefined : String(offset),
      ut: updateTime?.toString(),
    };
  });
}

/**
 * What holds for a reading on its way out and on its way in.
 * @throws ConfigError `senml-invalid`
 */
export function checkReading(reading: Reading, where: string): void {
  const { name, value, data, sum, time, updateTime } = reading;
  if (!NAME.test(name))
    throw invalid(
      where,
      `name ${quote(name)} is not a letter or digit, then letters, digits, "-:./_"`,
    );
  if (value === undefined && data === undefined && sum === undefined)
    throw invalid(where, `${quote(name)} has neither a value nor a sum`);
  if (value !== undefined && data !== undefined)
    throw invalid(where, `${quote(name)} has both a value and data; one may be`);
  if (data !== undefined && !BASE64URL.test(data))
    throw invalid(where, `data of ${quote(name)} is not base64url without padding`);
  [value, sum, time, updateTime].forEach((number) => {
    if (typeof number === "number" && !Number.isFinite(number))
      throw invalid(where, `${quote(name)} has the number ${number}; only finite ones can be sent`);
  });
}

/** What all names begin with: all of it if they are one name, else as far as their last common `:` or `/`. */
function commonName(readings: readonly Reading[]): string {
  let common = (readings[0] as Reading).name;
  readings.forEach(({ name }) => {
    while (!name.startsWith(common)) {
      const from = common.length - 2;
      common = common.slice(
        0,
        Math.max(common.lastIndexOf(":", from), common.lastIndexOf("/", from)) + 1,
      );
    }
  });
  return common;
}

/**
 * The number with the fewest decimals that gives exactly `time` when added to `base`, or `undefined` if
 * rounding makes that impossible. Plain subtraction would turn 0.1 s into 0.09999990463256836.
 */
function offsetTo(time: number, base: number): number | undefined {
  const exact = time - base;
  for (let decimals = 0; decimals <= 7; decimals++) {
    const short = Number(exact.toFixed(decimals));
    if (base + short === time) return short;
  }
  return base + exact === time ? exact : undefined;
}

/** Strings carry the escape sequences of JSON, in XML too (section 7): so control characters survive. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The attribute for a text that is left out when empty. */
function optional(text: string): string | undefined {
  return text === "" ? undefined : text;
}

/** As much of a text from outside as belongs into an error. */
export function quote(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}

/** The error of all SenML that is not as it should be. @param where the record or reading */
export function invalid(where: string, what: string): ConfigError {
  return new ConfigError("senml-invalid", `${where}: ${what}`);
}
