import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { type Seeded, seeded } from "../support/random.js";

/** The parts of an address, to compare them at one go. */
function parts(text: string): [local: string, domain: string, resource: string] {
  const jid = JID.parse(text);
  return [jid.local, jid.domain, jid.resource];
}

/** Why `make` refuses what it is given. */
function refusal(make: () => JID): string {
  let jid: JID;
  try {
    jid = make();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ condition: "jid-malformed", retry: "never" });
    return (error as ConfigError).text;
  }
  throw new Error(`accepted as ${jid}`);
}

describe("RFC 7622 3.5, table 1: legal JIDs", () => {
  test.each([
    [1, "juliet@example.com", ["juliet", "example.com", ""]],
    [2, "juliet@example.com/foo", ["juliet", "example.com", "foo"]],
    [3, "juliet@example.com/foo bar", ["juliet", "example.com", "foo bar"]],
    [4, "juliet@example.com/foo@bar", ["juliet", "example.com", "foo@bar"]],
    [5, "foo\\20bar@example.com", ["foo\\20bar", "example.com", ""]],
    [6, "fussball@example.com", ["fussball", "example.com", ""]],
    [7, "fu\u00dfball@example.com", ["fu\u00dfball", "example.com", ""]],
    [8, "\u03c0@example.com", ["\u03c0", "example.com", ""]],
    [9, "\u03a3@example.com/foo", ["\u03c3", "example.com", "foo"]],
    [10, "\u03c3@example.com/foo", ["\u03c3", "example.com", "foo"]],
    [11, "\u03c2@example.com/foo", ["\u03c2", "example.com", "foo"]],
    [12, "king@example.com/\u265a", ["king", "example.com", "\u265a"]],
    [13, "example.com", ["", "example.com", ""]],
    [14, "example.com/foobar", ["", "example.com", "foobar"]],
    [15, "a.example.com/b@example.net", ["", "a.example.com", "b@example.net"]],
  ])("%d: %s", (_number, text, expected) => {
    expect(parts(text)).toEqual(expected);
  });

  test("6 and 7 are two accounts; so are 9 and 11, but not 9 and 10", () => {
    const jid = (local: string) => JID.parse(`${local}@example.com/foo`);
    expect(jid("fu\u00dfball").equals(jid("fussball"))).toBe(false);
    expect(jid("\u03a3").equals(jid("\u03c2"))).toBe(false);
    expect(jid("\u03a3").equals(jid("\u03c3"))).toBe(true);
  });
});

describe("RFC 7622 3.5, table 2: strings that are no JIDs", () => {
  test.each([
    [16, '"juliet"@example.com', 'the local part must not contain "'],
    [17, "foo bar@example.com", "the local part must not contain U+0020"],
    [19, "@example.com/", "the local part is empty: leave out the @"],
    [20, "henry\u2163@example.com", "the local part must not contain U+2163"],
    [21, "\u265a@example.com", "the local part must not contain U+265A"],
    [22, "juliet@", "the domain is empty"],
    [23, "/foobar", "the domain is empty"],
  ])("%d: %s", (_number, text, why) => {
    expect(refusal(() => JID.parse(text))).toBe(why);
  });

  test("18 is one after all: a resource may begin with a space (erratum 4560, verified)", () => {
    expect(parts("juliet@example.com/ foo")).toEqual(["juliet", "example.com", " foo"]);
  });
});

describe("taking an address apart", () => {
  test.each([
    ["the first / ends the domain", "a@b/c/d", ["a", "b", "c/d"]],
    ["only then the first @ ends the local part", "a/b@c/d", ["", "a", "b@c/d"]],
    [
      "characters beyond the BMP count as one or as two",
      "a@b/\u{1f37a}@/\u{1f37a}",
      ["a", "b", "\u{1f37a}@/\u{1f37a}"],
    ],
  ])("%s: %s", (_rule, text, expected) => {
    expect(parts(text)).toEqual(expected);
  });

  test.each([
    ["", "the domain is empty"],
    ["@", "the local part is empty: leave out the @"],
    ["/", "the resource is empty: leave out the /"],
    ["a@b/", "the resource is empty: leave out the /"],
    ["a@/b", "the domain is empty"],
    ["a@@b", 'the domain has the label "@b": it needs 1 to 63 letters, digits and inner hyphens'],
    ["a@b@c", 'the domain has the label "b@c": it needs 1 to 63 letters, digits and inner hyphens'],
  ])("no JID: %j", (text, why) => {
    expect(refusal(() => JID.parse(text))).toBe(why);
  });
});

