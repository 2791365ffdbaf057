/**
 * XML from bytes: a tokenizer for the profile that RFC 6120 section 11 leaves of XML 1.0 (5th edition)
 * and Namespaces in XML 1.0 (3rd edition).
 *
 * Input may be cut at any byte. While a token lies within one piece of input, it is read where it lies;
 * what the end of a piece cuts off is carried over to the next. So the work is linear in the input, and
 * the memory is that of one token and the names of the open elements, whatever the cutting.
 */

import { StreamError } from "../errors.js";
import { NS_XML, NS_XMLNS } from "../namespaces.js";
import { decode, decodeASCII, encodePoint } from "../utf8.js";
import { isCharacter, isNameByte, isNameStartByte, isNCName } from "./characters.js";
import type { Limits } from "./limits.js";
import { Names } from "./names.js";

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
}

/** What is being read. */
const PROLOG = 0; // before the stream's own element
const DECLARATION = 1; // in "<?xml … ?>"
const TEXT = 2;
const MARKUP = 3; // behind "<"
const START_NAME = 4;
const TAG = 5; // in a start tag, where an attribute may stand
const ATTRIBUTE = 6; // in an attribute's name
const EQUALS = 7; // behind an attribute's name
const QUOTE = 8; // behind "="
const VALUE = 9;
const EMPTY = 10; // behind the "/" of an empty-element tag
const END_NAME = 11;
const END_TAG = 12; // behind the name in an end tag
const CDATA_START = 13; // in "<![CDATA["
const CDATA = 14;
const REFERENCE = 15; // behind "&"
const EPILOG = 16; // after the stream's own element

/** What becomes of the bytes being read over: none are, they are kept as a token, or they are dropped. */
const NONE = 0;
const KEEP = 1;
const DROP = 2;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const BANG = 0x21;
const QUOT = 0x22;
const AMP = 0x26;
const APOS = 0x27;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;
const LT = 0x3c;
const EQ = 0x3d;
const GT = 0x3e;
const QUESTION = 0x3f;
const BRACKET = 0x5d;
const DELETE = 0x7f;

const CDATA_OPENING = "[CDATA[";

/** The longest reference that need be written, `#x10FFFF`. */
const REFERENCE_BYTES = 8;

/** Enough for every declaration that says no more than it may. */
const DECLARATION_BYTES = 128;

/** XML 1.0 production 23 between "<" and ">"; the encoding is the first or second group. */
const XML_DECLARATION =
  /^\?xml\s+version\s*=\s*(?:'1\.0'|"1\.0")(?:\s+encoding\s*=\s*(?:'([\w.-]+)'|"([\w.-]+)"))?(?:\s+standalone\s*=\s*(?:'(?:yes|no)'|"(?:yes|no)"))?\s*\?$/;

/** Room for carried bytes: the first piece, and how much is kept between stanzas. */
const CARRY_FIRST = 64;
const CARRY_KEPT = 256;

export class Tokenizer {
  readonly #sink: TokenSink;
  readonly #limits: Limits;
  readonly #names: Names;

  #state = PROLOG;
  #stopped = false;
  /** Whether no byte has come yet, so that an XML declaration may stand here. */
  #fresh = true;

  /** The run of bytes being read: what was carried over, then the present input from `#from` on. */
  #run = NONE;
  #carry = new Uint8Array(0);
  #carried = 0;
  #from = 0;
  #ascii = true;

  /** Where the present stanza began, counted from the start of the present input. Dropped bytes move it on. */
  #origin = 0;
  #skipped = 0;
  /** How many elements were open when reading over began, the one read over included; or 0. */
  #skipDepth = 0;

  /** Of a UTF-8 sequence: bytes still to come, the bounds of the next one, the code point so far. */
  #need = 0;
  #low = 0x80;
  #high = 0xbf;
  #point = 0;

  /** Of the open elements: their names as written, and how many bindings were in scope outside of each. */
  readonly #open: string[] = [];
  readonly #marks: number[] = [];
  /** The namespace bindings in scope, the innermost last. */
  readonly #prefixes: string[] = ["xml"];
  readonly #namespaces: string[] = [NS_XML];

  /** Of the start tag being read. */
  #tag = "";
  #attributes: string[] = [];
  #attribute = "";
  #quote = QUOT;
  #spaced = false;

