/**
 * XML from bytes: a tokenizer for the profile that RFC 6120 section 11 leaves of XML 1.0 (5th edition)
 * and Namespaces in XML 1.0 (3rd edition).
 *
 * Input may be cut at any byte. A tag or a run of character data that lies within one piece of input is
 * read where it lies. One that the end of a piece cuts is carried over, and read when it is whole. So the
 * work is linear in the input, and the memory is that of one tag or run and of the open elements' names.
 */

import { StreamError } from "../errors.js";
import { decode, decodeASCII } from "../utf8.js";
import { isNameByte, isNameStartByte, isNCName, MultibyteCheck } from "./characters.js";
import { checkDeclaration, DECLARATION_BYTES } from "./declaration.js";
import type { Limits } from "./limits.js";
import { isSpelled, Names } from "./names.js";
import { characterOf, notReference, type Place, REFERENCE_BYTES, resolve } from "./references.js";
import { excess, malformed, restricted } from "./refusals.js";
import { Scopes } from "./scopes.js";

/** What the tokenizer tells of. The stream's own element is the first to start and the last to end. */
export interface TokenSink {
  /**
   * An element starts.
   * @param attributes names and values in turn, as {@link Element} takes them
   * @returns `false` to have everything inside it read over: well-formedness is checked all the same, but
   *   nothing is kept or told of it but its end
   */
  start(name: string, namespace: string, attributes: string[]): boolean;
  /** A run of character data inside a stanza. */
  text(text: string): void;
  end(): void;
  /**
   * The stanza under way is too big. What was told of it is to be dropped; the rest is read over, so that nothing
   * more is told of it but its end.
   * @returns `false` where the stream has to end instead
   */
  abandon(): boolean;
}

/** What comes next. In the first three, white space may go on without bound. */
const PROLOG = 0; // the stream's own element
const BETWEEN = 1; // a stanza, or the end of the stream
const EPILOG = 2; // nothing
const MARKUP = 3; // what "<" begins
const CDATA_START = 4; // the rest of "<![CDATA["
/** In these, what has been read is needed until there is more of it. */
const TEXT = 5; // more character data in a stanza, or the end of it
const CDATA = 6; // more of a CDATA section
const TAG = 7; // the rest of a tag that the input has cut
const REFERENCE = 8; // the rest of a reference in text that is read over
const DECLARATION = 9; // the rest of "<?xml … ?>"

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const BANG = 0x21;
const QUOT = 0x22;
const AMP = 0x26;
const APOS = 0x27;
const SLASH = 0x2f;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const LT = 0x3c;
const EQ = 0x3d;
const GT = 0x3e;
const QUESTION = 0x3f;
const BRACKET = 0x5d;
const DELETE = 0x7f;

const CDATA_OPENING = "[CDATA[";

/** In place of a position behind something: it goes on in the next piece of input. */
const CUT = -1;

/** Room for what is carried over: at first, and at most between stanzas. */
const CARRY_BYTES = 256;

export class Tokenizer {
  readonly #sink: TokenSink;
  readonly #limits: Limits;
  readonly #names: Names;
  /** The names of the open elements, as written. */
  readonly #open: string[] = [];
  readonly #scopes = new Scopes();
  readonly #multibyte = new MultibyteCheck();

  #state = PROLOG;
  #stopped = false;
  /** Whether no byte has come yet, so that an XML declaration may stand here. */
  #fresh = true;

  /** What is being read: the bytes that were carried over, and the present input from `#from` on. */
  #carry = new Uint8Array(0);
  #carried = 0;
  #from = 0;
  /** Whether it is ASCII, and whether all of it stands for itself. */
  #ascii = true;
  #plain = true;

  /** How many elements were open when reading over began, the one read over included; or 0. */
  #skipDepth = 0;
  /** Whether what comes next is read over. */
  #skipping = false;
  /**
   * Of a stanza, the bytes that are kept and those that are read over are counted apart, for each has its
   * limit. `#origin` is where the count that runs now would be 0, and `#other` is what the other stands at.
   */
  #origin = 0;
  #other = 0;

