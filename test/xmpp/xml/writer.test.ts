import { describe, expect, test } from "@jest/globals";
import { SaxesParser } from "saxes";
import { NS_CLIENT, NS_STREAM } from "../../../firmware/xmpp/namespaces.js";
import { ElementBuilder } from "../../../firmware/xmpp/xml/builder.js";
import { Element, type Node, xml } from "../../../firmware/xmpp/xml/element.js";
import { LIMITS } from "../../../firmware/xmpp/xml/limits.js";
import { Tokenizer } from "../../../firmware/xmpp/xml/tokenizer.js";
import { escapeAttribute, write, writeBytes } from "../../../firmware/xmpp/xml/writer.js";
import { seeded } from "../../support/random.js";
import { FOOTER, HEADER, utf8 } from "./tokens.js";

describe("write()", () => {
  test.each<[string, Element, string]>([
    ["no content", xml("iq", { xmlns: NS_CLIENT }), "<iq/>"],
    [
      "attributes",
      xml("iq", { xmlns: NS_CLIENT, type: "get", to: undefined, id: "1" }),
      "<iq type='get' id='1'/>",
    ],
    ["text", xml("body", { xmlns: NS_CLIENT }, "a", undefined, "b"), "<body>ab</body>"],
    ["empty text", xml("body", { xmlns: NS_CLIENT }, ""), "<body></body>"],
    [
      "another namespace, which is said once",
      xml("iq", { xmlns: NS_CLIENT }, xml("ping", { xmlns: "u:1" }, xml("a"), xml("b"))),
      "<iq><ping xmlns='u:1'><a/><b/></ping></iq>",
    ],
    [
      "the outer namespace again",
      xml("a", { xmlns: "u:1" }, xml("b", { xmlns: NS_CLIENT }, xml("c", { xmlns: "u:1" }))),
      "<a xmlns='u:1'><b xmlns='jabber:client'><c xmlns='u:1'/></b></a>",
    ],
    ["no namespace", xml("a", { xmlns: "" }, xml("b")), "<a xmlns=''><b/></a>"],
    [
      "the stream namespace, by prefix",
      xml("error", { xmlns: NS_STREAM }, xml("conflict", { xmlns: "u:1" })),
      "<stream:error><conflict xmlns='u:1'/></stream:error>",
    ],
    [
      "a stanza in an element of the stream namespace",
      xml("features", { xmlns: NS_STREAM }, xml("iq", { xmlns: NS_CLIENT }), xml("x")),
      "<stream:features><iq/><stream:x/></stream:features>",
    ],
    [
      "attributes with a namespace",
      new Element("a", NS_CLIENT, ["{u:1}b", "1", "xml:lang", "en", "{u:2}b", "2"], []),
      "<a xmlns:a0='u:1' a0:b='1' xml:lang='en' xmlns:a4='u:2' a4:b='2'/>",
    ],
    [
      "what must be escaped",
      xml("a", { xmlns: "u:'&", b: `<'">&` }, `<'">&]]>`),
      "<a xmlns='u:&apos;&amp;' b='&lt;&apos;&quot;&gt;&amp;'>&lt;&apos;&quot;&gt;&amp;]]&gt;</a>",
    ],
  ])("%s", (_name, element, text) => {
    expect(write(element, NS_CLIENT)).toBe(text);
  });
});

describe("writeBytes()", () => {
  const element = xml("a", { xmlns: NS_CLIENT }, "°°°");

  test("writes UTF-8", () => {
    expect(writeBytes(element, NS_CLIENT, 100)).toEqual(utf8("<a>°°°</a>"));
  });

  test("holds the limit, in bytes", () => {
    expect(writeBytes(element, NS_CLIENT, 13)).toHaveLength(13);
    expect(() => writeBytes(element, NS_CLIENT, 12)).toThrow(
      "stanza-too-big: <a/> takes 13 bytes of at most 12",
    );
  });
});

