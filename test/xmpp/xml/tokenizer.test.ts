import { describe, expect, test } from "@jest/globals";
import { LIMITS } from "../../../firmware/xmpp/xml/limits.js";
import { Tokenizer } from "../../../firmware/xmpp/xml/tokenizer.js";
import { seeded } from "../../support/random.js";
import {
  atRandom,
  byteByByte,
  type Cut,
  FOOTER,
  HEADER,
  inTwo,
  type Outcome,
  pieces,
  Recorder,
  raw,
  type Settings,
  tokenize,
  utf8,
  whole,
} from "./tokens.js";

const random = seeded();
const cuts: [string, Cut][] = [
  ["whole", whole],
  ["byte by byte", byteByByte],
  ["in threes", pieces(3)],
  ...Array.from({ length: 12 }, (): [string, Cut] => [
    `at random (PIPIT_SEED=${random.seed})`,
    atRandom(random),
  ]),
];

/** What comes of a document, which must be the same however it is cut. */
function read(document: Uint8Array | string, settings?: Settings): Outcome {
  const bytes = typeof document === "string" ? utf8(document) : document;
  const outcome = tokenize(bytes, whole, settings);
  for (const [name, cut] of cuts) {
    const { tokens, refusal, ended } = tokenize(bytes, cut, settings);
    expect({ name, tokens, condition: refusal?.condition, ended }).toEqual({
      name,
      tokens: outcome.tokens,
      condition: outcome.refusal?.condition,
      ended: outcome.ended,
    });
  }
  return outcome;
}

/** The tokens of what stands in a stream, without those of the stream's own element. */
function accepted(content: Uint8Array | string, settings?: Settings): string[] {
  const { tokens, refusal, ended } = read(inStream(content), settings);
  expect({ refusal, ended }).toEqual({ refusal: undefined, ended: true });
  return tokens.slice(1, -1);
}

/** The condition with which what stands in a stream is refused. */
function refused(content: Uint8Array | string, settings?: Settings): string | undefined {
  return read(inStream(content), settings).refusal?.condition;
}

function inStream(content: Uint8Array | string): Uint8Array {
  const inside = typeof content === "string" ? utf8(content) : content;
  return Uint8Array.from([...utf8(HEADER), ...inside, ...utf8(FOOTER)]);
}

/** A message with the content, as its tokens. */
const message = (...inside: string[]) => ["<{jabber:client}message>", ...inside, "</>"];

describe("elements and text", () => {
  test.each<[string, string, string[]]>([
    ["an empty-element tag", "<message/>", message()],
    ["an element without content", "<message></message>", message()],
    ["white space in tags", "<message\t\r\n ></message \n>", message()],
    ["white space in an empty-element tag", "<message />", message()],
    ["text", "<message>Hello, world!</message>", message('"Hello, world!"')],
    [
      "text around an element",
      "<message>a<b/>c</message>",
      message('"a"', "<{jabber:client}b>", "</>", '"c"'),
    ],
    ["white space in a stanza", "<message> \n\t</message>", message('" \\n\\t"')],
    ["a '>' and quotes in text", `<message>'>'">"</message>`, message(`"'>'\\">\\""`)],
    ["brackets in text", "<message>]]] ] > ]]</message>", message('"]]] ] > ]]"')],
    [
      "all of Unicode in text",
      "<message>°C ☕ \u{1f321}\u{10fffd}\u007f\u0085</message>",
      message('"°C ☕ \u{1f321}\u{10fffd}\u007f\u0085"'),
    ],
    [
      "a noncharacter that XML allows",
      "<message>\ufdd0\u{1fffe}</message>",
      message('"\ufdd0\u{1fffe}"'),
    ],
  ])("%s", (_name, content, tokens) => {
    expect(accepted(content)).toEqual(tokens);
  });

  test.each<[string, string]>([
    ["an end tag of another element", "<message></iq>"],
    ["an end tag that is longer", "<message></messages>"],
    ["an end tag that is shorter", "<message></mess>"],
    ["end tags that cross", "<message><a><b></a></b></message>"],
    [
      "an end tag of the same namespace and another prefix",
      "<a xmlns:x='jabber:client'><x:b></b></a>",
    ],
    ["an end tag with attributes", "<message></message a='b'>"],
    ["an end tag that is empty", "<message></message/>"],
    ["an end tag without a name", "<message></></message>"],
    ["white space before the name in an end tag", "<message></ message>"],
    ["a start tag without a name", "<message><></></message>"],
    ["white space before the name in a start tag", "<message>< a/></message>"],
    ["a name that begins with a digit", "<message><1/></message>"],
    ["a name that begins with '-'", "<message><-/></message>"],
    ["a name that begins with '.'", "<message><.a/></message>"],
    ["a name that begins with a combining character", "<message><\u0300a/></message>"],
    ["a name with a character that names must not have", "<message><a×b/></message>"],
    ["a name with a quote", `<message><a"b"/></message>`],
    ["a '<' in a tag", "<message><a <b/></message>"],
    ["a '<' in a name", "<message><a<b/></message>"],
    ["a '/' in a tag", "<message><a / ></a></message>"],
    ["a '/' before an attribute", "<message><a /b='c'></a></message>"],
    ["']]>' in text", "<message>]]></message>"],
    ["']]>' behind more brackets", "<message>]]]]]></message>"],
    ["']]>' in text behind a CDATA section", "<message><![CDATA[]]>]]></message>"],
  ])("refused: %s", (_name, content) => {
    expect(refused(content)).toBe("not-well-formed");
  });
});

