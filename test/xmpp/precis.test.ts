import { describe, expect, test } from "@jest/globals";
import { opaqueString, usernameCaseMapped } from "../../firmware/xmpp/precis.js";
import { seeded } from "../support/random.js";

const refusal = (why: string) => new Error(why);
const username = (text: string) => usernameCaseMapped(text, refusal);
const opaque = (text: string) => opaqueString(text, refusal);

/** The outcome, or `undefined` when the profile refuses the string. */
function attempt(prepare: (text: string) => string, text: string): string | undefined {
  try {
    return prepare(text);
  } catch {
    return undefined;
  }
}

describe("UsernameCaseMapped (RFC 8265 3.3)", () => {
  test.each([
    ["ASCII is lowered", "Juliet@Example.com", "juliet@example.com"],
    ["so is everything else", "\u00c9\u0416\u03a9", "\u00e9\u0436\u03c9"],
    ["full width becomes normal", "\uff2a\uff55\uff4c\uff11", "jul1"],
    ["half width too, and then it composes", "\uff76\uff9e", "\u30ac"],
    ["the outcome is in form C", "e\u0301\u0323", "\u1eb9\u0301"],
    ["sharp s is no ss", "fu\u00dfball", "fu\u00dfball"],
    ["no letter, but allowed: ideographic zero", "\u3007\u4e00", "\u3007\u4e00"],
    ["no letter, but allowed: tsheg", "\u0f56\u0f0b", "\u0f56\u0f0b"],
    ["vowel signs that take space", "\u0915\u093e", "\u0915\u093e"],
    ["letters beyond the BMP", "\u{10400}\u{20000}", "\u{10428}\u{20000}"],
    [
      "a capital sigma within a word",
      "\u03a3\u03bf\u03c6\u03af\u03b1",
      "\u03c3\u03bf\u03c6\u03af\u03b1",
    ],
  ])("%s: %s", (_rule, text, prepared) => {
    expect(username(text)).toBe(prepared);
  });

  test.each([
    ["spaces", "a\u00a0b", "must not contain U+00A0"],
    ["symbols", "\u265a", "must not contain U+265A"],
    ["punctuation", "a\u2014b", "must not contain U+2014"],
    ["emoji", "\u{1f37a}", "must not contain U+1F37A"],
    ["title case", "\u1f88", "must not contain U+1F88"],
    ["letters that are numbers", "\u16ee", "must not contain U+16EE"],
    ["private use", "\ue000", "must not contain U+E000"],
    ["what is not assigned", "\u0378", "must not contain U+0378"],
    ["noncharacters", "\uffff", "must not contain U+FFFF"],
    ["control characters among others", "\u00e9\u0007", "must not contain U+0007"],
    ["lone surrogates", "\u00e9\udbff", "must not contain U+DBFF"],
    ["variation selectors", "a\ufe0f", "must not contain U+FE0F"],
    ["soft hyphens", "a\u00adb", "must not contain U+00AD"],
    ["old Hangul", "\u1100\u1161", "must not contain U+1100"],
    ["old Hangul, extended A", "\ua960", "must not contain U+A960"],
    ["old Hangul, extended B", "\ud7b0", "must not contain U+D7B0"],
    ["the exceptions: Hangul tone mark", "\u302e", "must not contain U+302E"],
    ["the exceptions: vertical repeat mark", "\u3031", "must not contain U+3031"],
    ["the exceptions: tatweel", "\u0640", "must not contain U+0640"],
    ["ligatures", "\ufb01", "must not contain U+FB01, which has a simpler equivalent"],
    ["the Kelvin sign", "\u212a", "must not contain U+212A, which has a simpler equivalent"],
    ["the Angstrom sign", "\u212b", "must not contain U+212B, which has a simpler equivalent"],
    ["superscripts", "\u02b0", "must not contain U+02B0, which has a simpler equivalent"],
    ["joiners", "\u0915\u094d\u200d", "must not contain U+200D"],
  ])("refuses %s", (_kind, text, why) => {
    expect(() => username(text)).toThrow(new Error(why));
  });

  test.each([
    ["Hebrew", "\u05d0\u05d1"],
    ["Arabic", "\u0639\u0644\u064a"],
    ["Arabic digits", "\u0661"],
    ["mixed", "a\u05d0"],
    ["Adlam", "\u{1e900}"],
  ])("refuses letters from right to left: %s", (_script, text) => {
    expect(() => username(text)).toThrow(
      "has letters written from right to left, which are not supported in it",
    );
  });

  test.each([
    ["dotted I, full or simple mapping", "\u0130stanbul", "must not contain U+0130"],
    ["dotted I in two", "I\u0307stanbul", "must not contain U+0130"],
    ["dotted I among others", "\u0131I\u0307", "must not contain U+0130"],
    ["sharp S, lowered or folded", "GRO\u1e9e", "must not contain U+1E9E"],
    ["Cherokee, lowered or folded", "\u13a0", "must not contain U+13A0"],
    [
      "sigma at the end",
      "\u039f\u0394\u039f\u03a3",
      "ends a word in a capital sigma, which has two lower cases: write the one meant",
    ],
  ])("refuses capitals with two lower cases: %s", (_kind, text, why) => {
    expect(() => username(text)).toThrow(why);
  });

  test("every capital that is left is lowered as it is folded (RFC 7613, RFC 8265)", () => {
    let capitals = 0;
    for (let point = 0; point <= 0x10ffff; point++) {
      const character = String.fromCodePoint(point);
      if (!/\p{Lu}/u.test(character)) continue;
      const lower = attempt(username, character);
      if (lower === undefined) continue;
      capitals++;
      expect([...lower]).toHaveLength(1);
      expect(/\p{Changes_When_Casefolded}/u.test(lower) ? character : "").toBe("");
    }
    expect(capitals).toBeGreaterThan(1_000);
  });
});