  /** How much of CDATA_OPENING has come. */
  #matched = 0;
  /** How many "]" came in a row, and the position behind them. */
  #brackets = 0;
  #bracketsEnd = -1;
  /** A position where there is a ">". Behind the last one in the input, no tag can end. */
  #lastEnd = -1;
  /** In a tag that was cut: the quote that ends the attribute value, or 0 outside of values. */
  #quote = 0;
  /** The position behind the name that was read last, and whether there is a prefix in it. */
  #nameEnd = 0;
  #prefixed = false;

  constructor(sink: TokenSink, limits: Limits, names: Names = new Names()) {
    this.#sink = sink;
    this.#limits = limits;
    this.#names = names;
  }

  /** Makes `write` return behind the tag or text that is being told of; called from a sink. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Reads bytes.
   * @returns how many were read: all of them, unless a sink called `stop()`
   * @throws StreamError for what RFC 6120 or XML forbids, and at every limit; the tokenizer is of no use
   *   after that
   */
  write(input: Uint8Array): number {
    this.#stopped = false;
    this.#lastEnd = input.lastIndexOf(GT);
    let at = 0;
    while (at < input.length && !this.#stopped) {
      const end = this.#bound(input.length);
      if (at >= end) {
        this.#abandon(at);
        continue;
      }
      at = this.#multibyte.pending
        ? this.#multibyte.read(input, at, end)
        : this.#read(input, at, end);
    }
    this.#suspend(input, at);
    return at;
  }

  /** Where reading must end: with the input, or where it would go beyond a limit. */
  #bound(length: number): number {
    if (this.#state <= EPILOG) return length;
    const bound = Math.min(length, this.#origin + this.#allowed());
    return this.#state === TAG
      ? Math.min(bound, this.#tagBound(this.#from - this.#carried))
      : bound;
  }

  /**
   * A stanza that is too big to be kept is read over from `at` on. Its first tag cannot be done without, and a tag
   * has to be whole.
   * @throws StreamError where that cannot be
   */
  #abandon(at: number): void {
    const isTag = this.#state === TAG && at >= this.#tagBound(this.#from - this.#carried);
    if (isTag || this.#skipping || this.#open.length < 2 || !this.#sink.abandon())
      throw excess("bytes in a stanza", this.#allowed());
    this.#skipDepth = 2;
    this.#countApart(at);
  }

  #allowed(): number {
    return this.#skipping ? this.#limits.skippedBytes : this.#limits.stanzaBytes;
  }

  /** Where a tag must end: it is kept until it is read, even where all else is read over. */
  #tagBound(start: number): number {
    return start + this.#limits.stanzaBytes;
  }

  /** The input ends here, or reading stops. */
  #suspend(input: Uint8Array, at: number): void {
    const needed = this.#skipping ? this.#state > CDATA : this.#state >= TEXT;
    if (needed) this.#carryOver(input, at);
    this.#from = 0;
    this.#origin -= at;
    this.#bracketsEnd -= at;
  }

