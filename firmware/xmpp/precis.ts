/**
 * PRECIS (RFC 8264): the two profiles of RFC 8265 that addresses and passwords are made of.
 *
 * ASCII is prepared exactly, on every engine. Everything else needs the engine's Unicode tables. XS on a
 * microcontroller is built without them, so there it is refused.
 *
 * Strings that the rules allow but that two implementations may read differently are refused too: a wrong
 * guess would address somebody else. The comments say which these are.
 */

// Expressions of the ASCII paths are made once: making one costs XS sixty times as much as using it.
const OTHER_THAN_ASCII = /[\u{80}-\u{10ffff}]/u;
const NOT_IN_IDENTIFIER = /[^!-~]/;
const NOT_IN_FREEFORM = /[^ -~]/;

/** Makes the error to throw. `why` says what is wrong with the string, from the verb on. */
export type Refusal = (why: string) => Error;

/**
 * Prepares an identifier by the UsernameCaseMapped profile (RFC 8265 3.3): lower case, no spaces, no symbols
 * but the ASCII ones.
 * @throws what `refusal` makes, when the profile does not allow `text` or this engine cannot tell
 */
export function usernameCaseMapped(text: string, refusal: Refusal): string {
  if (isASCII(text)) {
    forbid(NOT_IN_IDENTIFIER, text, refusal);
    return text.toLowerCase();
  }
  requireTables(refusal);
  // Once more on the outcome, for it has to be allowed and to stay as it is when it is read again
  // (RFC 8264 7): "l·l" with an acute behind it passes the first time, and as "l·ĺ" it must not.
  return identifier(identifier(text, refusal), refusal);
}

/**
 * Prepares free text by the OpaqueString profile (RFC 8265 4.2): case is kept, every kind of space becomes
 * U+0020, control characters are not allowed.
 * @throws what `refusal` makes, when the profile does not allow `text` or this engine cannot tell
 */
export function opaqueString(text: string, refusal: Refusal): string {
  if (isASCII(text)) {
    forbid(NOT_IN_FREEFORM, text, refusal);
    return text;
  }
  requireTables(refusal);
  return freeform(freeform(text, refusal), refusal);
}

/** Whether `text` is ASCII, control characters included. */
export function isASCII(text: string): boolean {
  return !OTHER_THAN_ASCII.test(text);
}

/** Refuses a string in which `pattern` finds a character. */
export function forbid(pattern: RegExp, text: string, refusal: Refusal): void {
  const found = pattern.exec(text)?.[0];
  if (found !== undefined) throw refusal(`must not contain ${show(found)}`);
}

/** A character as it may stand in a log: what is not visible ASCII goes by its number. */
function show(character: string): string {
  if (!NOT_IN_IDENTIFIER.test(character)) return character;
  const point = character.codePointAt(0) as number;
  return `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** XS without tables normalises only what is the same afterwards, and throws a RangeError at the rest. */
function requireTables(refusal: Refusal): void {
  try {
    "\u0301".normalize("NFC");
  } catch {
    throw refusal("has characters other than ASCII, which this engine cannot prepare: use ASCII");
  }
}

/**
 * An expression with `\p{...}`. Never a literal: XS without tables does not even compile a module that has
 * one.
 */
function property(source: string, flags = "u"): RegExp {
  return new RegExp(source, flags);
}

/** UsernameCaseMapped in the order of RFC 8265 3.3: preparation, then enforcement. */
function identifier(text: string, refusal: Refusal): string {
  // Width mapping. NFKC does the same in this block, but for what the class forbids either way.
  const narrow = text.replace(/[\uff00-\uffef]/gu, (wide) => wide.normalize("NFKC"));

  // IdentifierClass (RFC 8264 4.2): ASCII7, LetterDigits, and the exceptions that are not (RFC 5892 2.6).
  const letterDigits = "\\p{Ll}\\p{Lu}\\p{Lo}\\p{Lm}\\p{Mn}\\p{Mc}\\p{Nd}";
  forbid(property(`[^!-~${letterDigits}\u00b7\u0375\u0f0b\u3007\u30fb]`), narrow, refusal);
  forbidInBothClasses(narrow, refusal);
  const complex = Array.from(narrow).find((character) => character !== character.normalize("NFKC"));
  if (complex !== undefined)
    throw refusal(`must not contain ${show(complex)}, which has a simpler equivalent`);

  const prepared = lowerCase(narrow, refusal).normalize("NFC");

  // The Bidi Rule (RFC 5893 2) needs the bidirectional class of each character, which ECMAScript does not
  // tell. These are the blocks that Unicode keeps for scripts written from right to left.
  const rightToLeft =
    /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
  if (rightToLeft.test(prepared))
    throw refusal("has letters written from right to left, which are not supported in it");
  return prepared;
}

/** Case mapping by the Unicode toLowerCase() operation, where everybody agrees on the outcome. */
function lowerCase(text: string, refusal: Refusal): string {
  // I with dot above, sharp S, Cherokee: for these capitals, lower case differs from the case folding of
  // RFC 7613, which RFC 7622 refers to, or full case mapping from simple.
  forbid(/[\u0130\u1e9e\u13a0-\u13f5]/u, text.normalize("NFC"), refusal);
  const lower = text.toLowerCase();
  const each = Array.from(text, (character) => character.toLowerCase());
  if (lower !== each.join(""))
    throw refusal("ends a word in a capital sigma, which has two lower cases: write the one meant");
  return lower;
}

/** OpaqueString in the order of RFC 8265 4.2: preparation, then enforcement. */
function freeform(text: string, refusal: Refusal): string {
  // FreeformClass (RFC 8264 4.3). Controls, format characters, private use, lone surrogates and what is
  // not assigned are in none of these categories.
  forbid(property("[^\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Zs}]"), text, refusal);
  forbidInBothClasses(text, refusal);
  return text.replace(property("\\p{Zs}", "gu"), " ").normalize("NFC");
}

/** What neither string class allows, or only beside certain other characters. */
function forbidInBothClasses(text: string, refusal: Refusal): void {
  // PrecisIgnorableProperties, OldHangulJamo, and the exceptions that are DISALLOWED. The zero-width
  // joiners are among the first: their rules (RFC 5892 A.1, A.2) need tables that ECMAScript has not.
  const ignorable = "\\p{Default_Ignorable_Code_Point}";
  const oldHangulJamo = "\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff";
  const exceptions = "\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b";
  forbid(property(`[${ignorable}${oldHangulJamo}${exceptions}]`), text, refusal);

  const misplaced = [
    // A.3: the middle dot, but between two l.
    /(?<!l)\u00b7|\u00b7(?!l)/u,
    // A.4: the keraia, but before Greek.
    property("\u0375(?!\\p{Script=Greek})"),
    // A.5, A.6: geresh and gershayim, but behind Hebrew.
    property("(?<!\\p{Script=Hebrew})[\u05f3\u05f4]"),
    // A.7: the katakana dot, in a string without Japanese.
    property("^(?!.*[\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Han}]).*\u30fb"),
    // A.8, A.9: Arabic-Indic digits of both kinds.
    /[\u0660-\u0669].*[\u06f0-\u06f9]|[\u06f0-\u06f9].*[\u0660-\u0669]/u,
  ];
  if (misplaced.some((rule) => rule.test(text)))
    throw refusal("has a character that RFC 5892 appendix A allows only beside certain others");
}
