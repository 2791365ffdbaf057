/** Elements to bytes. */

import { ConfigError } from "../errors.js";
import { NS_STREAM } from "../namespaces.js";
import { encode } from "../utf8.js";
import { isCharacter } from "./characters.js";
import type { Element } from "./element.js";

/**
 * Writes an element as text.
 * @param namespace the default namespace in force where it will stand: it is declared only where it changes.
 *   Elements of the stream namespace get the prefix `stream`, which every stream header declares.
 */
export function write(element: Element, namespace: string): string {
  const prefixed = element.namespace === NS_STREAM;
  const name = prefixed ? `stream:${element.name}` : element.name;
  const inside = prefixed ? namespace : element.namespace;
  let text = `<${name}`;
  if (inside !== namespace) text += ` xmlns='${escapeAttribute(inside)}'`;
  text += writeAttributes(element.attributes);
  if (element.children.length === 0) return `${text}/>`;
  text += ">";
  for (const child of element.children)
    text += typeof child === "string" ? escapeText(child) : write(child, inside);
  return `${text}</${name}>`;
}

function writeAttributes(attributes: readonly string[]): string {
  let text = "";
  for (let i = 0; i < attributes.length; i += 2) {
    const name = attributes[i] as string;
    const value = escapeAttribute(attributes[i + 1] as string);
    if (name.startsWith("{")) {
      const brace = name.indexOf("}");
      const prefix = `a${i / 2}`;
      text += ` xmlns:${prefix}='${escapeAttribute(name.slice(1, brace))}'`;
      text += ` ${prefix}:${name.slice(brace + 1)}='${value}'`;
    } else {
      text += ` ${name}='${value}'`;
    }
  }
  return text;
}

/**
 * Writes an element as bytes.
 * @throws ConfigError `stanza-too-big` when they are more than `limit`
 */
export function writeBytes(element: Element, namespace: string, limit: number): Uint8Array {
  const bytes = encode(write(element, namespace));
  if (bytes.length > limit)
    throw new ConfigError(
      "stanza-too-big",
      `<${element.name}/> takes ${bytes.length} bytes of at most ${limit}`,
    );
  return bytes;
}

const ENTITIES: Readonly<Record<string, string>> = Object.freeze({
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  "'": "&apos;",
  '"': "&quot;",
});

/** Whether all of the text may stand as it is: most text does, and a regular expression sees it fast. */
const PLAIN = /^[\t\n\x20-\x25\x28-\x3b=?-\x7e\xa0-\ud7ff]*$/;

/**
 * Escapes text for content. Characters that XML cannot hold are dropped: they come from sensors and device
 * names, and a single one would end the stream.
 */
export function escapeText(text: string): string {
  if (PLAIN.test(text)) return text;
  let escaped = "";
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point === 0xd) escaped += "&#13;";
    else if (isCharacter(point)) escaped += ENTITIES[character] ?? character;
  }
  return escaped;
}

/** Escapes text for an attribute value, where tabs and line ends would be read as spaces. */
export function escapeAttribute(text: string): string {
  return escapeText(text).replace(/[\t\n]/g, (space) => (space === "\t" ? "&#9;" : "&#10;"));
}
