/** Reads Sensor Measurement Lists: RFC 8428 (SenML, version 10), in the XML form of its section 7. */

import type { Element } from "../xmpp/xml/element.js";
import { checkReading, invalid, NS_SENML, quote, type Reading } from "./senml.js";

/** The version of RFC 8428. Higher ones stand for features that we do not have (RFC 9100 2). */
const VERSION = 10;

/** Times from here on count from the epoch, those below from now (4.5.3). In seconds. */
const FIRST_ABSOLUTE_TIME = 2 ** 28;

/** xs:double without `INF` and `NaN`, which are not readings. */
const DOUBLE = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** The fields of which a record has at most one (4.2). */
const VALUE_FIELDS = Object.freeze(["v", "vs", "vb", "vd"] as const);

/** The fields that make a record a reading; one without them only sets base fields (5.1.7). */
const READING_FIELDS = Object.freeze([...VALUE_FIELDS, "s", "n", "u", "t", "ut"] as const);

/** While it is put together. */
type Draft = { -readonly [Field in keyof Reading]: Reading[Field] };

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
    checkReading(reading, where);
    readings.push(reading);
  });
  return readings.sort((a, b) => a.time - b.time);
}

/** Fields that end in `_` change the meaning of the rest (4.4). We know none of them. */
function mustUnderstand(element: Element, where: string): void {
  const { attributes } = element;
  for (let i = 0; i < attributes.length; i += 2) {
    const label = attributes[i] as string;
    if (label.endsWith("_")) throw invalid(where, `demands the unknown extension ${quote(label)}`);
  }
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

/** What is no JSON string is taken as it stands: many peers do not escape. */
function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`);
  } catch {
    return text;
  }
}
