/**
 * That reading takes time linear in the input, and keeps no more than it says, shown by counting: every
 * byte of an array that is read, written, copied or searched through is one unit of work.
 */

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { LIMITS } from "../../../firmware/xmpp/xml/limits.js";
import { Tokenizer } from "../../../firmware/xmpp/xml/tokenizer.js";
import { byteByByte, type Cut, pieces, Recorder, utf8, whole } from "./tokens.js";

const NativeUint8Array = Uint8Array;

let work = 0;
let allocated = 0;

type Method = (this: Uint8Array, ...args: unknown[]) => unknown;

/** An array that counts what is done with it. */
function counted(array: Uint8Array): Uint8Array {
  return new Proxy(array, {
    get(target, key) {
      if (typeof key === "string" && /^\d/.test(key)) work++;
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? countedMethod(target, key, value as Method) : value;
    },
    set(target, key, value) {
      work++;
      return Reflect.set(target, key, value, target);
    },
  });
}

function countedMethod(array: Uint8Array, name: string | symbol, method: Method): Method {
  return (...args) => {
    const result = method.apply(array, args);
    if (name === "set") {
      work += (args[0] as Uint8Array).length;
    } else if (name === "indexOf") {
      const from = (args[1] as number | undefined) ?? 0;
      work += (result === -1 ? array.length : (result as number) + 1) - from;
    } else if (name === "lastIndexOf") {
      const from = (args[1] as number | undefined) ?? array.length - 1;
      work += from - (result as number);
    } else if (name !== "subarray") {
      throw new Error(`the work of ${String(name)} is not counted`);
    }
    return result;
  };
}

beforeEach(() => {
  globalThis.Uint8Array = new Proxy(NativeUint8Array, {
    construct(target, [length]) {
      if (typeof length !== "number") throw new Error("arrays are made by length alone here");
      allocated += length;
      return counted(new target(length));
    },
  });
});

afterEach(() => {
  globalThis.Uint8Array = NativeUint8Array;
});

/** How much work a document takes for each byte, and how much room. */
function measure(document: Uint8Array, cut: Cut, isWanted?: (name: string) => boolean) {
  const recorder = new Recorder(isWanted);
  const bound = document.length;
  const tokenizer = new Tokenizer(recorder, { ...LIMITS, stanzaBytes: bound, skippedBytes: bound });
  work = 0;
  allocated = 0;
  for (const piece of cut(document)) tokenizer.write(counted(piece));
  return { workPerByte: work / document.length, allocated };
}

const cuts: [string, Cut][] = [
  ["whole", whole],
  ["byte by byte", byteByByte],
  ["in threes", pieces(3)],
  ["in packets", pieces(1448)],
];

/** Documents that make the most of one thing. */
const documents: [string, (size: number) => string][] = [
  ["text", (size) => `<s><a>${"b".repeat(size)}</a></s>`],
  ["text beyond ASCII", (size) => `<s><a>${"°".repeat(size >> 1)}</a></s>`],
  ["references", (size) => `<s><a>${"&lt;".repeat(size >> 2)}</a></s>`],
  ["line ends", (size) => `<s><a>${"\r".repeat(size)}</a></s>`],
  ["brackets", (size) => `<s><a>${"]".repeat(size)}</a></s>`],
  ["a CDATA section", (size) => `<s><a><![CDATA[${"]> ".repeat(size / 3)}]]></a></s>`],
  ["CDATA sections", (size) => `<s><a>${"<![CDATA[b]]>".repeat(size / 13)}</a></s>`],
  ["empty elements", (size) => `<s><a>${"<b/>".repeat(size >> 2)}</a></s>`],
  ["elements", (size) => `<s>${"<a><b>c</b></a>".repeat(size / 15)}</s>`],
  ["an attribute", (size) => `<s><a b='${"c".repeat(size)}'/></s>`],
  ["what may end a tag", (size) => `<s><a b='${">".repeat(size)}'/></s>`],
  [
    "what may end a tag, in many",
    (size) => `<s><a>${"<b c='>' d='>'/>".repeat(size >> 4)}</a></s>`,
  ],
  ["white space in an attribute", (size) => `<s><a b='${"\n".repeat(size)}'/></s>`],
  ["references in an attribute", (size) => `<s><a b='${"&#9;".repeat(size >> 2)}'/></s>`],
  ["white space in a tag", (size) => `<s><a${" ".repeat(size)}b=''/></s>`],
  ["white space between stanzas", (size) => `<s>${" ".repeat(size)}</s>`],
  ["namespaces", (size) => `<s>${`<a xmlns='urn:${"n".repeat(40)}'/>`.repeat(size / 57)}</s>`],
  ["a namespace", (size) => `<s><a xmlns='urn:${"n".repeat(size)}'/></s>`],
];

describe.each(documents)("linear work: %s", (_name, make) => {
  test.each(cuts)("%s", (_cut, cut) => {
    const [small, large] = [measure(utf8(make(2000)), cut), measure(utf8(make(16_000)), cut)];
    expect(large.workPerByte).toBeLessThan(1.2 * small.workPerByte + 0.1);
    expect(large.workPerByte).toBeLessThan(25);
  });
});

describe("room", () => {
  test.each(documents.slice(0, 15))("is at most four times what is kept: %s", (_name, make) => {
    for (const [, cut] of cuts) {
      const document = utf8(make(16_000));
      expect(measure(document, cut).allocated).toBeLessThan(4 * document.length);
    }
  });

  test("is not taken for what lies within one piece", () => {
    const stanzas = "<a b='c'><d xmlns='u:1'>e°<![CDATA[f]]></d></a>\n".repeat(100);
    expect(measure(utf8(`<s>${stanzas}</s>`), whole).allocated).toBe(0);
  });

  test("for many stanzas is no more than for one", () => {
    const document = (count: number) => utf8(`<s>${"<a b='c'>d&amp;</a>".repeat(count)}</s>`);
    for (const [, cut] of cuts)
      expect(measure(document(1000), cut).allocated).toBe(measure(document(1), cut).allocated);
  });

  test("is not taken for text that is read over", () => {
    const inside = `${"text ".repeat(9000)}°<b>&amp;&#65;<![CDATA[${"c".repeat(9000)}]]></b>`;
    const document = utf8(`<s><a><skip>${inside}</skip></a></s>`);
    for (const [, cut] of cuts)
      expect(measure(document, cut, (name) => name !== "skip").allocated).toBeLessThan(300);
  });
});