describe("OpaqueString (RFC 8265 4.2)", () => {
  test.each([
    ["example 12", "correct horse battery staple", "correct horse battery staple"],
    ["example 13", "Correct Horse Battery Staple", "Correct Horse Battery Staple"],
    ["example 14", "\u03c0\u00df\u00e5", "\u03c0\u00df\u00e5"],
    ["example 15", "Jack of \u2666s", "Jack of \u2666s"],
    ["example 16, Ogham space", "foo\u1680bar", "foo bar"],
    ["all spaces", "a\u00a0\u2000\u202f\u205f\u3000b", "a     b"],
    ["full width is kept", "\uff21", "\uff21"],
    ["compatibility characters are kept", "\u2163\ufb01", "\u2163\ufb01"],
    ["the outcome is in form C", "A\u030a\u212b", "\u00c5\u00c5"],
    ["from right to left", "\u05d0b\u0661", "\u05d0b\u0661"],
    ["emoji", "\u{1f37a}", "\u{1f37a}"],
  ])("%s: %j", (_rule, text, prepared) => {
    expect(opaque(text)).toBe(prepared);
  });

  test.each([
    ["example 18, a tab", "my cat is a \u0009by", "must not contain U+0009"],
    ["controls among others", "\u00e9\u0009", "must not contain U+0009"],
    ["format characters", "a\u061c\u00e9", "must not contain U+061C"],
    ["line separators", "a\u2028", "must not contain U+2028"],
    ["private use", "\u{f0000}", "must not contain U+F0000"],
    ["what is not assigned", "\u0378", "must not contain U+0378"],
    ["lone surrogates", "\ud83c", "must not contain U+D83C"],
    ["joiners", "\u{1f468}\u200d\u{1f33e}", "must not contain U+200D"],
    ["old Hangul", "\u1100\u1161", "must not contain U+1100"],
  ])("refuses %s", (_kind, text, why) => {
    expect(() => opaque(text)).toThrow(new Error(why));
  });
});

describe("characters that need company (RFC 5892 appendix A)", () => {
  test.each([
    ["A.3", "col\u00b7lecci\u00f3", "co\u00b7lecci\u00f3"],
    ["A.3", "l\u00b7l\u00b7l", "l\u00b7"],
    ["A.4", "\u03b1\u0375\u03b2", "\u03b1\u0375b"],
    ["A.5", "\u05d0\u05f3", "\u05f3\u05d0"],
    ["A.6", "\u05d0\u05f4\u05d1", "a\u05f4\u05d1"],
    ["A.7", "\u30fba\u30a2", "a\u30fbb"],
    ["A.7", "\u3042\u30fb", "\u30fb"],
    ["A.7", "\u4e00\u30fb", "\u30fb\u30fb"],
    ["A.8", "\u0661\u0662", "\u0661a\u06f2"],
    ["A.9", "\u06f1\u06f2", "\u06f1a\u0662"],
  ])("%s: %s, but not %s", (_clause, fine, lonely) => {
    expect(opaque(fine)).toBe(fine);
    expect(() => opaque(lonely)).toThrow(
      "has a character that RFC 5892 appendix A allows only beside certain others",
    );
  });

  test.each([
    ["a letter that grows an accent", username, "l\u00b7l\u0301"],
    ["a letter that is lowered", username, "L\u00b7L"],
    ["a Greek dot that becomes the middle dot", opaque, "a\u0387b"],
  ])("mapping does not get round it: %s", (_trick, prepare, text) => {
    expect(() => prepare(text)).toThrow("RFC 5892 appendix A");
  });
});

describe("any Unicode", () => {
  const random = seeded();
  /** Plain letters, marks, and what maps, composes or needs company. */
  const SPECIAL = [
    ..."alAL\u00b7\u0375\u0387\u03b1\u03a3\u03c3\u0345\u0301\u0307\u0323\u0130\uff21\uff76\uff9e\u3000\u30fb\u1100\u1161\uac00\u0915\u093c\u212b\u2163\u05d0\u0661\u06f1",
  ];

  test(`is refused, or stays the same when it is prepared again (PIPIT_SEED=${random.seed})`, () => {
    const accepted = { username: 0, opaque: 0 };
    for (let i = 0; i < 5_000; i++) {
      const text = Array.from({ length: 1 + random.int(4) }, () =>
        random.int(4) === 0 ? String.fromCodePoint(random.int(0x3200)) : random.pick(SPECIAL),
      ).join("");
      const name = attempt(username, text);
      if (name !== undefined) {
        accepted.username++;
        expect(username(name)).toBe(name);
      }
      const free = attempt(opaque, text);
      if (free !== undefined) {
        accepted.opaque++;
        expect(opaque(free)).toBe(free);
      }
    }
    expect(accepted.username).toBeGreaterThan(0);
    expect(accepted.opaque).toBeGreaterThan(0);
  });
});
