/**
 * The tokenizer against other parsers, on documents made at random: well-formed ones with everything that
 * XML has, and the same with faults. `PIPIT_SEED` repeats a run, `PIPIT_RUNS` makes it longer.
 */

import { describe, expect, test } from "@jest/globals";
import { SaxesParser } from "saxes";
import { seeded } from "../../support/random.js";
import { atRandom, byteByByte, type Outcome, pieces, tokenize, utf8, whole } from "./tokens.js";

const RUNS = Number(process.env.PIPIT_RUNS ?? 1500);

const random = seeded();
const { int, pick } = random;

/** What saxes makes of a document, in the form of our tokens, or the reason why it refuses. */
function saxes(document: Uint8Array): { tokens: string[] } | { refused: string } {
  const tokens: string[] = [];
  const parser = new SaxesParser({ xmlns: true });
  parser.on("opentag", ({ local, uri, attributes }) => {
    const list = Object.values(attributes)
      .filter(({ name, prefix }) => name !== "xmlns" && prefix !== "xmlns")
      .map(({ local, name, prefix, uri, value }) => {
        const known = uri === "" || prefix === "xml" ? name : `{${uri}}${local}`;
        return ` ${known}=${JSON.stringify(value)}`;
      });
    tokens.push(`<{${uri}}${local}${list.join("")}>`);
  });
  parser.on("closetag", () => tokens.push("</>"));
  const text = (text: string) => tokens.push(JSON.stringify(text));
  parser.on("text", text);
  parser.on("cdata", text);
  try {
    parser
      .write(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(document))
      .close();
  } catch (error) {
    return { refused: String(error) };
  }
  return { tokens };
}

/** Tokens without what parsers may choose: how text is divided, and what they tell of it outside of stanzas. */
function essential(tokens: readonly string[]): string[] {
  const essence: string[] = [];
  let text = "";
  let depth = 0;
  for (const token of tokens) {
    if (token.startsWith('"')) {
      if (depth > 1) text += JSON.parse(token) as string;
      continue;
    }
    if (text !== "") essence.push(JSON.stringify(text));
    text = "";
    depth += token === "</>" ? -1 : 1;
    essence.push(token);
  }
  return essence;
}

// Documents

const NAMES = ["a", "b", "iq", "größe", "_", "x-1.2", "名", "\u{10000}"];
const PREFIXES = ["p", "q", "é", "xml2"];
const NAMESPACES = ["u:1", "u:2", "jabber:client", "u:&#49;", "u:&amp;", "°"];
const TEXTS = [
  "text",
  " ",
  "\n",
  "\r\n",
  "\r",
  "\t",
  "°C",
  "\u{1f321}",
  "]",
  "]]",
  " >", // with which no "]]>" comes about
  "'",
  "&lt;",
  "&amp;",
  "&#13;",
  "&#x10FFFF;",
  "&#0048;",
];

/** What is likely to be a fault where it is put. */
const FAULTS = [
  "<",
  ">",
  "/>",
  "</",
  "&",
  ";",
  "]]>",
  "<![CDATA[",
  "<!--",
  "-->",
  "<?xml version='1.0'?>",
  "<!DOCTYPE a>",
  "'",
  '"',
  "=",
  " ",
  ":",
  "xmlns",
  "xmlns=",
  " xmlns:p='u:1'",
  " xmlns:p=''",
  " a='1'",
  " p:a='1'",
  "\0",
  "\u0001",
  "\u00a0",
  "\ufffe",
  "\ufeff",
  "&a;",
  "&#0;",
  "&#xD800;",
  "1",
  "-",
  "\u0300",
  "/",
];

const times = <Item>(count: number, make: () => Item): Item[] =>
  Array.from({ length: count }, make);
const spaces = (least = 0): string =>
  times(least + int(2), () => pick([" ", "\n", "\t", "\r\n"])).join("");

function quoted(content: string): string {
  const quote = pick(["'", '"']);
  return quote + content.replaceAll(quote, quote === "'" ? "&apos;" : "&quot;") + quote;
}

/** An element of which all prefixes are bound, if `scope` names those that are. */
function element(depth: number, scope: ReadonlySet<string>): string {
  const inside = new Set(scope);
  const attributes = new Map<string, string>();
  for (const prefix of PREFIXES)
    if (int(6) === 0) {
      inside.add(prefix);
      // No two prefixes stand for the same, or attributes could.
      attributes.set(`xmlns:${prefix}`, `${pick(NAMESPACES)}#${prefix}`);
    }
  if (int(5) === 0) attributes.set("xmlns", pick([...NAMESPACES, ""]));
  if (int(8) === 0) attributes.set("xml:lang", "en");
  const prefixed = (name: string) =>
    inside.size > 0 && int(3) === 0 ? `${pick([...inside])}:${name}` : name;
  for (let i = int(4); i > 0; i--) attributes.set(prefixed(pick(NAMES)), texts(4));
  const name = prefixed(pick(NAMES));
  const list = [...attributes].map(
    ([name, value]) => `${spaces(1)}${name}${spaces()}=${spaces()}${quoted(value)}`,
  );
  const start = `<${name}${list.join("")}${spaces()}`;
  if (int(4) === 0) return `${start}/>`;
  return `${start}>${content(depth, inside)}</${name}${spaces()}>`;
}

const texts = (most: number, from = TEXTS) => times(int(most), () => pick(from)).join("");

