/**
 * Readings as Sensor Measurement Lists: RFC 8428 (SenML, version 10), in the XML form of its section 7.
 *
 * On the wire, records share what they have in common through base fields. In the program, every reading
 * stands for itself: "resolved", as section 4.6 calls it.
 */

import { ConfigError } from "../xmpp/errors.js";
import { type Element, xml } from "../xmpp/xml/element.js";
import { isUnit } from "./units.js";

export const NS_SENML = "urn:ietf:params:xml:ns:senml";

/** The version of RFC 8428. Higher ones stand for features that we do not have (RFC 9100 2). */
const VERSION = 10;

/** Times from here on count from the epoch, those below from now (4.5.3). In seconds. */
const FIRST_ABSOLUTE_TIME = 2 ** 28;

const NAME = /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/;

/** xs:double without `INF` and `NaN`, which are not readings. */
const DOUBLE = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** The fields of which a record has at most one (4.2). */
const VALUE_FIELDS = Object.freeze(["v", "vs", "vb", "vd"] as const);

/** The fields that make a record a reading; one without them only sets base fields (5.1.7). */
const READING_FIELDS = Object.freeze([...VALUE_FIELDS, "s", "n", "u", "t", "ut"] as const);

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

/** While it is put together. */
type Draft = { -readonly [Field in keyof Reading]: Reading[Field] };

/**
 * Writes readings as one pack. It is shortest when they come in the order of their times, and those of
 * one device share the beginning of their names up to a `:` or `/`.
 * @throws ConfigError `senml-invalid` for a reading that is against RFC 8428, or when there is none
 */
export function encodeSenml(readings: readonly Reading[]): Element {
  const first = readings[0];
  if (first === undefined) throw invalid("pack", "has no reading; a pack holds one or more");
  readings.forEach((reading, index) => {
    const where = `reading ${index + 1}`;
    check(reading, where);
    const { unit } = reading;
    if (unit !== undefined && !isUnit(unit))
      throw invalid(where, `${quote(unit)} is not a primary unit of the SenML registry`);
  });

  const baseName = commonName(readings);
  // A base unit cannot be taken back, so it is of use only when nobody goes without.
  const baseUnit = readings.every(({ unit }) => unit === first.unit) ? first.unit : undefined;
  let baseTime = 0;
  const records = readings.map((reading, index) => {
    const { name, unit, value, data, sum, time, updateTime } = reading;
    // The first time becomes the base time, unless it is 0: that is what no base time means.
    let offset = index === 0 && time !== 0 ? undefined : offsetTo(time, baseTime);
    let newBaseTime: number | undefined;
    if (offset === undefined) {
      baseTime = newBaseTime = time;
      offset = 0;
    }
    return xml("senml", {
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
    });
  });
  return xml("sensml", { xmlns: NS_SENML }, ...records);
}

/**
 * Reads a pack into resolved readings (4.6), the oldest first. Units are not checked: the registry grows.
 * @param now when the pack was sent, as near as can be known, in seconds since the epoch: what relative
 *   times count from
 * @throws ConfigError `senml-invalid`, and nothing of the pack is taken, when it is malformed, of a higher
 *   version, or demands an extension that we do not have
 */
