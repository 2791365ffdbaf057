/**
 * Our tokenizer and its peers. All are given the same bytes and made to tell the same of them: local name,
 * namespace, attributes (names and values in turn), text and end. What a peer leaves to its user, such as
 * decoding UTF-8 or resolving prefixes, is done here, as a client would have to.
 *
 * A parser is a function that takes a sink and returns one that takes the bytes of one stream, in pieces.
 */

import { StringDecoder } from "node:string_decoder";
import { Element as LtxElement } from "ltx";
import LtxParser from "ltx/src/parsers/ltx.js";
import sax from "sax";
import { SaxesParser } from "saxes";
import { ElementBuilder } from "../../build/firmware/xmpp/xml/builder.js";
import { LIMITS } from "../../build/firmware/xmpp/xml/limits.js";
import { Names } from "../../build/firmware/xmpp/xml/names.js";
import { Tokenizer } from "../../build/firmware/xmpp/xml/tokenizer.js";

const NS_XML = "http://www.w3.org/XML/1998/namespace";

/** Shared among the streams, as in a process with many. */
const names = new Names();

export function pipit(sink) {
  const tokenizer = new Tokenizer(sink, LIMITS, names);
  return (bytes) => tokenizer.write(bytes);
}

/** Strict in well-formedness; resolves namespaces. */
export function saxes(sink) {
  const parser = new SaxesParser({ xmlns: true });
  parser.on("opentag", ({ local, uri, attributes }) => {
    sink.start(local, uri, listOf(attributes));
  });
  parser.on("text", (text) => sink.text(text));
  parser.on("closetag", () => sink.end());
  return decoding((text) => parser.write(text));
}

/** The same for sax, from which saxes descends. */
export function saxJs(sink) {
  const parser = sax.parser(true, { xmlns: true });
  parser.onopentag = ({ local, uri, attributes }) => sink.start(local, uri, listOf(attributes));
  parser.ontext = (text) => sink.text(text);
  parser.onclosetag = () => sink.end();
  return decoding((text) => parser.write(text));
}

/** The parser of xmpp.js. It checks next to nothing and leaves prefixes alone. */
export function ltx(sink) {
  const parser = new LtxParser();
  const scopes = new Scopes(sink);
  parser.on("startElement", (name, attributes) => scopes.start(name, attributes));
  parser.on("text", (text) => sink.text(text));
  parser.on("endElement", () => scopes.end());
  return decoding((text) => parser.write(text));
}

/** ltx as it is: the namespaces are missing, and the attributes are an object. */
export function ltxBare(sink) {
  const parser = new LtxParser();
  parser.on("startElement", (name, attributes) => sink.start(name, "", attributes));
  parser.on("text", (text) => sink.text(text));
  parser.on("endElement", () => sink.end());
  return decoding((text) => parser.write(text));
}

/** The bindings of libexpat, which is in C. `undefined` where the package could not be compiled. */
export const expat = await import("node-expat").then(
  ({ default: { Parser } }) =>
    (sink) => {
      const parser = new Parser("UTF-8");
      const scopes = new Scopes(sink);
      parser.on("startElement", (name, attributes) => scopes.start(name, attributes));
      parser.on("text", (text) => sink.text(text));
      parser.on("endElement", () => scopes.end());
      return (bytes) => parser.write(Buffer.from(bytes.buffer));
    },
  () => undefined,
);

/** Ours again, building elements. The sink gets whole stanzas. */
export function pipitElements(sink) {
  const events = { onHeader() {}, onElement: (stanza) => sink.stanza(stanza), onEnd() {} };
  return pipit(new ElementBuilder(events, () => true));
}

/** ltx building its own elements, as xmpp.js has it do. */
export function ltxElements(sink) {
  const parser = new LtxParser();
  let open;
  let header;
  parser.on("startElement", (name, attributes) => {
    const element = new LtxElement(name, attributes);
    if (header === undefined) header = element;
    else open = open === undefined ? element : open.cnode(element);
  });
  parser.on("text", (text) => open?.t(text));
  parser.on("endElement", () => {
    if (open === undefined) return;
    const { parent } = open;
    if (parent === null) sink.stanza(open);
    open = parent ?? undefined;
  });
  return decoding((text) => parser.write(text));
}

/** Gives a parser of strings the bytes it needs, a character that is cut in two not before it is whole. */
function decoding(write) {
  const decoder = new StringDecoder("utf8");
  return (bytes) => write(decoder.write(bytes));
}

/** What saxes and sax tell of attributes, as a list. */
function listOf(attributes) {
  const list = [];
  for (const key in attributes) {
    const { prefix, local, uri, value } = attributes[key];
    if (uri === "" || prefix === "xml") list.push(key, value);
    else if (prefix !== "xmlns" && key !== "xmlns") list.push(`{${uri}}${local}`, value);
  }
  return list;
}

/** Resolves prefixes for parsers that do not. */
class Scopes {
  #sink;
  #prefixes = ["xml"];
  #namespaces = [NS_XML];
  /** How many bindings there were outside of each open element. */
  #marks = [];

  constructor(sink) {
    this.#sink = sink;
  }

  start(tag, attributes) {
    this.#marks.push(this.#prefixes.length);
    const list = [];
    for (const key in attributes) {
      const colon = key.indexOf(":");
      if (key === "xmlns") this.#bind("", attributes[key]);
      else if (colon < 0) list.push(key, attributes[key]);
      else if (key.startsWith("xmlns:")) this.#bind(key.slice(6), attributes[key]);
      else list.push(key, attributes[key]);
    }
    for (let i = 0; i < list.length; i += 2) {
      const colon = list[i].indexOf(":");
      if (colon < 0 || list[i].startsWith("xml:")) continue;
      list[i] = `{${this.#resolve(list[i].slice(0, colon))}}${list[i].slice(colon + 1)}`;
    }
    const colon = tag.indexOf(":");
    const namespace = this.#resolve(colon < 0 ? "" : tag.slice(0, colon));
    this.#sink.start(colon < 0 ? tag : tag.slice(colon + 1), namespace, list);
  }

  end() {
    this.#prefixes.length = this.#namespaces.length = this.#marks.pop();
    this.#sink.end();
  }

  #bind(prefix, namespace) {
    this.#prefixes.push(prefix);
    this.#namespaces.push(namespace);
  }

  #resolve(prefix) {
    return this.#namespaces[this.#prefixes.lastIndexOf(prefix)] ?? "";
  }
}