function content(depth: number, scope: ReadonlySet<string>): string {
  const parts = times(int(5), () => {
    const kind = int(8);
    if (kind < 3 && depth < 6) return element(depth + 1, scope);
    if (kind === 3) return `<![CDATA[${texts(4, [...TEXTS, "<a>", "&a;"])}]]>`;
    return texts(4);
  });
  return parts.join("");
}

/** A document with everything that the tokenizer accepts. */
function wellFormed(): string {
  const declaration = pick([
    "",
    "",
    "<?xml version='1.0'?>",
    '<?xml version="1.0" encoding="utf-8"?>\n',
  ]);
  const stanzas = times(int(4), () => spaces() + element(2, new Set(["p"])));
  return `${declaration}<p:s xmlns:p='u:0' xmlns='jabber:client'>${stanzas.join("")}${spaces()}</p:s>${spaces()}`;
}

/** A document with one or two faults, some of which may do no harm. */
function damaged(document: Uint8Array): Uint8Array {
  let damaged = [...document];
  for (let i = 1 + int(2); i > 0; i--) {
    const at = int(damaged.length);
    const length = int(4) === 0 ? int(12) : 0;
    switch (int(5)) {
      case 0:
        damaged[at] = (damaged[at] as number) ^ (1 << int(8));
        break;
      case 1:
        damaged[at] = int(256);
        break;
      case 2:
        damaged.splice(at, 1 + length);
        break;
      case 3:
        damaged.splice(at, length, ...damaged.slice(int(damaged.length)).slice(0, 1 + int(12)));
        break;
      default:
        damaged = [...damaged.slice(0, at), ...utf8(pick(FAULTS)), ...damaged.slice(at + length)];
    }
  }
  return Uint8Array.from(damaged);
}

/** saxes takes white space off both ends of a namespace, which is against Namespaces in XML. */
function isTrimmed(document: Uint8Array): boolean {
  const declarations = /xmlns[^\s=]*\s*=\s*(?:'([^']*)'|"([^"]*)")/g;
  const namespaces = [...Buffer.from(document).toString().matchAll(declarations)];
  return namespaces.some(([, single, double]) => /^\s|\s$/.test(single ?? double ?? ""));
}

/** Ends a test, with what is needed to repeat it. */
function fail(reason: string, document: Uint8Array, ...details: unknown[]): never {
  const text = JSON.stringify(Buffer.from(document).toString());
  throw new Error(
    [`${reason} (PIPIT_SEED=${random.seed})`, text, ...details.map(String)].join("\n"),
  );
}

/** Whether two lists are the same. */
const same = (a: readonly string[], b: readonly string[]) =>
  JSON.stringify(a) === JSON.stringify(b);

/**
 * However a document is cut, the outcome must be the same. A tag is read when it is whole, and what is wrong
 * with it is found then; so the document gets a "<" at its end, at which a tag can be no longer.
 */
function checkCuts(document: Uint8Array): void {
  const marked = Uint8Array.from([...document, 0x3c]);
  const { tokens, refusal } = tokenize(marked, whole);
  for (const cut of [byteByByte, pieces(2), pieces(7), atRandom(random), atRandom(random)]) {
    const other = tokenize(marked, cut);
    if (other.refusal?.condition !== refusal?.condition || !same(other.tokens, tokens))
      fail("cutting makes a difference", document, cut, tokens, other.tokens, other.refusal?.text);
  }
}

/** RFC 6120 allows less than XML does, and saxes more: then the two need not agree. */
function isStricter({ condition, text }: NonNullable<Outcome["refusal"]>, document: Uint8Array) {
  return (
    condition === "restricted-xml" ||
    condition === "bad-format" ||
    condition === "unsupported-encoding" ||
    text.startsWith("the XML declaration") || // of a version other than 1.0
    /^".+:.+" is not a name$/.test(text) || // because of how it begins behind ":"
    document[0] === 0xef // U+FEFF, which saxes takes for a byte order mark
  );
}

type Verdict = "accepted" | "refused" | "refused strictly" | "incomplete";

/** Compares what the tokenizer and saxes make of a document. */
function check(document: Uint8Array): Verdict {
  const { tokens, refusal, ended } = tokenize(document, whole);
  const other = saxes(document);
  checkCuts(document);
  if (refusal === undefined && ended) {
    if ("refused" in other) fail("saxes refuses it", document, other.refused);
    const [ours, theirs] = [essential(tokens), essential(other.tokens)];
    if (!same(ours, theirs)) fail("saxes reads something else", document, ours, theirs);
    return "accepted";
  }
  if (refusal !== undefined && isStricter(refusal, document)) return "refused strictly";
  if (!("refused" in other)) fail("saxes accepts it", document, refusal?.text);
  return refusal === undefined ? "incomplete" : "refused";
}

describe(`documents made at random (PIPIT_SEED=${random.seed})`, () => {
  test(`${RUNS} that are well-formed are read as saxes reads them`, () => {
    for (let run = 0; run < RUNS; run++) {
      const document = utf8(wellFormed());
      if (check(document) !== "accepted") fail("it is well-formed", document);
    }
  });

  test(`${RUNS} with faults are accepted, and refused, if saxes does so`, () => {
    const count = { accepted: 0, refused: 0, "refused strictly": 0, incomplete: 0 };
    for (let run = 0; run < RUNS; run++) {
      const document = damaged(utf8(wellFormed()));
      if (!isTrimmed(document)) count[check(document)]++;
    }
    // Or the documents would not show much.
    expect(count.accepted).toBeGreaterThan(RUNS / 50);
    expect(count.refused).toBeGreaterThan(RUNS / 5);
    expect(count["refused strictly"]).toBeGreaterThan(RUNS / 100);
  });
});