describe("pitfall 13: escaping", () => {
  test.each<[string, string, string]>([
    ["nothing to escape", "Hello, world! °C ☕ \u{1f321}", "Hello, world! °C ☕ \u{1f321}"],
    ["the five", `<>&'"`, "&lt;&gt;&amp;&apos;&quot;"],
    ["what looks escaped", "&amp;&#65;", "&amp;amp;&amp;#65;"],
    ["CR, which would be read as LF", "a\r\nb\rc", "a&#13;\nb&#13;c"],
    ["control characters are dropped", "a\0b\u0001c\u0008\u000b\u000c\u000e\u001fd", "abcd"],
    ["noncharacters are dropped", "a\ufffe\uffffb", "ab"],
    ["lone surrogates are replaced", "a\ud83cb\udf21c", "a\ufffdb\ufffdc"],
    ["surrogates the wrong way round are replaced", "\udf21\ud83c", "\ufffd\ufffd"],
    [
      "what is allowed but odd is kept",
      "\u007f\u0080\u009f\ufdd0\ufeff\u{1fffe}",
      "\u007f\u0080\u009f\ufdd0\ufeff\u{1fffe}",
    ],
  ])("%s", (_name, text, escaped) => {
    expect(write(xml("a", { xmlns: NS_CLIENT }, text), NS_CLIENT)).toBe(`<a>${escaped}</a>`);
    expect(escapeAttribute(text)).toBe(escaped.replaceAll("\n", "&#10;"));
  });

  test("white space in attributes, which would be read as spaces", () => {
    expect(escapeAttribute("\ta\nb\r ")).toBe("&#9;a&#10;b&#13; ");
    const text = write(xml("a", { xmlns: NS_CLIENT }, "\ta\nb\r "), NS_CLIENT);
    expect(text).toBe("<a>\ta\nb&#13; </a>");
  });
});

const random = seeded();
const { int, pick } = random;

/** Texts in which everything awkward is likely. */
const AWKWARD = [
  "<",
  ">",
  "&",
  "'",
  '"',
  "]]>",
  "&amp;",
  "&#0;",
  "\0",
  "\u0001",
  "\u001f",
  "\t",
  "\n",
  "\r",
  "\r\n",
  " ",
  "\u007f",
  "\u0085",
  "\u00a0",
  "\u2028",
  "°",
  "☕",
  "\ud83c",
  "\udf21",
  "\u{1f321}",
  "\u{10ffff}",
  "\ufdd0",
  "\ufffd",
  "\ufffe",
  "\uffff",
  "\ufeff",
  "<![CDATA[",
  "<!--",
  "a",
  "0",
];

function text(): string {
  return Array.from({ length: int(int(20) === 0 ? 500 : 8) }, () =>
    int(4) > 0 ? pick(AWKWARD) : String.fromCodePoint(int(0x110000)),
  ).join("");
}

/** The same text as XML can hold it, by production 2 of XML 1.0. */
function survivor(text: string): string {
  return text
    .replaceAll(/\p{Surrogate}/gu, "\ufffd")
    .replaceAll(/[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "");
}

function element(depth: number): Element {
  const names = ["a", "größe", "_-.1", "名", "x"];
  const attributes = new Map<string, string>();
  for (let i = int(4); i > 0; i--)
    attributes.set(pick([...names, "xml:lang", "type", "{u:1}a", "{u:2}a", "{u:<°>}b"]), text());
  const children: Node[] = [];
  if (depth < 4)
    for (let i = int(4); i > 0; i--) {
      children.push(element(depth + 1));
      if (int(2) > 0) children.push(text());
    }
  const namespace = pick([undefined, undefined, NS_CLIENT, NS_STREAM, "u:1", `u:'"&<`, "u:°"]);
  return new Element(
    pick(names),
    depth === 1 ? (namespace ?? NS_CLIENT) : namespace,
    [...attributes].flat(),
    children,
  );
}

/** Everything that there is about an element, with texts as XML can hold them. */
function essence(element: Element): unknown {
  return {
    name: element.name,
    namespace: element.namespace,
    attributes: element.attributes.map(survivor),
    children: element.children
      .map((child) => (typeof child === "string" ? survivor(child) : essence(child)))
      .filter((child) => child !== ""),
  };
}

test(`whatever is written is read as it was (PIPIT_SEED=${random.seed})`, () => {
  for (let run = 0; run < 1000; run++) {
    const original = element(1);
    const document = HEADER + write(original, NS_CLIENT) + FOOTER;
    const read: Element[] = [];
    const sink = { onHeader() {}, onElement: (element: Element) => read.push(element), onEnd() {} };
    const limits = { ...LIMITS, stanzaBytes: 1_000_000 }; // by chance, some are long
    new Tokenizer(new ElementBuilder(sink, () => true), limits).write(utf8(document));
    expect({ document, read: read.map(essence) }).toEqual({ document, read: [essence(original)] });
    // Nor is it only we who can read it.
    expect(() => new SaxesParser({ xmlns: true }).write(document).close()).not.toThrow();
  }
});