describe("local part", () => {
  test.each([..."\"&'/:<>@"])("must not contain %s (RFC 7622 3.3.1)", (excluded) => {
    expect(refusal(() => JID.of(`a${excluded}b`, "example.com"))).toBe(
      `the local part must not contain ${excluded}`,
    );
  });

  test("may contain every other visible ASCII character", () => {
    const visible = Array.from({ length: 0x5e }, (_, i) => String.fromCharCode(0x21 + i));
    const allowed = visible.filter((character) => !"\"&'/:<>@".includes(character)).join("");
    expect(JID.of(allowed, "example.com").local).toBe(allowed.toLowerCase());
  });

  test.each([
    ["\u0000", "U+0000"],
    ["\n", "U+000A"],
    ["\u007f", "U+007F"],
    ["\u0085", "U+0085"],
    ["\ud800", "U+D800"],
    ["\udc00", "U+DC00"],
  ])("must not contain the control character or lone surrogate %j", (character, name) => {
    expect(refusal(() => JID.of(`a${character}b`, "example.com"))).toBe(
      `the local part must not contain ${name}`,
    );
  });

  test("a full-width @ or / is no separator, and not allowed once it is mapped", () => {
    expect(refusal(() => JID.parse("a\uff20b.example"))).toMatch(
      /^the domain has characters other/,
    );
    expect(refusal(() => JID.parse("a\uff20b@c"))).toBe("the local part must not contain @");
    expect(refusal(() => JID.parse("a\uff0fb@c"))).toBe("the local part must not contain /");
  });
});

describe("resource", () => {
  test.each([
    ["\u0000", "U+0000"],
    ["\t", "U+0009"],
    ["\u007f", "U+007F"],
    ["\u0085", "U+0085"],
    ["\ud800", "U+D800"],
    ["\udc00", "U+DC00"],
    ["\ufffe", "U+FFFE"],
  ])("must not contain %j", (character, name) => {
    expect(refusal(() => JID.parse(`a@b/x${character}`))).toBe(
      `the resource must not contain ${name}`,
    );
  });

  test("keeps its case, and every visible ASCII character", () => {
    const ascii = Array.from({ length: 0x5f }, (_, i) => String.fromCharCode(0x20 + i)).join("");
    expect(JID.parse(`a@b/${ascii}`).resource).toBe(ascii);
  });
});

describe("domain", () => {
  test.each([
    ["EXAMPLE.Com", "example.com"],
    ["example.com.", "example.com"],
    ["localhost", "localhost"],
    ["4you.example", "4you.example"],
    ["a-b.c--d.example", "a-b.c--d.example"],
    ["XN--Fuball-CTA.example", "xn--fuball-cta.example"],
    ["3com", "3com"],
    ["192.168.1.255", "192.168.1.255"],
    ["0.0.0.0.", "0.0.0.0"],
    ["[::]", "[::]"],
    ["[::1]", "[::1]"],
    ["[2001:DB8::FF00:42:8329]", "[2001:db8::ff00:42:8329]"],
    ["[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]"],
    ["[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]"],
    ["[::2:3:4:5:6:7:8]", "[::2:3:4:5:6:7:8]"],
    ["[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]"],
    ["[1:2:3:4:5:6:192.0.2.1]", "[1:2:3:4:5:6:192.0.2.1]"],
  ])("%s", (given, prepared) => {
    expect(JID.of("juliet", given).domain).toBe(prepared);
  });

  test.each([["."], [""]])("must not be %j", (text) => {
    expect(refusal(() => JID.of("juliet", text))).toBe("the domain is empty");
  });

  test.each([
    ["a..example"],
    [".example"],
    ["example.."],
    ["-a.example"],
    ["a-.example"],
    ["a_b.example"],
    ["_xmpp-client._tcp.example"],
    ["exam ple"],
    ["example.com\n"],
    ["example.com:5222"],
    ["a\u0000.example"],
    ["2001:db8::1"],
    ["*.example"],
    ["xn--"],
    ["xn--abc-"],
    [`${"a".repeat(64)}.example`],
  ])("must not have a label as in %j", (text) => {
    expect(refusal(() => JID.of("juliet", text))).toMatch(
      /^the domain has the label ".*": it needs 1 to 63 letters, digits and inner hyphens$/,
    );
  });

  test("must not have labels reserved beside xn-- (RFC 5890 2.3.1)", () => {
    expect(refusal(() => JID.of("juliet", "ab--cd.example"))).toBe(
      'the domain has the label "ab--cd", which is reserved: only xn may stand before --',
    );
  });

  test.each([["fu\u00dfball.example"], ["\u212a.example"], ["a\u3002example"], ["a\ud800"]])(
    "must be written with A-labels: %j",
    (text) => {
      expect(refusal(() => JID.of("juliet", text))).toBe(
        "the domain has characters other than ASCII: write such labels as A-labels (xn--...)",
      );
    },
  );

  test.each([
    ["256.1.1.1"],
    ["1.2.3"],
    ["1.2.3.4.5"],
    ["127.1"],
    ["2130706433"],
    ["192.168.001.1"],
    ["0x7f.0x1"],
    ["0x7f000001"],
    ["example.1"],
  ])("must not look like an IPv4 address to some only: %s", (text) => {
    expect(refusal(() => JID.of("juliet", text))).toBe(
      "the domain ends in a number, but is not an IPv4 address",
    );
  });

  test.each([
    ["[]"],
    ["["],
    ["[:]"],
    ["[:::]"],
    ["[1::2::3]"],
    ["[1:2:3:4:5:6:7]"],
    ["[1:2:3:4:5:6:7:8:9]"],
    ["[1:2:3:4::5:6:7:8]"],
    [":1:2:3:4:5:6:7:8]"],
    ["[:1:2:3:4:5:6:7]"],
    ["[1:2:3:4:5:6:7:]"],
    ["[12345::]"],
    ["[g::]"],
    ["[::1"],
    ["[::1].example"],
    ["[192.0.2.1]"],
    ["[::192.0.2.256]"],
    ["[::192.0.2.1:1]"],
    ["[1:2:3:4:5:6:7:192.0.2.1]"],
    ["[fe80::1%eth0]"],
    ["[fe80::1%25eth0]"],
    ["[v1.x]"],
  ])("must not be %s", (text) => {
    expect(refusal(() => JID.of("juliet", text))).toMatch(
      /^the domain (is not an IPv6 address in brackets, without a zone identifier|has the label .*)$/,
    );
  });
});