  #begin(at: number): void {
    this.#carried = 0;
    this.#from = at;
    this.#ascii = true;
    this.#plain = true;
  }

  #carryOver(input: Uint8Array, at: number): void {
    if (at <= this.#from) return;
    const needed = this.#carried + at - this.#from;
    if (needed > this.#carry.length) {
      const room = Math.min(this.#carry.length * 2, this.#limits.stanzaBytes);
      const grown = new Uint8Array(Math.max(needed, CARRY_BYTES, room));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(input.subarray(this.#from, at), this.#carried);
    this.#carried = needed;
    this.#from = at;
  }

  /** Reads on from `at`, where there is a byte, and returns the position behind what was read. */
  #read(input: Uint8Array, at: number, end: number): number {
    switch (this.#state) {
      case TEXT:
        return this.#readText(input, at, end);
      case TAG:
        return this.#readCutTag(input, at, end);
      case MARKUP:
        return this.#readMarkup(input, at, end);
      case CDATA:
        return this.#readCDATA(input, at, end);
      default:
        this.#readByte(input, at);
        return at + 1;
    }
  }

  /** The states in which every byte is looked at by itself. */
  #readByte(input: Uint8Array, at: number): void {
    switch (this.#state) {
      case CDATA_START:
        return this.#readCDATAStart(input, at);
      case REFERENCE:
        return this.#readReference(input, at);
      case DECLARATION:
        return this.#readDeclaration(input, at);
      default:
        return this.#readOutside(input, at);
    }
  }

  // Outside of stanzas

  #readOutside(input: Uint8Array, at: number): void {
    const byte = input[at] as number;
    if (byte === LT && this.#state !== EPILOG) {
      this.#origin = at;
      this.#other = 0;
      this.#state = MARKUP;
      return; // #fresh says to #readMarkup whether a declaration may follow
    }
    // UTF-16 or UTF-32 begins so; RFC 6120 11.6 allows UTF-8 alone.
    if (this.#fresh && (byte === 0xfe || byte === 0xff || byte === 0))
      throw new StreamError("unsupported-encoding", "the stream is not in UTF-8", "never");
    this.#fresh = false;
    if (!isSpace(byte)) throw this.#misplaced();
  }

  /** What stands outside of stanzas may be white space at most (RFC 6120 4.6.1 and 11.7). */
  #misplaced(): StreamError {
    if (this.#open.length === 0) return malformed("there is character data outside of the stream");
    return new StreamError("bad-format", "there is character data between stanzas");
  }

  #readDeclaration(input: Uint8Array, at: number): void {
    const length = this.#carried + at + 1 - this.#from;
    if (input[at] !== GT && length < DECLARATION_BYTES) return;
    this.#carryOver(input, at + 1);
    checkDeclaration(decodeASCII(this.#carry, 0, length));
    this.#state = PROLOG;
  }

  // Character data

  #readText(input: Uint8Array, start: number, end: number): number {
    for (let at = plainEnd(input, start, end); at < end; at = plainEnd(input, at + 1, end)) {
      const byte = input[at] as number;
      if (byte === LT) {
        this.#finishText(input, at);
        this.#state = MARKUP;
        return at + 1 < end && !this.#stopped ? this.#readMarkup(input, at + 1, end) : at + 1;
      }
      if (byte > DELETE) return this.#readMultibyte(input, at, end);
      if (byte === AMP && this.#skipping) {
        this.#state = REFERENCE;
        this.#begin(at + 1);
        return at + 1;
      }
      if (byte === AMP) this.#plain = false;
      else if (byte === BRACKET) this.#countBracket(at);
      else if (byte === GT && this.#closesCDATA(at)) throw malformed('there is a "]]>" in text');
      else if (byte === CR) this.#plain = false;
      else if (byte < SPACE) checkSpace(byte);
    }
    return end;
  }

  #readCDATAStart(input: Uint8Array, at: number): void {
    // "<!" begins a comment, a document type or a CDATA section; RFC 6120 11.1 allows the last alone.
    if (input[at] !== CDATA_OPENING.charCodeAt(this.#matched++))
      throw restricted("a comment or document type");
    if (this.#matched < CDATA_OPENING.length) return;
    if (this.#open.length < 2) throw this.#misplaced();
    this.#state = CDATA;
    this.#begin(at + 1);
  }

  #readCDATA(input: Uint8Array, start: number, end: number): number {
    for (let at = plainEnd(input, start, end); at < end; at = plainEnd(input, at + 1, end)) {
      const byte = input[at] as number;
      if (byte > DELETE) return this.#readMultibyte(input, at, end);
      if (byte === GT && this.#closesCDATA(at)) {
        this.#finishText(input, at);
        this.#state = TEXT;
        this.#begin(at + 1);
        return at + 1;
      }
      if (byte === BRACKET) this.#countBracket(at);
      else if (byte === CR) this.#plain = false;
      else if (byte < SPACE) checkSpace(byte);
    }
    return end;
  }

  #readMultibyte(input: Uint8Array, at: number, end: number): number {
    this.#ascii = false;
    return this.#multibyte.read(input, at, end);
  }

  #countBracket(at: number): void {
    this.#brackets = at === this.#bracketsEnd ? this.#brackets + 1 : 1;
    this.#bracketsEnd = at + 1;
  }

  /** Whether the ">" at `at` stands behind "]]". */
  #closesCDATA(at: number): boolean {
    return at === this.#bracketsEnd && this.#brackets > 1;
  }

  /** Text that is read over is dropped as it comes, but a reference must be seen whole to be checked. */
  #readReference(input: Uint8Array, at: number): void {
    const byte = input[at];
    const length = this.#carried + at - this.#from;
    if (byte === LT || byte === AMP || length > REFERENCE_BYTES) throw notReference();
    if (byte !== SEMICOLON) return;
    this.#carryOver(input, at);
    characterOf(this.#carry, 0, length);
    this.#state = TEXT;
    this.#begin(at + 1);
  }

  /** Tells of the character data before `at`. */
  #finishText(input: Uint8Array, at: number): void {
    if (this.#skipping) return;
    const whole = this.#carried === 0;
    if (!whole) this.#carryOver(input, at);
    const bytes = whole ? input : this.#carry;
    const start = whole ? this.#from : 0;
    const end = whole ? at : this.#carried;
    const cdata = this.#state === CDATA;
    const text = cdata
      ? this.#take(bytes, start, end - 2, "cdata")
      : this.#take(bytes, start, end, "text");
    if (text !== "") this.#sink.text(text);
  }

  /** What the bytes stand for, or nothing if it is not to be told of. */
  #take(bytes: Uint8Array, start: number, end: number, place: Place): string {
    if (!this.#plain) return this.#takeResolved(bytes, start, end, place);
    if (this.#skipping) return "";
    return this.#ascii ? decodeASCII(bytes, start, end) : decode(bytes, start, end);
  }

  /** Input belongs to the caller, so references are resolved in a copy. */
  #takeResolved(bytes: Uint8Array, start: number, end: number, place: Place): string {
    let from = start;
    let to = end;
    if (bytes !== this.#carry) {
      this.#carried = 0;
      this.#from = start;
      this.#carryOver(bytes, end);
      from = 0;
      to = end - start;
    }
    return decode(this.#carry, from, resolve(this.#carry, from, to, place));
  }

  // Markup

  /** Behind "<". */
  #readMarkup(input: Uint8Array, at: number, end: number): number {
    const byte = input[at];
    const fresh = this.#fresh;
    this.#fresh = false;
    if (byte === BANG) {
      this.#matched = 0;
      this.#state = CDATA_START;
      return at + 1;
    }
    if (byte === QUESTION) {
      if (!fresh) throw restricted("a processing instruction, or an XML declaration out of place");
      this.#state = DECLARATION;
      this.#begin(at);
      return at + 1;
    }
    if (this.#lastEnd >= end) this.#lastEnd = input.lastIndexOf(GT, end - 1);
    const behind = at < this.#lastEnd ? this.#readTag(input, at, this.#lastEnd) : CUT;
    if (behind !== CUT) {
      if (behind > this.#tagBound(at)) throw excess("bytes in a tag", this.#limits.stanzaBytes);
      this.#leaveTag(behind);
      return behind;
    }
    this.#multibyte.reset();
    this.#state = TAG;
    this.#quote = 0;
    this.#begin(at);
    return this.#readCutTag(input, at, end);
  }

  /** Looks for the ">" that ends a tag, or a "<" that may not stand in it, and reads what came before. */
  #readCutTag(input: Uint8Array, start: number, end: number): number {
    let quote = this.#quote;
    for (let at = start; at < end; at++) {
      const byte = input[at] as number;
      if ((byte === GT && quote === 0) || byte === LT) {
        this.#carryOver(input, at + 1);
        this.#readTag(this.#carry, 0, this.#carried - 1);
        if (byte === LT) throw malformed('there is a "<" in a tag');
        this.#leaveTag(at + 1);
        return at + 1;
      }
      if (byte === quote) quote = 0;
      else if (quote === 0 && (byte === QUOT || byte === APOS)) quote = byte;
    }
    this.#quote = quote;
    return end;
  }

  #leaveTag(at: number): void {
    const depth = this.#open.length;
    this.#state = depth > 1 ? TEXT : depth === 1 ? BETWEEN : EPILOG;
    if (depth < 2 && this.#carry.length > CARRY_BYTES) this.#carry = new Uint8Array(0);
    if (this.#skipDepth > 0 !== this.#skipping) this.#countApart(at);
    this.#begin(at);
  }

  /** Reading over begins or ends at `at`. */
  #countApart(at: number): void {
    const count = at - this.#origin;
    this.#origin = at - this.#other;
    this.#other = count;
    this.#skipping = !this.#skipping;
  }

  /**
   * Reads the tag that begins at `start`. The byte at `last` is a ">" or "<", so that names and white space
   * end there if not before.
   * @returns the position behind the tag, or CUT when `last` is in a value and so not the tag's end
   */
  #readTag(bytes: Uint8Array, start: number, last: number): number {
    return bytes[start] === SLASH
      ? this.#readEndTag(bytes, start + 1)
      : this.#readStartTag(bytes, start, last);
  }

  #readStartTag(bytes: Uint8Array, start: number, last: number): number {
    const depth = this.#open.length;
    if (depth >= this.#limits.depth) throw excess("open elements", this.#limits.depth);
    const tag = this.#readName(bytes, start);
    const colon = this.#prefixed ? tag.indexOf(":") : -1;
    const attributes: string[] = [];
    this.#scopes.open();
    const at = this.#readAttributes(bytes, this.#nameEnd, last, attributes);
    if (at === CUT) {
      this.#scopes.close();
      return CUT;
    }
    const namespace = this.#scopes.resolve(colon < 0 ? "" : tag.slice(0, colon));
    const name = colon < 0 ? tag : tag.slice(colon + 1);
    this.#open.push(tag);
    if (this.#skipDepth === 0) {
      this.#origin -= this.#limits.elementBytes * (1 + (attributes.length >> 2));
      if (!this.#sink.start(name, namespace, attributes)) this.#skipDepth = depth + 1;
    }
    if (bytes[at] === GT) return at + 1;
    this.#endElement();
    return at + 2;
  }

  /** Reads up to the ">" or "/>" behind the attributes. */
  #readAttributes(bytes: Uint8Array, start: number, last: number, attributes: string[]): number {
    let qualified = false;
    // Names that differ in length or in their last character mostly leave different marks. It is only
    // where two leave the same that all must be compared.
    let marks = 0;
    let alike = false;
    let at = start;
    for (let count = 0; ; count++) {
      const before = at;
      at = spaceEnd(bytes, at);
      if (bytes[at] === GT || (bytes[at] === SLASH && bytes[at + 1] === GT)) break;
      if (at === before) throw malformed("there is no white space before an attribute");
      if (count === this.#limits.attributes) throw excess("attributes", this.#limits.attributes);

      const name = this.#readName(bytes, at);
      const prefixed = this.#prefixed;
      const mark = 1 << (this.#nameEnd - at + (bytes[this.#nameEnd - 1] as number));
      alike ||= (marks & mark) !== 0;
      marks |= mark;
      at = spaceEnd(bytes, this.#nameEnd);
      if (bytes[at] !== EQ) throw malformed(`the attribute ${name} has no value`);
      at = spaceEnd(bytes, at + 1);
      const quote = bytes[at] as number;
      if (quote !== QUOT && quote !== APOS)
        throw malformed(`the value of the attribute ${name} is not in quotes`);
      const from = at + 1;
      at = this.#valueEnd(bytes, from, last, quote);
      if (at === last) return CUT;
      if (prefixed ? name.startsWith("xmlns:") : name === "xmlns") {
        this.#scopes.declare(name.slice(6), this.#takeNamespace(bytes, from, at));
      } else {
        qualified ||= prefixed;
        attributes.push(name, this.#take(bytes, from, at, "value"));
      }
      at++;
    }
    if (qualified) this.#scopes.expand(attributes);
    if (qualified || alike) checkUnique(attributes);
    return at;
  }

  /** The position of the quote that ends an attribute value, or `end`. */
  #valueEnd(bytes: Uint8Array, start: number, end: number, quote: number): number {
    this.#ascii = true;
    this.#plain = true;
    let at = plainEnd(bytes, start, end);
    while (at < end && bytes[at] !== quote) {
      const byte = bytes[at] as number;
      let next = at + 1;
      if (byte > DELETE) {
        next = this.#readMultibyte(bytes, at, end);
      } else if (byte === LT) {
        throw malformed('there is a "<" in an attribute value');
      } else if (byte === AMP || byte < SPACE) {
        if (byte !== AMP) checkSpace(byte);
        this.#plain = false;
      }
      at = plainEnd(bytes, next, end);
    }
    return at;
  }

  /** Namespaces are needed even where all else is read over. */
  #takeNamespace(bytes: Uint8Array, start: number, end: number): string {
    if (!this.#plain) return this.#takeResolved(bytes, start, end, "value");
    return this.#ascii ? this.#names.get(bytes, start, end) : decode(bytes, start, end);
  }

  #readEndTag(bytes: Uint8Array, start: number): number {
    const tag = this.#open[this.#open.length - 1];
    if (tag === undefined) throw malformed("there is an end tag without a start tag");
    let at = start + tag.length;
    if (!isSpelled(tag, bytes, start, at)) {
      const name = this.#readName(bytes, start);
      if (name !== tag) throw malformed(`</${name}> stands where </${tag}> should`);
      at = this.#nameEnd;
    }
    at = spaceEnd(bytes, at);
    if (bytes[at] !== GT) throw malformed("an end tag holds more than a name");
    this.#endElement();
    return at + 1;
  }

  #endElement(): void {
    const depth = this.#open.length;
    this.#open.pop();
    this.#scopes.close();
    if (this.#skipDepth > 0 && depth > this.#skipDepth) return;
    this.#skipDepth = 0;
    this.#sink.end();
  }

  /** Reads a name, and leaves the position behind it. */
  #readName(bytes: Uint8Array, start: number): string {
    const at = nameEnd(bytes, start);
    if ((bytes[at] as number) > DELETE || bytes[at] === COLON)
      return this.#readQualifiedName(bytes, start);
    this.#nameEnd = at;
    this.#prefixed = false;
    this.#checkLength(at - start);
    if (!isNameStartByte(bytes[start] as number))
      throw malformed("there is no name where a tag or an attribute begins");
    return this.#names.get(bytes, start, at);
  }

  /** The same for a name with a prefix or with characters beyond ASCII. */
  #readQualifiedName(bytes: Uint8Array, start: number): string {
    this.#ascii = true;
    let at = nameEnd(bytes, start);
    for (; (bytes[at] as number) > DELETE || bytes[at] === COLON; at = nameEnd(bytes, at))
      at = bytes[at] === COLON ? at + 1 : this.#readMultibyte(bytes, at, bytes.length);
    this.#nameEnd = at;
    this.#checkLength(at - start);
    const name = this.#ascii ? this.#names.get(bytes, start, at) : decode(bytes, start, at);
    const parts = name.split(":");
    if (parts.length > 2 || !parts.every(isNCName)) throw malformed(`"${name}" is not a name`);
    this.#prefixed = parts.length > 1;
    return name;
  }

  #checkLength(length: number): void {
    if (length > this.#limits.nameBytes) throw excess("bytes in a name", this.#limits.nameBytes);
  }
}

/** The position of the first byte that may mean something in character data or in an attribute value. */
function plainEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at] as number;
    // The order is for speed: letters, then digits, then white space.
    if (byte > GT) {
      if (byte > DELETE || byte === BRACKET) break;
    } else if (byte > APOS) {
      if (byte === LT || byte === GT) break;
    } else if (byte !== SPACE) break;
    at++;
  }
  return at;
}

/** The position of the first byte that is none of a name in ASCII without a prefix. */
function nameEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isNameByte(bytes[at] as number)) at++;
  return at;
}

function spaceEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isSpace(bytes[at] as number)) at++;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}

/** Of the bytes below 0x20, XML has white space alone. */
function checkSpace(byte: number): void {
  if (!isSpace(byte)) throw malformed("there is a control character");
}

function checkUnique(attributes: readonly string[]): void {
  for (let i = 2; i < attributes.length; i += 2)
    for (let j = 0; j < i; j += 2)
      if (attributes[j] === attributes[i]) throw malformed("an attribute stands twice");
}