describe("attributes", () => {
  test.each<[string, string, string]>([
    ["in apostrophes", "<message a='1'/>", 'a="1"'],
    ["in quotation marks", '<message a="1"/>', 'a="1"'],
    ["empty", "<message a=''/>", 'a=""'],
    ["in their order", "<message b='1' a='2' c='3'/>", 'b="1" a="2" c="3"'],
    ["with white space around '='", "<message a\n=\t '1'\r/>", 'a="1"'],
    [
      "with the other quote, '>' and '/>' inside",
      `<message a='">/>' b="'>"/>`,
      `a="\\">/>" b="'>"`,
    ],
    ["with ']]>' inside", "<message a=']]>'/>", 'a="]]>"'],
    ["with references", "<message a='&lt;&#65;&amp;&#x42;&quot;'/>", 'a="<A&B\\""'],
    ["names that differ in case", "<message a='1' A='2'/>", 'a="1" A="2"'],
    [
      "names of objects' own properties",
      "<message __proto__='1' constructor='2'/>",
      '__proto__="1" constructor="2"',
    ],
    [
      "names beyond ASCII",
      "<message größe='1' 名='2' \u{10000}='3'/>",
      'größe="1" 名="2" \u{10000}="3"',
    ],
    ["names with digits, '-', '.' and '·'", "<message _a-1.·b='1'/>", '_a-1.·b="1"'],
    [
      "white space, each read as a space (XML 1.0 3.3.3)",
      "<message a='\t1\n2\r3\r\n4 5'/>",
      'a=" 1 2 3 4 5"',
    ],
    ["white space by reference, kept as it is", "<message a='&#9;&#10;&#13;'/>", 'a="\\t\\n\\r"'],
    ["a line feed behind a CR by reference", "<message a='&#13;\n'/>", 'a="\\r "'],
    [
      "characters beyond ASCII beside references",
      "<message a='°&amp;°' b='&gt;\u{1f321}'/>",
      'a="°&°" b=">\u{1f321}"',
    ],
  ])("%s", (_name, content, attributes) => {
    expect(accepted(content)).toEqual([`<{jabber:client}message ${attributes}>`, "</>"]);
  });

  test.each<[string, string]>([
    ["no value", "<message a/>"],
    ["no value before another attribute", "<message a b='1'/>"],
    ["no value behind '='", "<message a=/>"],
    ["no quotes", "<message a=1/>"],
    ["no name", "<message ='1'/>"],
    ["no white space before them", "<message a='1'b='2'/>"],
    ["a comma between them", "<message a='1', b='2'/>"],
    ["two '='", "<message a=='1'/>"],
    ["the same twice", "<message a='1' a='1'/>"],
    ["the same twice with others between", "<message a='1' b='1' c='1' a='2'/>"],
    ["a '<' inside", "<message a='<'/>"],
    ["quotes that do not end", "<message a='></message>"],
    ["a control character inside", "<message a='\u0001'/>"],
    ["a control character between", "<message \u000ba='1'/>"],
    ["a no-break space between", "<message\u00a0a='1'/>"],
  ])("refused: %s", (_name, content) => {
    expect(refused(content)).toBe("not-well-formed");
  });
});

describe("line ends (XML 1.0 2.11)", () => {
  test.each<[string, string, string]>([
    ["CR LF", "a\r\nb", "a\nb"],
    ["CR", "a\rb", "a\nb"],
    ["LF", "a\nb", "a\nb"],
    ["several", "\r\r\n\n\r", "\n\n\n\n"],
    ["CR by reference", "a&#13;\nb", "a\r\nb"],
    ["LF by reference behind CR", "a\r&#10;b", "a\n\nb"],
    ["NEL and LS are no line ends", "\u0085\u2028", "\u0085\u2028"],
  ])("%s", (_name, content, text) => {
    expect(accepted(`<message>${content}</message>`)).toEqual(message(JSON.stringify(text)));
  });

  test("in a CDATA section", () => {
    expect(accepted("<message><![CDATA[\r\r\n\n]]></message>")).toEqual(message('"\\n\\n\\n"'));
  });
});

describe("references", () => {
  test.each<[string, string, string]>([
    ["the five entities", "&lt;&gt;&amp;&apos;&quot;", "<>&'\""],
    ["an entity in text", "a &amp; b", "a & b"],
    ["decimal", "&#65;&#176;&#9749;&#127777;", "A°☕\u{1f321}"],
    ["hexadecimal", "&#x41;&#xB0;&#xb0;&#x2615;&#x1F321;", "A°°☕\u{1f321}"],
    ["the last character", "&#x10FFFF;&#1114111;", "\u{10ffff}\u{10ffff}"],
    ["white space", "&#9;&#10;&#13;&#32;", "\t\n\r "],
    ["what is resolved is not read again", "&amp;lt;&#38;lt;&#60;a>", "&lt;&lt;<a>"],
    ["no end of a CDATA section", "]]&gt;]&#93;>&#93;]>", "]]>]]>]]>"],
    ["leading zeros", "&#0065;&#x00000000000042;", "AB"],
  ])("%s", (_name, content, text) => {
    expect(accepted(`<message>${content}</message>`)).toEqual(message(JSON.stringify(text)));
    expect(accepted(`<message a='${content.replaceAll("<", "")}'/>`)[0]).toBeDefined();
  });

  test.each<[string, string, string]>([
    ["pitfall 9: U+0000", "&#0;", "not-well-formed"],
    ["pitfall 9: U+0000 in hexadecimal", "&#x0;", "not-well-formed"],
    ["pitfall 9: a control character", "&#1;", "not-well-formed"],
    ["pitfall 9: U+000B", "&#xb;", "not-well-formed"],
    ["pitfall 9: a surrogate", "&#xD800;", "not-well-formed"],
    ["pitfall 9: a pair of surrogates", "&#xD83C;&#xDF21;", "not-well-formed"],
    ["pitfall 9: U+FFFE", "&#xFFFE;", "not-well-formed"],
    ["pitfall 9: beyond Unicode", "&#x110000;", "not-well-formed"],
    ["pitfall 9: beyond 32 bits", "&#4294967361;", "not-well-formed"],
    ["pitfall 9: beyond doubles", `&#${"9".repeat(400)};`, "not-well-formed"],
    ["pitfall 9: very many zeros", `&#${"0".repeat(4000)};`, "not-well-formed"],
    ["no digits", "&#;", "not-well-formed"],
    ["no hexadecimal digits", "&#x;", "not-well-formed"],
    ["hexadecimal with a capital X", "&#X41;", "not-well-formed"],
    ["hexadecimal digits in decimal", "&#4a;", "not-well-formed"],
    ["a sign", "&#-65;", "not-well-formed"],
    ["an exponent", "&#1e3;", "not-well-formed"],
    ["white space", "&#6 5;", "not-well-formed"],
    ["an '&' alone", "a & b", "not-well-formed"],
    ["an '&' at the end", "a &", "not-well-formed"],
    ["an '&' before ';'", "a &;", "not-well-formed"],
    ["two '&'", "&&amp;", "not-well-formed"],
    ["no ';'", "&amp", "not-well-formed"],
    ["no ';' before another", "&amp&amp;", "not-well-formed"],
    ["a name that begins with a digit", "&1;", "not-well-formed"],
    ["pitfall 7: an entity nobody has declared", "&nbsp;", "restricted-xml"],
    ["pitfall 7: an entity in other letters", "&AMP;", "restricted-xml"],
    ["pitfall 7: an entity beyond ASCII", "&é;", "restricted-xml"],
    ["pitfall 7: an entity with a prefix", "&x:lol9;", "restricted-xml"],
    ["a name of objects' own properties", "&constructor;", "restricted-xml"],
  ])("refused: %s", (_name, content, condition) => {
    expect(refused(`<message>${content}</message>`)).toBe(condition);
    expect(refused(`<message a='${content}'/>`)).toBe(condition);
    expect(refused(`<message xmlns:a='${content}'/>`)).toBe(condition);
  });
});