export function decodeSenml(pack: Element, now: number): Reading[] {
  if (!pack.is("sensml", NS_SENML))
    throw invalid("pack", `${quote(pack.name)} is not the element sensml of ${NS_SENML}`);
  mustUnderstand(pack, "pack");
  const records = pack.childrenNamed("senml");
  if (records.length === 0) throw invalid("pack", "has no record; a pack holds one or more");

  const readings: Reading[] = [];
  let baseName = "";
  let baseTime = 0;
  let baseUnit: string | undefined;
  let baseValue: number | undefined;
  let baseSum: number | undefined;
  records.forEach((record, index) => {
    const where = `record ${index + 1}`;
    const number = (label: string) => double(record.attr(label), label, where);
    mustUnderstand(record, where);
    const version = number("bver") ?? VERSION;
    if (!Number.isInteger(version) || version < 1 || version > VERSION)
      throw invalid(where, `version (bver) ${version} is not one from 1 to ${VERSION}`);
    // Base fields hold for their own record too (section 4), and until they are set again.
    baseName = record.attr("bn") ?? baseName;
    baseTime = number("bt") ?? baseTime;
    baseUnit = record.attr("bu") ?? baseUnit;
    baseValue = number("bv") ?? baseValue;
    baseSum = number("bs") ?? baseSum;
    if (!READING_FIELDS.some((label) => record.attr(label) !== undefined)) return;

    const time = baseTime + (number("t") ?? 0);
    const reading: Draft = {
      name: baseName + (record.attr("n") ?? ""),
      time: time < FIRST_ABSOLUTE_TIME ? now + time : time,
    };
    const unit = record.attr("u") ?? baseUnit;
    if (unit !== undefined) reading.unit = unit;
    const [label, another] = VALUE_FIELDS.filter((field) => record.attr(field) !== undefined);
    if (another !== undefined) throw invalid(where, `has both ${label} and ${another}; one may be`);
    const text = label === undefined ? "" : (record.attr(label) as string);
    if (label === "vs") reading.value = unescaped(text);
    else if (label === "vb") reading.value = boolean(text, where);
    else if (label === "vd") reading.data = text;
    else {
      const value = plus(baseValue, number("v"));
      if (value !== undefined) reading.value = value;
    }
    const sum = plus(baseSum, number("s"));
    if (sum !== undefined) reading.sum = sum;
    const updateTime = number("ut");
    if (updateTime !== undefined) reading.updateTime = updateTime;
    check(reading, where);
    readings.push(reading);
  });
  return readings.sort((a, b) => a.time - b.time);
}

/** What holds for a reading on its way out and on its way in. */
function check(reading: Reading, where: string): void {
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
  for (const number of [value, sum, time, updateTime])
    if (typeof number === "number" && !Number.isFinite(number))
      throw invalid(where, `${quote(name)} has the number ${number}; only finite ones can be sent`);
}

/** Fields that end in `_` change the meaning of the rest (4.4). We know none of them. */
function mustUnderstand(element: Element, where: string): void {
  const { attributes } = element;
  for (let i = 0; i < attributes.length; i += 2) {
    const label = attributes[i] as string;
    if (label.endsWith("_")) throw invalid(where, `demands the unknown extension ${quote(label)}`);
  }
}

/** What all names begin with: all of it if they are one name, else as far as their last common `:` or `/`. */
function commonName(readings: readonly Reading[]): string {
  let common = (readings[0] as Reading).name;
  for (const { name } of readings)
    while (!name.startsWith(common)) {
      const from = common.length - 2;
      common = common.slice(
        0,
        Math.max(common.lastIndexOf(":", from), common.lastIndexOf("/", from)) + 1,
      );
    }
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

/** Base values and values add up; where one is missing it counts as zero (4.5.4). */
function plus(base: number | undefined, number: number | undefined): number | undefined {
  return base === undefined && number === undefined ? undefined : (base ?? 0) + (number ?? 0);
}

function double(text: string | undefined, label: string, where: string): number | undefined {
  if (text === undefined) return undefined;
  const number = DOUBLE.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(number))
    throw invalid(where, `${label} ${quote(text)} is not a finite number`);
  return number;
}

function boolean(text: string, where: string): boolean {
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw invalid(where, `vb ${quote(text)} is neither true nor false`);
}

/** Strings carry the escape sequences of JSON, in XML too (section 7): so control characters survive. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** What is no JSON string is taken as it stands: many peers do not escape. */
function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`);
  } catch {
    return text;
  }
}

/** The attribute for a text that is left out when empty. */
function optional(text: string): string | undefined {
  return text === "" ? undefined : text;
}

/** As much of a text from outside as belongs into an error. */
function quote(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}

function invalid(where: string, what: string): ConfigError {
  return new ConfigError("senml-invalid", `${where}: ${what}`);
}