describe("length: 1023 bytes of UTF-8 after all mapping (RFC 7622 3.1)", () => {
  /** A name of `length` characters in labels of 63 and, at the end, fewer. */
  function name(length: number): string {
    const labels = "a".repeat(63).concat(".").repeat(17).slice(0, length);
    return labels.endsWith(".") ? `${labels.slice(0, -2)}.a` : labels;
  }

  test.each([
    ["local part", "a".repeat(1023), (text: string) => JID.of(text, "b").local],
    ["resource", "a".repeat(1023), (text: string) => JID.of("a", "b", text).resource],
    ["domain", name(1023), (text: string) => JID.of("a", text).domain],
    ["local part", `${"\u00e9".repeat(511)}a`, (text: string) => JID.of(text, "b").local],
    [
      "resource",
      `${"\u{1f37a}".repeat(255)}abc`,
      (text: string) => JID.of("a", "b", text).resource,
    ],
  ])("the %s may be that long", (_part, text, prepare) => {
    expect(new TextEncoder().encode(text)).toHaveLength(1023);
    expect(prepare(text)).toBe(text);
  });

  test.each([
    ["local part", "a".repeat(1024), (text: string) => JID.of(text, "b")],
    ["resource", "a".repeat(1024), (text: string) => JID.of("a", "b", text)],
    ["domain", name(1024), (text: string) => JID.of("a", text)],
    ["local part", "\u00e9".repeat(512), (text: string) => JID.of(text, "b")],
    ["resource", "\u{1f37a}".repeat(256), (text: string) => JID.of("a", "b", text)],
  ])("the %s must not be longer", (part, text, make) => {
    expect(new TextEncoder().encode(text)).toHaveLength(1024);
    expect(refusal(() => make(text))).toBe(`the ${part} has 1024 bytes, 1023 is the most`);
  });

  test("what mapping makes shorter is measured afterwards", () => {
    expect(JID.of("\uff21".repeat(1023), "b").local).toBe("a".repeat(1023));
    expect(JID.of("e\u0301".repeat(511), "b").local).toBe("\u00e9".repeat(511));
    expect(JID.of("a", "b", "\u3000".repeat(1023)).resource).toBe(" ".repeat(1023));
    expect(JID.of("a", `${name(1023)}.`).domain).toBe(name(1023));
  });
});