describe("CDATA sections", () => {
  test.each<[string, string, string[]]>([
    ["empty", "<![CDATA[]]>", []],
    ["text", "<![CDATA[a]]>", ['"a"']],
    [
      "markup and references, as they are",
      "<![CDATA[<a b='&lt;'>&#65;<!-- <?a?>]]>",
      [`"<a b='&lt;'>&#65;<!-- <?a?>"`],
    ],
    ["the beginning of one", "<![CDATA[<![CDATA[]]>", ['"<![CDATA["']],
    ["brackets at the end", "<![CDATA[]]]]]>", ['"]]]"']],
    ["a '>' behind brackets", "<![CDATA[]>] ]>]]>", ['"]>] ]>"']],
    ["']]>' in two sections", "<![CDATA[]]]]><![CDATA[>]]>", ['"]]"', '">"']],
    ["text around it", "a<![CDATA[b]]>c", ['"a"', '"b"', '"c"']],
    ["brackets before it", "]]<![CDATA[>]]>", ['"]]"', '">"']],
    ["characters beyond ASCII", "<![CDATA[°\u{1f321}]]>", ['"°\u{1f321}"']],
  ])("%s", (_name, content, tokens) => {
    expect(accepted(`<message>${content}</message>`)).toEqual(message(...tokens));
  });

  test.each<[string, string, string]>([
    ["a control character", "<message><![CDATA[\u0001]]></message>", "not-well-formed"],
    ["small letters", "<message><![cdata[]]></message>", "restricted-xml"],
    ["white space", "<message><![ CDATA[]]></message>", "restricted-xml"],
    ["outside of a stanza", "<![CDATA[ ]]>", "bad-format"],
  ])("refused: %s", (_name, content, condition) => {
    expect(refused(content)).toBe(condition);
  });
});

describe("pitfall 11: namespaces, not prefixes", () => {
  test.each<[string, string, string[]]>([
    [
      "the stream's prefix is any",
      "<s:s xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:client'><s:features/></s:s>",
      [
        "<{http://etherx.jabber.org/streams}s>",
        "<{http://etherx.jabber.org/streams}features>",
        "</>",
        "</>",
      ],
    ],
    [
      "the stream has none",
      "<stream xmlns='http://etherx.jabber.org/streams'><features/></stream>",
      [
        "<{http://etherx.jabber.org/streams}stream>",
        "<{http://etherx.jabber.org/streams}features>",
        "</>",
        "</>",
      ],
    ],
    [
      "each stanza declares its own",
      "<s:s xmlns:s='u:s'><iq xmlns='u:1'><a/></iq><iq xmlns='u:2'/><iq/></s:s>",
      [
        "<{u:s}s>",
        "<{u:1}iq>",
        "<{u:1}a>",
        "</>",
        "</>",
        "<{u:2}iq>",
        "</>",
        "<{}iq>",
        "</>",
        "</>",
      ],
    ],
    ["a prefix is in force on its own element", "<a:b xmlns:a='u:1'/>", ["<{u:1}b>", "</>"]],
    [
      "a declaration is in force before it",
      "<a b:c='d' xmlns:b='u:1' xmlns='u:2'/>",
      ['<{u:2}a {u:1}c="d">', "</>"],
    ],
    [
      "a prefix is hidden, and in force again",
      "<p:a xmlns:p='u:1'><p:b xmlns:p='u:2'><p:c/></p:b><p:d/></p:a>",
      ["<{u:1}a>", "<{u:2}b>", "<{u:2}c>", "</>", "</>", "<{u:1}d>", "</>", "</>"],
    ],
    [
      "the default namespace is taken back",
      "<a xmlns='u:1'><b xmlns=''><c/></b><d/></a>",
      ["<{u:1}a>", "<{}b>", "<{}c>", "</>", "</>", "<{u:1}d>", "</>", "</>"],
    ],
    [
      "the default namespace is not that of attributes",
      "<a xmlns='u:1' b='c'/>",
      ['<{u:1}a b="c">', "</>"],
    ],
    [
      "two attributes of the same name",
      "<a xmlns:p='u:1' p:b='1' b='2'/>",
      ['<{}a {u:1}b="1" b="2">', "</>"],
    ],
    ["the prefix xml needs no declaration", "<a xml:lang='en'/>", ['<{}a xml:lang="en">', "</>"]],
    [
      "the prefix xml may be declared",
      "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='en'/>",
      ['<{}a xml:lang="en">', "</>"],
    ],
    [
      "an element may have the prefix xml",
      "<xml:a/>",
      ["<{http://www.w3.org/XML/1998/namespace}a>", "</>"],
    ],
    ["white space in a namespace", "<a xmlns=' u:1\n'/>", ["<{ u:1 }a>", "</>"]],
    ["references in a namespace", "<a xmlns='u:&#49;&amp;'/>", ["<{u:1&}a>", "</>"]],
    ["a namespace beyond ASCII", "<a xmlns='u:°'/>", ["<{u:°}a>", "</>"]],
    [
      "names beyond ASCII",
      "<größe:é xmlns:größe='u:1' größe:ü='1'/>",
      ['<{u:1}é {u:1}ü="1">', "</>"],
    ],
    ["an element with the name of a declaration", "<xmlns/>", ["<{}xmlns>", "</>"]],
    [
      "a namespace that is longer than those kept",
      `<a xmlns='u:${"1".repeat(80)}'/>`,
      [`<{u:${"1".repeat(80)}}a>`, "</>"],
    ],
  ])("%s", (_name, document, tokens) => {
    expect(read(document)).toEqual({ tokens, ended: true });
  });

  test.each<[string, string, string]>([
    ["pitfall 8: a prefix that is bound to nothing", "<p:a/>", "bad-namespace-prefix"],
    [
      "pitfall 8: an attribute's prefix that is bound to nothing",
      "<a p:b='c'/>",
      "bad-namespace-prefix",
    ],
    ["a prefix that is bound elsewhere", "<a><b xmlns:p='u:1'/><p:c/></a>", "bad-namespace-prefix"],
    ["the prefix xmlns on an element", "<xmlns:a/>", "bad-namespace-prefix"],
    [
      "pitfall 8: the same attribute by two prefixes",
      "<a xmlns:p='u:1' xmlns:q='u:1' p:b='1' q:b='2'/>",
      "not-well-formed",
    ],
    [
      "the same attribute by two prefixes and a reference",
      "<a xmlns:p='u:1' xmlns:q='u:&#49;' p:b='1' q:b='2'/>",
      "not-well-formed",
    ],
    ["a prefix that is declared twice", "<a xmlns:p='u:1' xmlns:p='u:2'/>", "not-well-formed"],
    [
      "a default namespace that is declared twice",
      "<a xmlns='u:1' xmlns='u:1'/>",
      "not-well-formed",
    ],
    ["a prefix that is taken back", "<a xmlns:p=''/>", "not-well-formed"],
    ["the prefix xml bound to another", "<a xmlns:xml='u:1'/>", "not-well-formed"],
    [
      "another prefix for XML's namespace",
      "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
      "not-well-formed",
    ],
    [
      "XML's namespace as the default",
      "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
      "not-well-formed",
    ],
    [
      "the prefix xmlns declared",
      "<a xmlns:xmlns='http://www.w3.org/2000/xmlns/'/>",
      "not-well-formed",
    ],
    [
      "another prefix for that of xmlns",
      "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
      "not-well-formed",
    ],
    [
      "that of xmlns as the default",
      "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
      "not-well-formed",
    ],
    ["a name of three parts", "<a:b:c xmlns:a='u:1'/>", "not-well-formed"],
    ["an attribute of three parts", "<a xmlns:b='u:1' b:c:d='e'/>", "not-well-formed"],
    ["a declaration of three parts", "<a xmlns:b:c='u:1'/>", "not-well-formed"],
    ["no prefix before ':'", "<:a/>", "not-well-formed"],
    ["no name behind ':'", "<a: xmlns:a='u:1'/>", "not-well-formed"],
    ["no prefix declared", "<a xmlns:='u:1'/>", "not-well-formed"],
    ["a digit behind ':'", "<a:1 xmlns:a='u:1'/>", "not-well-formed"],
    ["a ':' alone", "<a :='1'/>", "not-well-formed"],
    ["a combining character behind ':'", "<a:\u0300 xmlns:a='u:1'/>", "not-well-formed"],
  ])("refused: %s", (_name, document, condition) => {
    expect(read(document).refusal?.condition).toBe(condition);
  });

  test("a prefix means nothing in the next stream", () => {
    const names = "<a xmlns:p='u:1'><p:b/></a>";
    expect(read(names).ended).toBe(true);
    expect(read("<a><p:b/></a>").refusal?.condition).toBe("bad-namespace-prefix");
  });
});

