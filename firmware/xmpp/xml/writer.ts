/**
 * Elements to bytes, in two steps, because a microcontroller's stack is not deep: into pieces of text, and these
 * into bytes. The pieces are not put together before: XS would copy what there is each time that something is
 * added, and collect garbage for it.
 */

import { ConfigError } from "../errors.js";
import { NS_STREAM } from "../namespaces.js";
import { decode, encode } from "../utf8.js";
import type { Element, Node } from "./element.js";

/**
 * Writes an element as text.
 * @param namespace the default namespace in force where it will stand: it is declared only where it changes.
 *   Elements of the stream namespace get the prefix `stream`, which every stream header declares.
 */
export function write(element: Element, namespace: string): string {
  return decode(writeBytes(element, namespace, Number.POSITIVE_INFINITY));
}

/**
 * Writes an element as bytes.
 * @throws ConfigError `stanza-too-big` when they are more than `limit`
 */
export function writeBytes(element: Element, namespace: string, limit: number): Uint8Array {
  const { markup, texts, areValues } = new Pieces(element, namespace);
  const output = new Output(limit);
  for (let i = 0; i < markup.length; i++) {
    output.markup(markup[i] as string);
    if (i < texts.length) output.escaped(texts[i] as string, areValues[i] as boolean);
  }
  if (output.length > limit)
    throw new ConfigError(
      "stanza-too-big",
      `<${element.name}/> takes ${output.length} bytes of at most ${limit}`,
    );
  return output.bytes;
}

/** Escapes text for an attribute value. */
export function escapeAttribute(text: string): string {
  const output = new Output(Number.POSITIVE_INFINITY);
  output.escaped(text, true);
  return decode(output.bytes);
}

/** The last of the characters in ASCII that may not stand as they are, and the first byte of two others. */
const GT = 0x3e;
const NONCHARACTER = 0xef;

/** An element whose start tag is written. */
interface Open {
  readonly name: string;
  /** The default namespace inside. */
  readonly namespace: string;
  readonly children: readonly Node[];
  /** How many of the children are written, or begun. */
  written: number;
}

/** An element in pieces: markup, and behind each but the last piece of it a text that is yet to be escaped. */
class Pieces {
  readonly markup: string[] = [""];
  readonly texts: string[] = [];
  /** Whether these texts are values of attributes. */
  readonly areValues: boolean[] = [];

  /** Does without recursion: a microcontroller's stack is not deep. */
  constructor(element: Element, namespace: string) {
    const open = [this.#start(element, namespace)];
    while (open.length > 0) {
      const parent = open[open.length - 1] as Open;
      const child = parent.children[parent.written++];
      if (typeof child === "string") {
        this.#text(child, false);
      } else if (child !== undefined) {
        open.push(this.#start(child, parent.namespace));
      } else {
        open.pop();
        if (parent.written > 1) this.#markup(`</${parent.name}>`);
      }
    }
  }

  /** Writes the start tag, or all of an element without children. */
  #start(element: Element, namespace: string): Open {
    const { children } = element;
    const isPrefixed = element.namespace === NS_STREAM;
    const name = isPrefixed ? `stream:${element.name}` : element.name;
    const inside = isPrefixed ? namespace : element.namespace;
    this.#markup(`<${name}`);
    if (inside !== namespace) this.#attribute("xmlns", inside);
    const { attributes } = element;
    for (let i = 0; i < attributes.length; i += 2) {
      const name = attributes[i] as string;
      const brace = name.indexOf("}") + 1; // behind its namespace, if it has one
      if (brace > 0) this.#attribute(`xmlns:a${i}`, name.slice(1, brace - 1));
      const written = brace > 0 ? `a${i}:${name.slice(brace)}` : name;
      this.#attribute(written, attributes[i + 1] as string);
    }
    this.#markup(children.length === 0 ? "/>" : ">");
    return { name, namespace: inside, children, written: 0 };
  }

  #attribute(name: string, value: string): void {
    this.#markup(` ${name}='`);
    this.#text(value, true);
    this.#markup("'");
  }

  #text(text: string, isValue: boolean): void {
    this.texts.push(text);
    this.areValues.push(isValue);
    this.markup.push("");
  }

  #markup(text: string): void {
    this.markup[this.texts.length] += text;
  }
}

/** Room for what is written, at first. */
const ROOM = 256;

class Output {
  /** The number of bytes, those beyond the limit included. */
  length = 0;
  readonly #limit: number;
  #bytes = new Uint8Array(ROOM);

  /** @param limit bytes to keep room for; those beyond it are only counted */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  markup(text: string): void {
    this.#append(encode(text));
  }

  /** Writes text with entities in it where characters have one. Those that XML cannot hold are dropped. */
  escaped(text: string, isValue: boolean): void {
    const bytes = encode(text);
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte > GT && byte !== NONCHARACTER) continue;
      const entity = entityOf(byte, isValue);
      const width = entity === undefined ? forbidden(bytes, at) : 1;
      if (width === 0) continue;
      this.#append(bytes.subarray(from, at));
      if (entity !== undefined) this.markup(entity);
      from = at + width;
    }
    this.#append(from === 0 ? bytes : bytes.subarray(from));
  }

  #append(bytes: Uint8Array): void {
    const end = this.length + bytes.length;
    if (end > this.#bytes.length && end <= this.#limit) this.#grow(end);
    if (end <= this.#bytes.length) this.#bytes.set(bytes, this.length);
    this.length = end;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}

/** What stands for a character. Line ends, and tabs in an attribute value, would be read as something else. */
function entityOf(byte: number, isValue: boolean): string | undefined {
  switch (byte) {
    case 0x09:
      return isValue ? "&#9;" : undefined;
    case 0x0a:
      return isValue ? "&#10;" : undefined;
    case 0x0d:
      return "&#13;";
    case 0x22:
      return "&quot;";
    case 0x26:
      return "&amp;";
    case 0x27:
      return "&apos;";
    case 0x3c:
      return "&lt;";
    case GT:
      return "&gt;";
    default:
      return undefined;
  }
}

/**
 * How many bytes of a character begin at `at` that XML cannot hold (production 2), or 0. They come from sensors and
 * device names, and a single one would end the stream.
 */
function forbidden(bytes: Uint8Array, at: number): number {
  const byte = bytes[at] as number;
  if (byte < 0x20) return byte === 0x9 || byte === 0xa ? 0 : 1;
  // U+FFFE and U+FFFF
  const isNoncharacter =
    byte === NONCHARACTER && bytes[at + 1] === 0xbf && (bytes[at + 2] as number) > 0xbd;
  return isNoncharacter ? 3 : 0;
}