describe("working with an address", () => {
  const full = JID.parse("juliet@example.com/balcony");

  test("of() makes one of its parts, and empty ones are absent", () => {
    expect(JID.of("juliet", "example.com", "balcony").equals(full)).toBe(true);
    expect(`${JID.of("juliet", "example.com")}`).toBe("juliet@example.com");
    expect(`${JID.of("", "example.com", "balcony")}`).toBe("example.com/balcony");
    expect(`${JID.of("", "example.com")}`).toBe("example.com");
  });

  test("bare is the address without its resource", () => {
    expect(full.isBare).toBe(false);
    expect(`${full.bare}`).toBe("juliet@example.com");
    expect(full.bare.isBare).toBe(true);
    expect(full.bare.bare.equals(full.bare)).toBe(true);
    expect(`${JID.parse("example.com/x").bare}`).toBe("example.com");
  });

  test("with() changes the resource, prepares it, and leaves the address as it was", () => {
    expect(`${full.with("a\u00a0b")}`).toBe("juliet@example.com/a b");
    expect(`${full.bare.with("garden")}`).toBe("juliet@example.com/garden");
    expect(full.with("").equals(full.bare)).toBe(true);
    expect(refusal(() => full.with("a\u0000"))).toBe("the resource must not contain U+0000");
    expect(`${full}`).toBe("juliet@example.com/balcony");
  });

  test.each([
    ["juliet@example.com/balcony", "Juliet@EXAMPLE.com./balcony", true],
    ["juliet@example.com/balcony", "juliet@example.com/Balcony", false],
    ["juliet@example.com/balcony", "juliet@example.com", false],
    ["juliet@example.com", "example.com", false],
    ["juliet@example.com", "juliet@example.net", false],
    ["juliet@example.com", "romeo@example.com", false],
    ["a@b/\u00e9", "a@b/e\u0301", true],
    ["\u00c9@b", "e\u0301@b", true],
    ["a@b/x y", "a@b/x\u2003y", true],
  ])("equality is that of the prepared forms: %s and %s", (one, other, same) => {
    expect(JID.parse(one).equals(JID.parse(other))).toBe(same);
    expect(JID.parse(other).equals(JID.parse(one))).toBe(same);
  });
});

describe("an engine without normalize, as XS on a microcontroller", () => {
  const normalize = String.prototype.normalize;

  beforeAll(() => {
    // XS gives back what no form changes and throws at the rest.
    String.prototype.normalize = function (this: string, form = "NFC"): string {
      const unchanged = form === "NFC" ? 0x100 : 0x80;
      if ([...this].every((character) => (character.codePointAt(0) as number) < unchanged))
        return String(this);
      throw new RangeError("not built-in");
    };
  });

  afterAll(() => {
    String.prototype.normalize = normalize;
  });

  test("prepares ASCII", () => {
    expect(parts("Juliet@Example.com./My Balcony")).toEqual([
      "juliet",
      "example.com",
      "My Balcony",
    ]);
    expect(refusal(() => JID.parse("a b@c"))).toBe("the local part must not contain U+0020");
  });

  test.each([
    ["fu\u00dfball@example.com", "local part"],
    ["\u03c0@example.com", "local part"],
    ["a\ud800@example.com", "local part"],
    ["juliet@example.com/\u00e9", "resource"],
    ["juliet@example.com/\u{1f37a}", "resource"],
  ])("refuses %j, and says what to do", (text, part) => {
    expect(refusal(() => JID.parse(text))).toBe(
      `the ${part} has characters other than ASCII, which this engine cannot prepare: use ASCII`,
    );
  });
});

describe("any ASCII", () => {
  const random = seeded();
  const again = `(PIPIT_SEED=${random.seed})`;

  const characters = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i));
  const LETTERS_DIGITS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"];
  const LOCAL = characters(0x21, 0x7e).filter((character) => !"\"&'/:<>@".includes(character));
  const RESOURCE = characters(0x20, 0x7e);

  function word({ int, pick }: Seeded, alphabet: readonly string[], most: number): string {
    return Array.from({ length: 1 + int(most) }, () => pick(alphabet)).join("");
  }

  test(`a legal address is read, written and read again as the same ${again}`, () => {
    for (let i = 0; i < 2_000; i++) {
      const local = random.int(4) === 0 ? "" : word(random, LOCAL, 20);
      const domain = `${word(random, LETTERS_DIGITS, 20)}.${word(random, LETTERS_DIGITS, 5)}.example`;
      const resource = random.int(3) === 0 ? "" : word(random, RESOURCE, 20);
      const text = `${local && `${local}@`}${domain}${resource && `/${resource}`}`;

      const jid = JID.parse(text);
      const prepared = [local.toLowerCase(), domain.toLowerCase(), resource];
      expect([jid.local, jid.domain, jid.resource]).toEqual(prepared);
      expect(parts(`${jid}`)).toEqual(prepared);
      expect(JID.of(local, domain, resource).equals(jid)).toBe(true);
    }
  });

  test(`anything is either refused or stays the same when it is read again ${again}`, () => {
    const any = [..."ab@@//..--::[]1%_ \n\u0000\u007fXx"];
    let accepted = 0;
    for (let i = 0; i < 20_000; i++) {
      const text = word(random, any, 8);
      let jid: JID;
      try {
        jid = JID.parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        continue;
      }
      accepted++;
      expect(JID.parse(`${jid}`).equals(jid)).toBe(true);
    }
    expect(accepted).toBeGreaterThan(0);
  });
});