describe("pitfall 6: what RFC 6120 11.1 forbids", () => {
  test.each<[string, string]>([
    ["a comment", "<message><!-- c --></message>"],
    ["an empty comment", "<message><!----></message>"],
    ["a comment between stanzas", "<!-- c -->"],
    ["a processing instruction", "<message><?php echo 1 ?></message>"],
    ["a processing instruction between stanzas", "<?a?>"],
    ["a document type between stanzas", "<!DOCTYPE a>"],
    ["a conditional section", "<message><![INCLUDE[a]]></message>"],
    ["an element declaration", "<message><!ELEMENT a ANY></message>"],
  ])("refused: %s", (_name, content) => {
    expect(refused(content)).toBe("restricted-xml");
  });

  test.each<[string, string]>([
    ["a document type", "<!DOCTYPE stream>"],
    [
      "a document type behind a declaration",
      "<?xml version='1.0'?><!DOCTYPE stream SYSTEM 'http://example.org/'>",
    ],
    [
      "pitfall 7: billion laughs",
      `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;">]><lolz>&lol1;</lolz>`,
    ],
    [
      "pitfall 7: quadratic blow-up",
      `<!DOCTYPE bomb [<!ENTITY a "${"a".repeat(500)}">]><bomb>${"&a;".repeat(100)}</bomb>`,
    ],
    ["an external entity", `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`],
    ["an external DTD", `<!DOCTYPE a PUBLIC "-//A//B" "http://example.org/a.dtd"><a/>`],
    ["a comment", "<!-- c --><stream/>"],
    ["a style sheet", "<?xml-stylesheet href='a.css'?><stream/>"],
    ["a processing instruction", "<?php ?><stream/>"],
    ["a long processing instruction", `<?php ${"a".repeat(200)} ?><stream/>`],
    ["a processing instruction behind a declaration", "<?xml version='1.0'?><?php ?><stream/>"],
    ["a comment behind the stream", "<stream/><!-- c -->"],
  ])("refused at the beginning: %s", (_name, document) => {
    const { refusal } = read(document);
    expect(["restricted-xml", "not-well-formed"]).toContain(refusal?.condition);
    if (!document.startsWith("<stream/>")) expect(refusal?.condition).toBe("restricted-xml");
  });
});

describe("pitfall 12: the XML declaration", () => {
  test.each([
    "<?xml version='1.0'?>",
    '<?xml version="1.0"?>',
    "<?xml version='1.0' encoding='UTF-8'?>",
    `<?xml version="1.0" encoding='utf-8' standalone="yes"?>`,
    "<?xml\n version\t=\r\n'1.0' \n?>",
    "<?xml version='1.0' standalone='no' ?>\r\n \t",
    "",
    " \n",
  ])("%j may stand before a stream", (declaration) => {
    expect(read(`${declaration}<stream/>`)).toEqual({ tokens: ["<{}stream>", "</>"], ended: true });
  });

  test.each<[string, string]>([
    ["<?xml?>", "restricted-xml"],
    ["<?xml ?>", "not-well-formed"],
    ["<?xml version='1.1'?>", "not-well-formed"],
    ["<?xml version='1.0\"?>", "not-well-formed"],
    ["<?xml version=1.0?>", "not-well-formed"],
    ["<?xml version='1.0'>", "not-well-formed"],
    ["<?xml encoding='UTF-8'?>", "not-well-formed"],
    ["<?xml encoding='UTF-8' version='1.0'?>", "not-well-formed"],
    ["<?xml version='1.0'encoding='UTF-8'?>", "not-well-formed"],
    ["<?xml version='1.0' standalone='yes' encoding='UTF-8'?>", "not-well-formed"],
    ["<?xml version='1.0' standalone='maybe'?>", "not-well-formed"],
    ["<?xml version='1.0' encoding='8-utf'?>", "not-well-formed"],
    ["<?xml\u00a0version='1.0'?>", "restricted-xml"],
    ["<?xml version\u00a0='1.0'?>", "not-well-formed"],
    ["<?xml version='1.0'\u000b?>", "not-well-formed"],
    ["<?XML version='1.0'?>", "restricted-xml"],
    ["<?xmlversion='1.0'?>", "restricted-xml"],
    [`<?xml version='1.0'${" ".repeat(150)}?>`, "not-well-formed"],
    [`<?xml version='1.0'${" ".repeat(106)}??>`, "not-well-formed"],
    ["<?xml version='1.0'?><?xml version='1.0'?>", "restricted-xml"],
    [" <?xml version='1.0'?>", "restricted-xml"],
    ["<?xml version='1.0' encoding='ISO-8859-1'?>", "unsupported-encoding"],
    ["<?xml version='1.0' encoding='UTF-16'?>", "unsupported-encoding"],
    ["<?xml version='1.0' encoding='US-ASCII'?>", "unsupported-encoding"],
  ])("%j may not", (declaration, condition) => {
    const { refusal, tokens } = read(`${declaration}<stream/>`);
    expect({ condition: refusal?.condition, tokens }).toEqual({ condition, tokens: [] });
  });

  test("a second one inside a stream is refused", () => {
    expect(refused("<?xml version='1.0'?>")).toBe("restricted-xml");
    expect(refused("<message/><?xml version='1.0'?>")).toBe("restricted-xml");
    expect(refused("<message><?xml version='1.0'?></message>")).toBe("restricted-xml");
  });

  test.each<[string, Uint8Array, string]>([
    ["UTF-16, little-endian", raw("\xff\xfe<\0a\0/\0>\0"), "unsupported-encoding"],
    ["UTF-16, big-endian", raw("\xfe\xff\0<\0a\0/\0>"), "unsupported-encoding"],
    ["UTF-16 without a byte order mark", raw("\0<\0a\0/\0>"), "unsupported-encoding"],
    ["UTF-32", raw("\0\0\0<\0\0\0a"), "unsupported-encoding"],
    // RFC 6120 11.6: U+FEFF is a zero width no-break space, even as the first character.
    ["a byte order mark in UTF-8", raw("\xef\xbb\xbf<a/>"), "not-well-formed"],
  ])("%s is refused", (_name, bytes, condition) => {
    expect(read(bytes).refusal?.condition).toBe(condition);
  });
});