  #reference = "";
  /** Where the reference stands: TEXT or VALUE. */
  #around = TEXT;
  /** How much of CDATA_OPENING has come. */
  #matched = 0;
  /** How many "]" came in a row, and the position behind them. */
  #brackets = 0;
  #bracketsEnd = -1;
  /** Whether the run goes on behind a CR, so that an LF there is part of the same line end. */
  #afterCR = false;

  constructor(sink: TokenSink, limits: Limits, names: Names = new Names()) {
    this.#sink = sink;
    this.#limits = limits;
    this.#names = names;
  }

  /** Makes `write` return behind the token that is being told of; called from a sink. */
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
    const end = input.length;
    this.#stopped = false;
    let at = this.#need > 0 ? this.#multibyte(input, 0) : 0;
    while (at < end && !this.#stopped) at = this.#step(input, at);
    this.#suspend(input, at);
    return at;
  }

  /** Reads on from `at` within one state, and returns the position behind what was read. */
  #step(input: Uint8Array, at: number): number {
    switch (this.#state) {
      case TEXT:
        return this.#open.length > 1 ? this.#readText(input, at) : this.#readBetween(input, at);
      case VALUE:
        return this.#readValue(input, at);
      case START_NAME:
      case ATTRIBUTE:
      case END_NAME:
        return this.#readName(input, at);
      case CDATA:
        return this.#readCDATA(input, at);
      case MARKUP:
        return this.#readMarkup(input[at] as number, at);
      case TAG:
        return this.#readTag(input[at] as number, at);
      default:
        this.#readByte(input, at);
        return at + 1;
    }
  }

  /** The states in which every byte is looked at by itself. */
  #readByte(input: Uint8Array, at: number): void {
    const byte = input[at] as number;
    switch (this.#state) {
      case PROLOG:
        return this.#readProlog(byte, at);
      case DECLARATION:
        return this.#readDeclaration(input, at);
      case EQUALS:
        if (byte === EQ) this.#state = QUOTE;
        else if (!isSpace(byte)) throw malformed(`the attribute ${this.#attribute} has no value`);
        return;
      case QUOTE:
        if (isSpace(byte)) return;
        if (byte !== QUOT && byte !== APOS)
          throw malformed(`the value of the attribute ${this.#attribute} is not in quotes`);
        this.#quote = byte;
        this.#state = VALUE;
        return this.#begin(at + 1, this.#isDropped() && !isDeclaration(this.#attribute));
      case EMPTY:
        if (byte !== GT) throw malformed('a "/" within a tag');
        this.#startElement();
        return this.#endElement(at + 1);
      case END_TAG:
        if (byte === GT) this.#endElement(at + 1);
        else if (!isSpace(byte)) throw malformed("an end tag holds more than a name");
        return;
      case CDATA_START:
        // "<!" begins a comment, a document type or a CDATA section; RFC 6120 11.1 allows the last alone.
        if (byte !== CDATA_OPENING.charCodeAt(this.#matched++))
          throw restricted("a comment or document type");
        if (this.#matched < CDATA_OPENING.length) return;
        this.#state = CDATA;
        return this.#begin(at + 1, this.#isDropped());
      case REFERENCE:
        return this.#readReference(byte, at);
      default: // EPILOG
        if (!isSpace(byte)) throw malformed("there is data behind the end of the stream");
    }
  }

  #readProlog(byte: number, at: number): void {
    if (byte === LT) {
      this.#origin = at;
      this.#state = MARKUP;
      return; // #fresh says to #readMarkup whether a declaration may follow
    }
    if (this.#fresh && (byte === 0xfe || byte === 0xff || byte === 0)) {
      // UTF-16 or UTF-32 begins so; RFC 6120 11.6 allows UTF-8 alone.
      throw new StreamError("unsupported-encoding", "the stream is not in UTF-8", "never");
    }
    this.#fresh = false;
    if (!isSpace(byte)) throw malformed("there is character data before the stream's first tag");
  }

  #readDeclaration(input: Uint8Array, at: number): void {
    if (at - this.#origin > DECLARATION_BYTES) throw malformed("an XML declaration does not end");
    if (input[at] !== GT) return;
    const match = XML_DECLARATION.exec(this.#take(input, at));
    if (match === null) throw malformed("not an XML declaration of version 1.0");
    const encoding = match[1] ?? match[2] ?? "UTF-8";
    if (encoding.toUpperCase() !== "UTF-8")
      throw new StreamError("unsupported-encoding", `${encoding} instead of UTF-8`, "never");
    this.#state = PROLOG;
  }

  /** Between stanzas there is white space at most (RFC 6120 4.6.1, 11.7). */
  #readBetween(input: Uint8Array, at: number): number {
    const byte = input[at] as number;
    if (byte === LT) {
      this.#origin = at;
      this.#skipped = 0;
      this.#state = MARKUP;
    } else if (!isSpace(byte)) {
      throw new StreamError("bad-format", "there is character data between stanzas");
    }
    return at + 1;
  }

  #readMarkup(byte: number, at: number): number {
    const fresh = this.#fresh;
    this.#fresh = false;
    const depth = this.#open.length;
    if (byte === SLASH) {
      if (depth === 0) throw malformed("an end tag without a start tag");
      this.#state = END_NAME;
      this.#begin(at + 1);
      return at + 1;
    }
    if (byte === BANG) {
      if (depth < 2) throw restricted("a comment, document type or CDATA section");
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
    if (depth >= this.#limits.depth) throw excess("depth", this.#limits.depth);
    this.#state = START_NAME;
    this.#begin(at);
    return at;
  }

  /** Reads one of the three kinds of names, up to the byte that ends it. */
  #readName(input: Uint8Array, start: number): number {
    const end = input.length;
    let at = start;
    let hash = 0;
    while (at < end) {
      const byte = input[at] as number;
      if (byte > DELETE) at = this.#multibyte(input, at);
      else if (isNameByte(byte)) {
        hash = Names.hash(hash, byte);
        at++;
      } else break;
    }
    if (this.#carried + at - this.#from > this.#limits.nameBytes)
      throw excess("bytes in a name", this.#limits.nameBytes);
    if (at === end) return at;

    const byte = input[at] as number;
    const name = this.#takeName(input, at, hash);
    if (this.#state === START_NAME) {
      this.#tag = name;
      this.#attributes = [];
      this.#marks.push(this.#prefixes.length);
      this.#spaced = false;
      this.#state = TAG;
      return at; // #readTag sees what ended the name
    }
    if (this.#state === ATTRIBUTE) {
      if (byte !== EQ && !isSpace(byte)) throw malformed(`the attribute ${name} has no value`);
      this.#attribute = name;
      this.#state = EQUALS;
      return at;
    }
    if (name !== this.#open[this.#open.length - 1])
      throw malformed(`</${name}> where </${this.#open[this.#open.length - 1]}> should stand`);
    this.#state = END_TAG;
    return at;
  }

  #readTag(byte: number, at: number): number {
    if (isSpace(byte)) {
      this.#spaced = true;
    } else if (byte === GT) {
      this.#startElement();
      this.#enterText(at + 1);
    } else if (byte === SLASH) {
      this.#state = EMPTY;
    } else {
      if (!this.#spaced) throw malformed(`no white space before an attribute in <${this.#tag}>`);
      const mark = this.#marks[this.#marks.length - 1] as number;
      const count = this.#attributes.length / 2 + this.#prefixes.length - mark;
      if (count >= this.#limits.attributes) throw excess("attributes", this.#limits.attributes);
      this.#state = ATTRIBUTE;
      this.#begin(at);
      return at;
    }
    return at + 1;
  }

  #readValue(input: Uint8Array, start: number): number {
    const end = input.length;
    const quote = this.#quote;
    let at = start;
    while (at < end) {
      const byte = input[at] as number;
      if (byte > DELETE) at = this.#multibyte(input, at);
      else if (byte === quote) {
        this.#finishAttribute(input, at);
        return at + 1;
      } else if (byte === AMP) return this.#startReference(input, at);
      else if (byte === LT) throw malformed('a "<" in an attribute value');
      else if (byte < SPACE) {
        if (!isSpace(byte)) throw malformed("a control character");
        // XML 1.0 3.3.3: white space in an attribute value is read as spaces.
        this.#replace(input, at++, SPACE);
      } else at++;
    }
    return at;
  }

  #readText(input: Uint8Array, start: number): number {
    const end = input.length;
    let at = start;
    while (at < end) {
      const byte = input[at] as number;
      if (byte > BRACKET && byte <= DELETE) at++;
      else if (byte === LT) {
        this.#finishText(input, at, 0);
        this.#state = MARKUP;
        return at + 1;
      } else if (byte === AMP) return this.#startReference(input, at);
      else if (byte > DELETE) at = this.#multibyte(input, at);
      else if (byte === GT) {
        if (this.#closesCDATA(at)) throw malformed('a "]]>" in character data');
        at++;
      } else if (byte === BRACKET) this.#countBracket(at++);
      else if (byte < SPACE) this.#readControl(input, at++);
      else at++;
    }
    return at;
  }

  #readCDATA(input: Uint8Array, start: number): number {
    const end = input.length;
    let at = start;
    while (at < end) {
      const byte = input[at] as number;
      if (byte === GT && this.#closesCDATA(at)) {
        this.#finishText(input, at, 2);
        this.#enterText(at + 1);
        return at + 1;
      }
      if (byte > DELETE) at = this.#multibyte(input, at);
      else if (byte === BRACKET) this.#countBracket(at++);
      else if (byte < SPACE) this.#readControl(input, at++);
      else at++;
    }
    return at;
  }

  #countBracket(at: number): void {
    this.#brackets = at === this.#bracketsEnd ? this.#brackets + 1 : 1;
    this.#bracketsEnd = at + 1;
  }

  /** Whether the ">" at `at` stands behind "]]". */
  #closesCDATA(at: number): boolean {
    return at === this.#bracketsEnd && this.#brackets > 1;
  }

  /** A byte below 0x20 in character data. XML 1.0 2.11: CR and CR LF are read as LF. */
  #readControl(input: Uint8Array, at: number): void {
    const byte = input[at];
    if (byte === CR || (byte === LF && this.#isSecondHalf(at))) this.#replace(input, at, LF);
    else if (byte !== LF && byte !== TAB) throw malformed("a control character");
  }

  /** Whether the LF at `at` stands behind a CR. */
  #isSecondHalf(at: number): boolean {
    return this.#afterCR && at === this.#from;
  }

  /** Puts `substitute` in the place of the white space at `at`; CR LF counts as one. */
  #replace(input: Uint8Array, at: number, substitute: number): void {
    if (this.#run === DROP) return;
    const done = input[at] === LF && this.#isSecondHalf(at);
    this.#carryOver(input, at);
    if (!done) this.#append(substitute);
    this.#from = at + 1;
    this.#afterCR = input[at] === CR;
  }

  // References

  #startReference(input: Uint8Array, at: number): number {
    if (this.#run === DROP) this.#drop(at);
    else this.#carryOver(input, at);
    this.#run = NONE;
    this.#reference = "";
    this.#around = this.#state;
    this.#state = REFERENCE;
    return at + 1;
  }

  #readReference(byte: number, at: number): void {
    if (byte !== SEMICOLON) {
      if (this.#reference.length === REFERENCE_BYTES || byte > DELETE || isSpace(byte))
        throw malformed('an "&" that begins no reference');
      this.#reference += String.fromCharCode(byte);
      return;
    }
    const point = resolveReference(this.#reference);
    this.#state = this.#around;
    this.#from = at + 1;
    this.#afterCR = false;
    const dropped =
      this.#isDropped() && !(this.#around === VALUE && isDeclaration(this.#attribute));
    this.#run = dropped ? DROP : KEEP;
    if (!dropped) this.#append(point);
  }

  // Tokens

  #isDropped(): boolean {
    return this.#skipDepth > 0;
  }

  #begin(at: number, dropped = false): void {
    this.#run = dropped ? DROP : KEEP;
    this.#carried = 0;
    this.#from = at;
    this.#ascii = true;
    this.#afterCR = false;
  }

  /** Character data may follow, inside a stanza or between two. */
  #enterText(at: number): void {
    this.#state = TEXT;
    if (this.#open.length > 1) this.#begin(at, this.#isDropped());
  }

  /** Ends the run before `at` and tells of it, without its last `behind` characters. */
  #finishText(input: Uint8Array, at: number, behind: number): void {
    if (this.#run === DROP) {
      this.#drop(at);
      this.#run = NONE;
      return;
    }
    const text = this.#take(input, at);
    if (text.length > behind) this.#sink.text(text.slice(0, text.length - behind));
  }

  #finishAttribute(input: Uint8Array, at: number): void {
    const name = this.#attribute;
    this.#state = TAG;
    this.#spaced = false;
    if (this.#run === DROP) {
      this.#drop(at);
      this.#run = NONE;
      this.#attributes.push(name, "");
    } else if (name === "xmlns") {
      this.#bind("", this.#takeNamespace(input, at));
    } else if (isDeclaration(name)) {
      splitPrefix(name, 5);
      this.#bind(name.slice(6), this.#takeNamespace(input, at));
    } else {
      this.#attributes.push(name, this.#take(input, at));
    }
  }

  /** The run before `at` as a string. */
  #take(input: Uint8Array, at: number): string {
    const whole = this.#carried === 0;
    if (whole) this.#check(at);
    else this.#carryOver(input, at);
    this.#run = NONE;
    const bytes = whole ? input : this.#carry;
    const from = whole ? this.#from : 0;
    const to = whole ? at : this.#carried;
    return this.#ascii ? decodeASCII(bytes, from, to) : decode(bytes, from, to);
  }

  /** The same for a name, the hash of whose bytes is known if they all lie in `input`. */
  #takeName(input: Uint8Array, at: number, hash: number): string {
    if (this.#ascii && this.#carried === 0) {
      if (!isNameStartByte(input[this.#from] as number))
        throw malformed("a tag or an attribute begins with no name");
      this.#check(at);
      this.#run = NONE;
      return this.#names.get(input, this.#from, at, hash);
    }
    const name = this.#take(input, at);
    if (!name.split(":").every(isNCName)) throw malformed(`"${name}" is not a name`);
    return name;
  }

  /** The same for a namespace. */
  #takeNamespace(input: Uint8Array, at: number): string {
    if (!this.#ascii || this.#carried > 0) return this.#take(input, at);
    let hash = 0;
    for (let i = this.#from; i < at; i++) hash = Names.hash(hash, input[i] as number);
    this.#check(at);
    this.#run = NONE;
    return this.#names.get(input, this.#from, at, hash);
  }

  // Elements

  #startElement(): void {
    const attributes = this.#attributes;
    for (let i = 0; i < attributes.length; i += 2) {
      const name = this.#expand(attributes[i] as string);
      for (let j = 0; j < i; j += 2)
        if (attributes[j] === name) throw malformed(`the attribute ${name} stands twice`);
      attributes[i] = name;
    }
    const tag = this.#tag;
    const colon = tag.indexOf(":");
    const namespace = this.#resolve(colon < 0 ? "" : splitPrefix(tag, colon));
    this.#open.push(tag);
    if (this.#isDropped()) return;
    const name = colon < 0 ? tag : tag.slice(colon + 1);
    if (!this.#sink.start(name, namespace, attributes)) this.#skipDepth = this.#open.length;
  }

  #endElement(at: number): void {
    const depth = this.#open.length;
    const dropped = this.#isDropped() && depth > this.#skipDepth;
    if (depth === this.#skipDepth) this.#skipDepth = 0;
    this.#open.pop();
    const mark = this.#marks.pop() as number;
    if (this.#prefixes.length > mark) {
      this.#prefixes.length = mark;
      this.#namespaces.length = mark;
    }
    if (depth === 1) this.#state = EPILOG;
    else this.#enterText(at);
    if (depth === 2) {
      this.#origin = at;
      if (this.#carry.length > CARRY_KEPT) this.#carry = new Uint8Array(0);
    }
    if (!dropped) this.#sink.end();
  }

  /** The name under which an attribute is known: as it is, `xml:name`, or `{namespace}name`. */
  #expand(name: string): string {
    const colon = name.indexOf(":");
    if (colon < 0) return name;
    const prefix = splitPrefix(name, colon);
    const namespace = this.#resolve(prefix);
    return prefix === "xml" ? name : `{${namespace}}${name.slice(colon + 1)}`;
  }

  #resolve(prefix: string): string {
    for (let i = this.#prefixes.length - 1; i >= 0; i--)
      if (this.#prefixes[i] === prefix) return this.#namespaces[i] as string;
    if (prefix === "") return "";
    throw new StreamError("bad-namespace-prefix", `the prefix ${prefix} is bound to no namespace`);
  }

  /** Puts a namespace declaration in force (Namespaces in XML 1.0, sections 2.2 and 3). */
  #bind(prefix: string, namespace: string): void {
    const reserved = prefix === "xml" ? namespace !== NS_XML : namespace === NS_XML;
    if (reserved || prefix === "xmlns" || namespace === NS_XMLNS)
      throw malformed("a reserved prefix or namespace is declared");
    if (prefix !== "" && namespace === "") throw malformed(`the prefix ${prefix} is unbound`);
    const mark = this.#marks[this.#marks.length - 1] as number;
    if (this.#prefixes.includes(prefix, mark))
      throw malformed(`the prefix "${prefix}" is declared twice`);
    this.#prefixes.push(prefix);
    this.#namespaces.push(namespace);
  }

  // Bytes

  /**
   * Reads bytes above 0x7F up to the first that is not, checking them (RFC 3629 section 4). A sequence that
   * the input cuts off is taken up again by `write`.
   */
  #multibyte(input: Uint8Array, start: number): number {
    const end = input.length;
    let at = start;
    this.#ascii = false;
    while (at < end) {
      const byte = input[at] as number;
      if (this.#need === 0) {
        if (byte <= DELETE) break;
        this.#lead(byte);
      } else {
        if (byte < this.#low || byte > this.#high) throw malformed("bytes that are not UTF-8");
        this.#low = 0x80;
        this.#high = 0xbf;
        this.#point = (this.#point << 6) | (byte & 0x3f);
        if (--this.#need === 0 && !isCharacter(this.#point))
          throw malformed("a character that XML forbids");
      }
      at++;
    }
    return at;
  }

  /** The first byte of a sequence. The bounds of the second shut out overlong forms and surrogates. */
  #lead(byte: number): void {
    if (byte < 0xc2 || byte > 0xf4) throw malformed("bytes that are not UTF-8");
    this.#need = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.#low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.#high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    this.#point = byte & (0x3f >> this.#need);
  }

  /** The input ends here, or reading stops: what the run has so far is carried over or dropped. */
  #suspend(input: Uint8Array, at: number): void {
    if (this.#run === KEEP) {
      if (at > this.#from) this.#afterCR = false;
      this.#carryOver(input, at);
    } else if (this.#run === DROP) {
      this.#drop(at);
    } else {
      this.#check(at);
    }
    this.#from = 0;
    this.#origin -= at;
    this.#bracketsEnd -= at;
  }

  #carryOver(input: Uint8Array, at: number): void {
    this.#check(at);
    if (at <= this.#from) return;
    this.#reserve(at - this.#from);
    this.#carry.set(input.subarray(this.#from, at), this.#carried);
    this.#carried += at - this.#from;
    this.#from = at;
  }

  #append(point: number): void {
    this.#reserve(4);
    if (point > DELETE) this.#ascii = false;
    this.#carried = encodePoint(point, this.#carry, this.#carried);
  }

  /** Makes room; the caller has checked the stanza's size, which bounds it. */
  #reserve(count: number): void {
    const needed = this.#carried + count;
    if (needed <= this.#carry.length) return;
    const grown = new Uint8Array(Math.max(needed, CARRY_FIRST, this.#carry.length * 2));
    grown.set(this.#carry.subarray(0, this.#carried));
    this.#carry = grown;
  }

  /** Bytes dropped before `at` do not count as the stanza's. */
  #drop(at: number): void {
    const count = at - this.#from;
    this.#skipped += count;
    this.#origin += count;
    this.#from = at;
    if (this.#skipped > this.#limits.skippedBytes)
      throw excess("bytes in a stanza", this.#limits.skippedBytes);
  }

  #check(at: number): void {
    const between = this.#state === TEXT && this.#open.length < 2;
    if (at - this.#origin > this.#limits.stanzaBytes && !between)
      throw excess("bytes in a stanza", this.#limits.stanzaBytes);
  }
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}

/** Whether an attribute declares a namespace. */
function isDeclaration(name: string): boolean {
  return name === "xmlns" || name.startsWith("xmlns:");
}

/** The prefix of a name; both halves must be names in their own right. */
function splitPrefix(name: string, colon: number): string {
  const prefix = name.slice(0, colon);
  if (!isNCName(prefix) || !isNCName(name.slice(colon + 1)))
    throw malformed(`"${name}" is not a qualified name`);
  return prefix;
}

/** The code point that a reference stands for (XML 1.0 4.1 and 4.6). */
function resolveReference(reference: string): number {
  switch (reference) {
    case "lt":
      return LT;
    case "gt":
      return GT;
    case "amp":
      return AMP;
    case "apos":
      return APOS;
    case "quot":
      return QUOT;
  }
  const digits = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(reference);
  if (digits === null) throw restricted(`the entity &${reference};`);
  const point = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  if (!isCharacter(point)) throw malformed(`&${reference}; is no character that XML allows`);
  return point;
}

function malformed(text: string): StreamError {
  return new StreamError("not-well-formed", text);
}

function restricted(what: string): StreamError {
  return new StreamError("restricted-xml", `${what} is not allowed in a stream`);
}

function excess(what: string, limit: number): StreamError {
  return new StreamError("policy-violation", `more than ${limit} ${what}`);
}
