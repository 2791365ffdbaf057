/** What a tokenizer makes of bytes, in a form to compare, and the ways to cut input into pieces. */

import { StreamError } from "../../../firmware/xmpp/errors.js";
import { LIMITS, type Limits } from "../../../firmware/xmpp/xml/limits.js";
import { Tokenizer, type TokenSink } from "../../../firmware/xmpp/xml/tokenizer.js";
import type { Seeded } from "../../support/random.js";

/** The header of a stream as clients get it, and its end. */
export const HEADER =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
export const FOOTER = "</stream:stream>";

/** Bytes from text in UTF-8. */
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes written one by one: the characters from U+0000 to U+00FF stand for one each. */
export const raw = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

/** How a document is handed over. */
export type Cut = (bytes: Uint8Array) => Iterable<Uint8Array>;

export const whole: Cut = (bytes) => [bytes];

/** Pieces of the same size. */
export function pieces(size: number): Cut {
  return function* (bytes) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
}

export const byteByByte = pieces(1);

/** Pieces of random sizes, most of them small, some empty. */
export function atRandom({ int }: Seeded): Cut {
  return function* (bytes) {
    for (let at = 0; at < bytes.length; ) {
      const end = at + int(2 + int(30));
      yield bytes.subarray(at, end);
      at = end;
    }
  };
}

/** Two pieces. */
export const inTwo =
  (at: number): Cut =>
  (bytes) => [bytes.subarray(0, at), bytes.subarray(at)];

export interface Outcome {
  /** `<{namespace}name attribute="value">`, texts in quotes, and `</>`. */
  tokens: string[];
  /** The condition and text of the error with which it was refused. */
  refusal?: { condition: string; text: string };
  /** Whether the stream's own element has ended. */
  ended: boolean;
}

/** A sink that writes down what it is told. */
export class Recorder implements TokenSink {
  readonly tokens: string[] = [];
  depth = 0;
  /** How many tokens there were when the present stanza began. */
  #before = 0;
  readonly #isWanted: (name: string) => boolean;
  readonly #mayAbandon: boolean;

  constructor(isWanted: (name: string) => boolean = () => true, mayAbandon = false) {
    this.#isWanted = isWanted;
    this.#mayAbandon = mayAbandon;
  }

  start(name: string, namespace: string, attributes: readonly string[]): boolean {
    if (this.depth++ === 1) this.#before = this.tokens.length;
    let token = `<{${namespace}}${name}`;
    for (let i = 0; i < attributes.length; i += 2)
      token += ` ${attributes[i]}=${JSON.stringify(attributes[i + 1])}`;
    this.tokens.push(`${token}>`);
    return this.#isWanted(name);
  }

  text(text: string): void {
    this.tokens.push(JSON.stringify(text));
  }

  end(): void {
    this.depth--;
    this.tokens.push("</>");
  }

  abandon(): boolean {
    if (!this.#mayAbandon) return false;
    this.tokens.length = this.#before;
    this.tokens.push("abandoned");
    this.depth = 2;
    return true;
  }
}

export interface Settings {
  limits?: Partial<Limits>;
  /** Says of elements by their names whether what is in them is wanted. */
  isWanted?: (name: string) => boolean;
  /** Whether a stanza that is too big is read over. */
  mayAbandon?: boolean;
}

/** Has a new tokenizer read a document. */
export function tokenize(document: Uint8Array, cut: Cut, settings: Settings = {}): Outcome {
  const recorder = new Recorder(settings.isWanted, settings.mayAbandon);
  const tokenizer = new Tokenizer(recorder, { ...LIMITS, ...settings.limits });
  const { tokens } = recorder;
  try {
    for (const piece of cut(document)) {
      // What is read must not depend on the caller leaving the piece as it is.
      const bytes = piece.slice();
      tokenizer.write(bytes);
      bytes.fill(0xff);
    }
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    const { condition, text } = error;
    return { tokens, refusal: { condition, text }, ended: false };
  }
  return { tokens, ended: tokens.length > 0 && recorder.depth === 0 };
}