describe("pitfall 1: UTF-8 across reads", () => {
  test("a degree sign that is cut in two stays what it is", () => {
    const document = utf8("<s u='°C'>°C</s>");
    for (let at = 0; at <= document.length; at++)
      expect(tokenize(utf8(`<a>${"<s u='°C'>°C</s>"}</a>`), inTwo(at)).tokens).toEqual([
        "<{}a>",
        '<{}s u="°C">',
        '"°C"',
        "</>",
        "</>",
      ]);
  });

  test.each<[string, string]>([
    ["the first of two bytes", "\u0080"],
    ["the last of two bytes", "\u07ff"],
    ["the first of three bytes", "\u0800"],
    ["the last before the surrogates", "\ud7ff"],
    ["the first behind the surrogates", "\ue000"],
    ["the last but two of three bytes", "\ufffd"],
    ["the first of four bytes", "\u{10000}"],
    ["the last of all", "\u{10ffff}"],
  ])("%s", (_name, character) => {
    const text = JSON.stringify(`${character}a${character}${character}`);
    expect(accepted(`<message>${character}a${character}${character}</message>`)).toEqual(
      message(text),
    );
    expect(accepted(`<message><![CDATA[${character}]]></message>`)).toHaveLength(3);
    expect(accepted(`<message a='${character}'/>`)).toHaveLength(2);
  });

  test.each<[string, string]>([
    ["a continuation byte alone", "\x80"],
    ["two bytes, overlong", "\xc0\xaf"],
    ["two bytes, overlong: C1", "\xc1\xbf"],
    ["three bytes, overlong", "\xe0\x9f\xbf"],
    ["four bytes, overlong", "\xf0\x8f\xbf\xbf"],
    ["an overlong '<'", "\xc0\xbc"],
    ["a high surrogate", "\xed\xa0\x80"],
    ["a low surrogate", "\xed\xbf\xbf"],
    ["a pair of surrogates (CESU-8)", "\xed\xa0\xbc\xed\xbc\xa1"],
    ["beyond U+10FFFF", "\xf4\x90\x80\x80"],
    ["a lead byte of more: F5", "\xf5\x80\x80\x80"],
    ["a lead byte of five", "\xf8\x88\x80\x80\x80"],
    ["FE", "\xfe"],
    ["FF", "\xff"],
    ["a sequence that is not ended", "\xe2\x98"],
    ["a sequence that is not ended before another", "\xe2\x98\xc2\xb0"],
    ["a lead byte before ASCII", "\xc2a"],
    ["U+FFFE", "\xef\xbf\xbe"],
    ["U+FFFF", "\xef\xbf\xbf"],
  ])("refused: %s", (_name, bytes) => {
    expect(refused(raw(`<message>${bytes}</message>`))).toBe("not-well-formed");
    expect(refused(raw(`<message><![CDATA[${bytes}]]></message>`))).toBe("not-well-formed");
    expect(refused(raw(`<message a='${bytes}'/>`))).toBe("not-well-formed");
    expect(refused(raw(`<message a='>${bytes}'/>`))).toBe("not-well-formed");
    expect(refused(raw(`<message a${bytes}='1'/>`))).toBe("not-well-formed");
    expect(refused(raw(`<a${bytes}/>`))).toBe("not-well-formed");
  });

  test.each(["\0", "\x01", "\x08", "\x0b", "\x0c", "\x0e", "\x1f"])(
    "pitfall 8: %j is refused",
    (byte) => {
      expect(refused(`<message>${byte}</message>`)).toBe("not-well-formed");
      expect(refused(`<message><![CDATA[${byte}]]></message>`)).toBe("not-well-formed");
      expect(refused(`<message a='${byte}'/>`)).toBe("not-well-formed");
      expect(refused(`<message ${byte}/>`)).toBe("not-well-formed");
      expect(refused(`<message></message${byte}>`)).toBe("not-well-formed");
    },
  );
});

/** Something of everything that may come. */
const EVERYTHING =
  "<?xml version='1.0' encoding='utf-8'?>\r\n" +
  "<s:s xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams' xml:lang='de' version=\"1.0\" >\n" +
  "<s:features><m xmlns='urn:x:sasl'><a>PLAIN</a></m ></s:features> " +
  "<message to='j@example.org/Küche' p:x='&quot;>' xmlns:p='u:&#49;'><body>1 &lt; 2 &amp;&#x1F321; ]] °C\r\n" +
  "<![CDATA[<&]]]]><![CDATA[>]]></body><größe/><p:größe p:ü=''\t/></message>" +
  "<r xmlns='urn:xmpp:sm:3'/>\n</s:s\t>\n";

test("pitfall 2: a document with everything in it, cut in two at every byte", () => {
  const document = utf8(EVERYTHING);
  const expected = [
    '<{http://etherx.jabber.org/streams}s xml:lang="de" version="1.0">',
    "<{http://etherx.jabber.org/streams}features>",
    "<{urn:x:sasl}m>",
    "<{urn:x:sasl}a>",
    '"PLAIN"',
    "</>",
    "</>",
    "</>",
    '<{jabber:client}message to="j@example.org/Küche" {u:1}x="\\">">',
    "<{jabber:client}body>",
    '"1 < 2 &\u{1f321} ]] °C\\n"',
    '"<&]]"',
    '">"',
    "</>",
    "<{jabber:client}größe>",
    "</>",
    '<{u:1}größe {u:1}ü="">',
    "</>",
    "</>",
    "<{urn:xmpp:sm:3}r>",
    "</>",
    "</>",
  ];
  for (let at = 0; at <= document.length; at++)
    expect({ at, ...tokenize(document, inTwo(at)) }).toEqual({ at, tokens: expected, ended: true });
  expect(read(document)).toEqual({ tokens: expected, ended: true });
});

describe("a stream", () => {
  test("pitfall 3: two stanzas and the end of the stream in one read", () => {
    expect(read(`${HEADER}<iq/><message>a</message>${FOOTER}`)).toEqual({
      tokens: [
        "<{http://etherx.jabber.org/streams}stream>",
        "<{jabber:client}iq>",
        "</>",
        ...message('"a"'),
        "</>",
      ],
      ended: true,
    });
  });

  test("pitfall 5: white space between stanzas, which keeps a connection alive, is not told of", () => {
    expect(accepted(" \n<iq/>\t\r\n \n<iq/> ")).toEqual([
      "<{jabber:client}iq>",
      "</>",
      "<{jabber:client}iq>",
      "</>",
    ]);
  });

  test("pitfall 5: white space between stanzas may come without end", () => {
    const limits = { stanzaBytes: 200 };
    expect(accepted(`${" ".repeat(1000)}<iq/>${"\n".repeat(1000)}`, { limits })).toHaveLength(2);
    expect(read(`${" ".repeat(1000)}<a/>${"\n".repeat(1000)}`, { limits }).ended).toBe(true);
  });

  test("pitfall 5: behind <proceed/> a single byte of white space can be told from none", () => {
    const bytes = utf8(`${HEADER}<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\n`);
    const sink = new Recorder();
    const tokenizer = new Tokenizer(sink, LIMITS);
    sink.end = () => tokenizer.stop();
    expect(tokenizer.write(bytes)).toBe(bytes.length - 1);
  });

  test.each<[string, string, string]>([
    ["text before it", `a${HEADER}`, "not-well-formed"],
    ["an end tag before it", FOOTER, "not-well-formed"],
    ["a CDATA section before it", `<![CDATA[]]>${HEADER}`, "not-well-formed"],
    ["text between stanzas", `${HEADER}a<iq/>`, "bad-format"],
    ["a reference between stanzas", `${HEADER}&#32;<iq/>`, "bad-format"],
    ["text behind a stanza", `${HEADER}<iq/>a`, "bad-format"],
    ["pitfall 4: a stanza behind the end", `${HEADER}${FOOTER}<iq/>`, "not-well-formed"],
    ["pitfall 4: text behind the end", `${HEADER}${FOOTER}a`, "not-well-formed"],
    ["another stream behind the end", `${HEADER}${FOOTER}${HEADER}`, "not-well-formed"],
    ["an end tag behind the end", `${HEADER}${FOOTER}${FOOTER}`, "not-well-formed"],
  ])("refused: %s", (_name, document, condition) => {
    expect(read(document).refusal?.condition).toBe(condition);
  });

  test("a stream may be one empty-element tag", () => {
    expect(read("<stream/> \n")).toEqual({ tokens: ["<{}stream>", "</>"], ended: true });
  });
});

describe("stop()", () => {
  const document = utf8(`${HEADER}<a>b<c/>d</a> <e/>${FOOTER}`);

  test.each<[string, keyof Recorder & ("start" | "text" | "end"), string[]]>([
    ["start", "start", [HEADER, "<a>", "b<c/>", "d</a> <e/>"]],
    ["text", "text", [`${HEADER}<a>b<`, "c/>d<"]],
    ["end", "end", [`${HEADER}<a>b<c/>`, "d</a>", " <e/>", FOOTER]],
  ])("called from %s(), has write() return behind the token", (_name, method, consumed) => {
    for (const size of [1, 2, 5, 1000]) {
      const recorder = new Recorder();
      const tokenizer = new Tokenizer(recorder, LIMITS);
      let at = 0;
      const stops: number[] = [];
      const told = recorder[method].bind(recorder) as (...args: unknown[]) => boolean;
      recorder[method] = ((...args: unknown[]) => {
        tokenizer.stop();
        return told(...args);
      }) as never;
      while (at < document.length) {
        const piece = document.subarray(at, at + size);
        const read = tokenizer.write(piece);
        at += read;
        if (read < piece.length) stops.push(at);
      }
      expect(recorder.tokens).toEqual(tokenize(document, whole).tokens);
      if (size < 1000) continue;
      let end = 0;
      const expected = consumed.map((text) => {
        end += text.length;
        return end;
      });
      expect(stops).toEqual(expected.filter((position) => position < document.length));
    }
  });

  test("called before, stops nothing", () => {
    const recorder = new Recorder();
    const tokenizer = new Tokenizer(recorder, LIMITS);
    tokenizer.stop();
    expect(tokenizer.write(document)).toBe(document.length);
  });
});

describe("pitfall 10: limits", () => {
  /** A stanza of so many bytes. */
  const stanza = (bytes: number) => `<a>${"b".repeat(bytes - 7)}</a>`;

  test.each<[string, (bytes: number) => string]>([
    ["text", stanza],
    [
      "many elements",
      (bytes) => `<a>b${"b".repeat(bytes % 4)}${"<c/>".repeat((bytes >> 2) - 2)}</a>`,
    ],
    ["a CDATA section", (bytes) => `<a><![CDATA[${"b".repeat(bytes - 19)}]]></a>`],
    ["an attribute", (bytes) => `<a b='${"c".repeat(bytes - 9)}'/>`],
    ["a namespace", (bytes) => `<a xmlns='${"c".repeat(bytes - 13)}'/>`],
    ["white space in a tag", (bytes) => `<a${" ".repeat(bytes - 4)}/>`],
    ["white space in an end tag", (bytes) => `<a></a${" ".repeat(bytes - 7)}>`],
    ["white space around '='", (bytes) => `<a b${" ".repeat(bytes - 9)}=''/>`],
    [
      "references",
      (bytes) => `<a>${"b".repeat((bytes - 7) % 5)}${"&amp;".repeat(((bytes - 7) / 5) | 0)}</a>`,
    ],
    [
      "characters beyond ASCII",
      (bytes) => `<a>${"b".repeat((bytes - 7) % 2)}${"°".repeat((bytes - 7) >> 1)}</a>`,
    ],
  ])("a stanza may have its bytes and not one more: %s", (_name, make) => {
    const limits = { stanzaBytes: 500, nameBytes: 400 };
    for (const bytes of [499, 500])
      for (const [name, cut] of cuts) {
        const document = utf8(`<s>${make(bytes)}${make(bytes)}</s>`);
        expect(document.length).toBe(7 + 2 * bytes);
        expect({ name, ...tokenize(document, cut, { limits }) }).toMatchObject({ ended: true });
      }
    for (const bytes of [501, 502, 504, 600, 5000])
      expect(read(`<s><a/>${make(bytes)}</s>`, { limits }).refusal?.condition).toBe(
        "policy-violation",
      );
  });

  test("the stream's own start tag is held to the same", () => {
    const limits = { stanzaBytes: 500 };
    const header = (bytes: number) => `<a b='${"c".repeat(bytes - 8)}'>`;
    expect(read(`<?xml version='1.0'?>${header(500)}</a>`, { limits }).ended).toBe(true);
    expect(read(header(501), { limits }).refusal?.condition).toBe("policy-violation");
  });

  test.each<[string, string, (i: number) => string]>([
    ["text", "<a>", () => "b"],
    ["an attribute", "<a b='", () => "c"],
    ["a name", "<", () => "b"],
    ["white space in a tag", "<a ", () => "\n"],
    ["a CDATA section", "<a><![CDATA[", () => "]"],
    ["elements", "<a>", (i) => "<b/>"[i % 4] as string],
    ["a reference", "<a>&#", () => "0"],
    ["what may be a tag", "<a b='", () => ">"],
  ])("they end reading at the first byte beyond: endless %s", (_name, beginning, next) => {
    const stanzaBytes = 700;
    const tokenizer = new Tokenizer(new Recorder(), { ...LIMITS, stanzaBytes });
    tokenizer.write(utf8("<s>"));
    tokenizer.write(utf8(beginning));
    let count = beginning.length;
    const feed = () => {
      for (let i = 0; i < 10_000; i++) {
        tokenizer.write(utf8(next(i)));
        count++;
      }
    };
    expect(feed).toThrow(/^(policy-violation|not-well-formed)/);
    expect(count).toBeLessThanOrEqual(stanzaBytes);
  });

  test("open elements: 24 with the stream's own", () => {
    const nested = (depth: number) => `${"<a>".repeat(depth)}${"</a>".repeat(depth)}`;
    expect(LIMITS.depth).toBe(24);
    expect(read(nested(24)).ended).toBe(true);
    expect(read(nested(25)).refusal).toEqual({
      condition: "policy-violation",
      text: "more than 24 open elements",
    });
    expect(read(nested(20_000)).refusal?.condition).toBe("policy-violation");
  });

  test("elements beside each other do not add up", () => {
    expect(accepted(`<a>${"<b><c/></b>".repeat(100)}</a>`)).toHaveLength(402);
  });

  test("attributes: 24, namespace declarations included", () => {
    const element = (attributes: number, declarations: number) => {
      const list = Array.from({ length: attributes }, (_, i) => ` a${i}=''`);
      const bindings = Array.from({ length: declarations }, (_, i) => ` xmlns:p${i}='u'`);
      return `<a${list.join("")}${bindings.join("")}/>`;
    };
    expect(LIMITS.attributes).toBe(24);
    expect(accepted(element(24, 0))).toHaveLength(2);
    expect(accepted(element(10, 14))).toHaveLength(2);
    expect(refused(element(25, 0))).toBe("policy-violation");
    expect(refused(element(0, 25))).toBe("policy-violation");
    expect(refused(element(24, 1))).toBe("policy-violation");
  });

  test.each<[string, (name: string) => string]>([
    ["an element", (name) => `<${name}/>`],
    ["an attribute", (name) => `<a ${name}=''/>`],
    ["a declaration", (name) => `<a xmlns:${name.slice(6)}='u:1'/>`],
  ])("names: 128 bytes, of %s", (_name, make) => {
    expect(LIMITS.nameBytes).toBe(128);
    expect(accepted(make("n".repeat(128)))).toHaveLength(2);
    expect(refused(make("n".repeat(129)))).toBe("policy-violation");
    expect(accepted(make(`${"n".repeat(126)}é`))).toHaveLength(2);
    expect(refused(make(`${"n".repeat(127)}é`))).toBe("policy-violation");
    expect(refused(make("n".repeat(5000)))).toBe("policy-violation");
  });

  test("names: of an end tag, too", () => {
    expect(refused(`<a></${"n".repeat(129)}>`)).toBe("policy-violation");
  });

  test("what is said of an error is short, whatever the peer has sent", () => {
    const long = "n".repeat(9000);
    for (const content of [
      `<a></${long}>`,
      `<a ${long}='1'/>`,
      `<a xmlns:p='u:${long}' xmlns:q='u:${long}' p:b='' q:b=''/>`.replaceAll(
        long,
        "n".repeat(4000),
      ),
      `<a>&${long};</a>`,
      `<a>&#${"1".repeat(9000)};</a>`,
      `<a xmlns:${long}=''/>`,
    ])
      expect(read(inStream(content)).refusal?.text.length).toBeLessThan(600);
  });
});

describe("elements that are read over", () => {
  const settings: Settings = { isWanted: (name) => name !== "skip" };

  test.each<[string, string, string[]]>([
    [
      "nothing in them is told of",
      "<a>1<skip b='c'>2<d e='f'>3</d>4</skip>5</a>",
      ["<{jabber:client}a>", '"1"', '<{jabber:client}skip b="c">', "</>", '"5"', "</>"],
    ],
    [
      "one after the other",
      "<a><skip>1</skip><skip>2</skip><b>3</b></a>",
      [
        "<{jabber:client}a>",
        "<{jabber:client}skip>",
        "</>",
        "<{jabber:client}skip>",
        "</>",
        "<{jabber:client}b>",
        '"3"',
        "</>",
        "</>",
      ],
    ],
    [
      "one in the other",
      "<a><skip><skip><b/></skip>1</skip>2</a>",
      ["<{jabber:client}a>", "<{jabber:client}skip>", "</>", '"2"', "</>"],
    ],
    [
      "a whole stanza",
      "<skip>1<a/></skip><b/>",
      ["<{jabber:client}skip>", "</>", "<{jabber:client}b>", "</>"],
    ],
    [
      "an empty one",
      "<a><skip/>1</a>",
      ["<{jabber:client}a>", "<{jabber:client}skip>", "</>", '"1"', "</>"],
    ],
    [
      "CDATA sections, references and all characters",
      "<a><skip>&amp;°<![CDATA[]]]]>&#65;]]<b c='&lt;\r\n°'/>\r</skip>&gt;</a>",
      ["<{jabber:client}a>", "<{jabber:client}skip>", "</>", '">"', "</>"],
    ],
    [
      "namespaces that are declared inside",
      "<a><skip xmlns:p='u:1'><p:b xmlns:q='u:&#50;' q:c=''><q:d/></p:b></skip></a>",
      ["<{jabber:client}a>", "<{jabber:client}skip>", "</>", "</>"],
    ],
  ])("%s", (_name, content, tokens) => {
    expect(accepted(content, settings)).toEqual(tokens);
  });

  test.each<[string, string, string]>([
    ["an end tag of another element", "<b></c>", "not-well-formed"],
    ["a prefix that is bound to nothing", "<p:b/>", "bad-namespace-prefix"],
    ["an attribute's prefix that is bound to nothing", "<b p:c=''/>", "bad-namespace-prefix"],
    ["the same attribute twice", "<b c='1' c='2'/>", "not-well-formed"],
    [
      "the same attribute by two prefixes",
      "<b xmlns:p='u:1' xmlns:q='u:1' p:c='' q:c=''/>",
      "not-well-formed",
    ],
    ["a '<' in an attribute", "<b c='<'/>", "not-well-formed"],
    ["an entity nobody has declared", "a&nbsp;b", "restricted-xml"],
    ["an entity in an attribute", "<b c='&nbsp;'/>", "restricted-xml"],
    ["a reference to U+0000", "&#0;", "not-well-formed"],
    ["an '&' alone", "a & b", "not-well-formed"],
    ["an '&' before another", "&&amp;", "not-well-formed"],
    ["an '&' at the end", "&", "not-well-formed"],
    ["no ';' for long", `&${"a".repeat(100)};`, "not-well-formed"],
    ["']]>' in text", "]]>", "not-well-formed"],
    ["a control character", "\u0001", "not-well-formed"],
    ["a control character in an attribute", "<b c='\u0001'/>", "not-well-formed"],
    ["a control character in a CDATA section", "<![CDATA[\u0001]]>", "not-well-formed"],
    ["a comment", "<!-- -->", "restricted-xml"],
    ["a processing instruction", "<?a?>", "restricted-xml"],
  ])("are checked all the same: %s", (_name, content, condition) => {
    expect(refused(`<a><skip>${content}</skip></a>`, settings)).toBe(condition);
  });

  test("are checked all the same: bytes that are not UTF-8", () => {
    for (const bytes of ["\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x98"])
      for (const content of [bytes, `<![CDATA[${bytes}]]>`, `<b c='${bytes}'/>`])
        expect(refused(raw(`<a><skip>${content}</skip></a>`), settings)).toBe("not-well-formed");
  });

  test("have a limit of their own", () => {
    const limits = { stanzaBytes: 500, skippedBytes: 2000 };
    const content = (kept: number, ...skipped: number[]) =>
      `<s><a>${"k".repeat(kept - 7 - 6 * skipped.length)}${skipped
        .map((bytes) => `<skip>${"t".repeat(bytes - 7)}</skip>`)
        .join("")}</a></s>`;
    const outcome = (kept: number, ...skipped: number[]) =>
      read(content(kept, ...skipped), { ...settings, limits }).refusal?.condition;
    expect(outcome(500, 2000)).toBeUndefined();
    expect(outcome(500, 1000, 1000)).toBeUndefined();
    expect(outcome(100, 2001)).toBe("policy-violation");
    expect(outcome(100, 1000, 1001)).toBe("policy-violation");
    expect(outcome(501, 100)).toBe("policy-violation");
  });

  test("count markup as they count text", () => {
    const limits = { stanzaBytes: 500, skippedBytes: 2000 };
    const parts = ["<b>", "<![CDATA[", "]]>", "</b>", "&amp;", "<c d='e'/>"].join("");
    const content = (count: number) => `<s><a><skip>${parts.repeat(count)}</skip></a></s>`;
    const most = Math.floor((2000 - "</skip>".length) / parts.length);
    expect(read(content(most), { ...settings, limits }).ended).toBe(true);
    expect(read(content(most + 1), { ...settings, limits }).refusal?.condition).toBe(
      "policy-violation",
    );
  });

  test("begin anew with the next stanza", () => {
    const limits = { stanzaBytes: 500, skippedBytes: 2000 };
    const stanza = `<a><skip>${"t".repeat(1900)}</skip>${"k".repeat(400)}</a>`;
    expect(read(`<s>${stanza.repeat(4)}</s>`, { ...settings, limits }).ended).toBe(true);
  });
});

describe("a stanza that is too big", () => {
  const settings = { limits: { stanzaBytes: 500, skippedBytes: 2000 }, mayAbandon: true };
  const next = ["<{jabber:client}b>", '"1"', "</>"];

  test.each<[string, string]>([
    ["by its text", "t".repeat(900)],
    ["by text that is not ASCII", "°€😀".repeat(90)],
    ["by its elements", "<c d='e'>f</c>".repeat(60)],
    ["by empty elements", "<c/>".repeat(200)],
    ["by a CDATA section", `<![CDATA[${"]]<&".repeat(200)}]]>`],
    ["by CDATA sections", "<![CDATA[a]]>".repeat(60)],
    ["by references", "&amp;&#65;".repeat(80)],
    ["by a long tag behind others", `${"t".repeat(300)}<c d='${"/>".repeat(200)}'>f</c>`],
    ["by an empty element with a long tag", `${"t".repeat(300)}<c d="${"'>".repeat(150)}"/>`],
    ["by elements deep inside", `${"<c>".repeat(20)}${"t".repeat(600)}${"</c>".repeat(20)}`],
    ["by names with prefixes", `<p:c xmlns:p='u:1'>${"<p:d p:e=''/>".repeat(50)}</p:c>`],
  ])("%s is read over to its end, and the next one is read", (_name, content) => {
    // Wherever the limit is met.
    for (let padding = 0; padding < 20; padding++) {
      const stanza = `<a f='${"x".repeat(padding)}'>${content}</a>`;
      expect(accepted(`${stanza}<b>1</b>`, settings)).toEqual(["abandoned", "</>", ...next]);
    }
  });

  test.each<[string, string, string]>([
    ["an end tag of another element", `${"t".repeat(600)}</c>`, "not-well-formed"],
    ["an end tag of another element deep inside", `<c>${"t".repeat(600)}</d>`, "not-well-formed"],
    ["a control character", `${"t".repeat(600)}\u0001`, "not-well-formed"],
    ["a comment", `${"t".repeat(600)}<!-- -->`, "restricted-xml"],
    ["a tag that is too long by itself", `<c d='${"e".repeat(600)}'/>`, "policy-violation"],
    ["more than may be read over", "t".repeat(2600), "policy-violation"],
    ["more than may be read over, in elements", "<c/>".repeat(700), "policy-violation"],
  ])("ends the stream all the same for %s", (_name, content, condition) => {
    expect(refused(`<a>${content}</a>`, settings)).toBe(condition);
  });

  test.each([
    ["elements", "<c/>", 4 + 96],
    ["elements with an attribute", "<c d=''/>", 9 + 96],
    ["elements with attributes", "<c d='' e='' f='' g=''/>", 24 + 3 * 96],
    ["what is in elements", "<c><d/></c>", 11 + 2 * 96],
  ])("is so by %s, where these count for more than their bytes", (_name, content, cost) => {
    const counted = { ...settings, limits: { ...settings.limits, elementBytes: 96 } };
    const isAbandoned = (times: number) =>
      accepted(`<a>${content.repeat(times)}</a>`, counted).includes("abandoned");
    const most = Math.floor((500 - 96 - "<a></a>".length) / cost); // the stanza itself is an element, too
    expect([isAbandoned(most), isAbandoned(most + 1)]).toEqual([false, true]);
  });

  test("is no bound for what comes behind: each begins anew", () => {
    const stanza = `<a>${"t".repeat(2400)}</a><b>1</b>`;
    expect(accepted(stanza.repeat(3), settings)).toEqual(
      Array.from({ length: 3 }, () => ["abandoned", "</>", ...next]).flat(),
    );
  });

  test("with a part that is read over in any case: both have one bound", () => {
    const skipping = { ...settings, isWanted: (name: string) => name !== "skip" };
    const content = (skipped: number) =>
      `<a><skip>${"s".repeat(skipped)}</skip>${"t".repeat(900)}</a><b>1</b>`;
    expect(accepted(content(1400), skipping)).toEqual(["abandoned", "</>", ...next]);
    expect(refused(content(1900), skipping)).toBe("policy-violation");
  });

  test("as the stream's own start tag, and as the first tag of a stanza, ends the stream", () => {
    expect(read(`<s a='${"b".repeat(600)}'>`, settings).refusal?.condition).toBe(
      "policy-violation",
    );
    expect(refused(`<a b='${"c".repeat(600)}'/>`, settings)).toBe("policy-violation");
  });
});
