import { describe, expect, test } from "@jest/globals";
import { encodeSenml, NS_SENML, type Reading } from "../../firmware/telemetry/senml.js";
import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { type Attributes, type Element, xml } from "../../firmware/xmpp/xml/element.js";
import { seeded } from "../support/random.js";

/** 2024-03-01T12:00:00Z: when the packs arrive. */
const NOW = 1_709_294_400;

/** The attributes of records, as strings. */
type Records = readonly Attributes[];

const pack = (...records: Records): Element =>
  xml("sensml", { xmlns: NS_SENML }, ...records.map((record) => xml("senml", record)));

/** A record of the RFC's JSON examples, as the attributes it has in XML. */
const fromJson = (json: string): Records =>
  (JSON.parse(json) as Record<string, unknown>[]).map((record) =>
    Object.fromEntries(Object.entries(record).map(([label, value]) => [label, String(value)])),
  );

const attributesOf = (element: Element): Record<string, string> => {
  const pairs: Record<string, string> = {};
  for (let i = 0; i < element.attributes.length; i += 2)
    pairs[element.attributes[i] as string] = element.attributes[i + 1] as string;
  return pairs;
};

const recordsOf = (readings: readonly Reading[]) =>
  encodeSenml(readings).elements().map(attributesOf);

const errorOf = (run: () => unknown): ConfigError => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("decoding the examples of RFC 8428 5.1", () => {
  const DEVICE = "urn:dev:ow:10e2073a01080063";

  test.each<{ section: string; json: string; readings: Reading[] }>([
    {
      section: "5.1.1: one reading, now",
      json: `[{"n":"${DEVICE}","u":"Cel","v":23.1}]`,
      readings: [{ name: DEVICE, unit: "Cel", value: 23.1, time: NOW }],
    },
    {
      section: "5.1.2: the base name is put before the names",
      json: `[
        {"bn":"${DEVICE}:","n":"voltage","u":"V","v":120.1},
        {"n":"current","u":"A","v":1.2}
      ]`,
      readings: [
        { name: `${DEVICE}:voltage`, unit: "V", value: 120.1, time: NOW },
        { name: `${DEVICE}:current`, unit: "A", value: 1.2, time: NOW },
      ],
    },
    {
      section: "5.1.2: the times before the base time come first when resolved",
      json: `[
        {"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,
         "n":"voltage","u":"V","v":120.1},
        {"n":"current","t":-5,"v":1.2},
        {"n":"current","t":-4,"v":1.3},
        {"n":"current","v":1.7}
      ]`,
      readings: [
        [-5, "current", "A", 1.2] as const,
        [-4, "current", "A", 1.3] as const,
        [0, "voltage", "V", 120.1] as const,
        [0, "current", "A", 1.7] as const,
      ].map(([offset, name, unit, value]) => ({
        name: `urn:dev:ow:10e2073a0108006:${name}`,
        unit,
        value,
        time: 1276020076.001 + offset,
      })),
    },
    {
      section: "5.1.3, resolved in 5.1.4: the base name alone, units of their own",
      json: `[
        {"bn":"${DEVICE}","bt":1.320067464e+09,"bu":"%RH","v":20},
        {"u":"lon","v":24.30621},
        {"u":"lat","v":60.07965},
        {"t":60,"v":20.3},
        {"u":"%EL","t":150,"v":98},
        {"t":180,"v":21.2}
      ]`,
      readings: [
        { name: DEVICE, unit: "%RH", time: 1320067464, value: 20 },
        { name: DEVICE, unit: "lon", time: 1320067464, value: 24.30621 },
        { name: DEVICE, unit: "lat", time: 1320067464, value: 60.07965 },
        { name: DEVICE, unit: "%RH", time: 1320067524, value: 20.3 },
        { name: DEVICE, unit: "%EL", time: 1320067614, value: 98 },
        { name: DEVICE, unit: "%RH", time: 1320067644, value: 21.2 },
      ],
    },
    {
      section: "5.1.5: all types of values",
      json: `[
        {"bn":"${DEVICE}:","n":"temp","u":"Cel","v":23.1},
        {"n":"label","vs":"Machine Room"},
        {"n":"open","vb":false},
        {"n":"nfv-reader","vd":"aGkgCg"}
      ]`,
      readings: [
        { name: `${DEVICE}:temp`, unit: "Cel", value: 23.1, time: NOW },
        { name: `${DEVICE}:label`, value: "Machine Room", time: NOW },
        { name: `${DEVICE}:open`, value: false, time: NOW },
        { name: `${DEVICE}:nfv-reader`, data: "aGkgCg", time: NOW },
      ],
    },
    {
      section: "5.1.6: a new base name, the base time goes on",
      json: `[
        {"bn":"2001:db8::2/","bt":1.320078429e+09,"n":"temperature","u":"Cel","v":25.2},
        {"n":"humidity","u":"%RH","v":30},
        {"bn":"2001:db8::1/","n":"temperature","u":"Cel","v":12.3},
        {"n":"humidity","u":"%RH","v":67}
      ]`,
      readings: [
        { name: "2001:db8::2/temperature", unit: "Cel", value: 25.2, time: 1320078429 },
        { name: "2001:db8::2/humidity", unit: "%RH", value: 30, time: 1320078429 },
        { name: "2001:db8::1/temperature", unit: "Cel", value: 12.3, time: 1320078429 },
        { name: "2001:db8::1/humidity", unit: "%RH", value: 67, time: 1320078429 },
      ],
    },
    {
      section: "5.1.7: a record of base fields only is no reading",
      json: `[{"bn":"${DEVICE}:"},{"n":"temp","u":"Cel","v":23.1},{"n":"heat","u":"/","v":1}]`,
      readings: [
        { name: `${DEVICE}:temp`, unit: "Cel", value: 23.1, time: NOW },
        { name: `${DEVICE}:heat`, unit: "/", value: 1, time: NOW },
      ],
    },
    {
      section: "5.1.7: times after the base time",
      json: `[
        {"bt":1.320078429e+09,"bu":"/","n":"2001:db8::3","v":0.5},
        {"n":"2001:db8::3","t":0.1,"v":0}
      ]`,
      readings: [
        { name: "2001:db8::3", unit: "/", value: 0.5, time: 1320078429 },
        { name: "2001:db8::3", unit: "/", value: 0, time: 1320078429.1 },
      ],
    },
  ])("$section", ({ json, readings }) => {
    expect(decodeSenml(pack(...fromJson(json)), NOW)).toEqual(readings);
  });
});

describe("resolving records (RFC 8428 4)", () => {
  test.each<{ what: string; records: Records; readings: Reading[] }>([
    {
      what: "a time below 2^28 is relative, one of 2^28 is absolute (4.5.3)",
      records: [
        { n: "a", v: "1", t: "268435456" },
        { n: "a", v: "2", t: "-10.5" },
        { n: "a", v: "3", t: "268435455" },
      ],
      readings: [
        { name: "a", value: 1, time: 268435456 },
        { name: "a", value: 2, time: NOW - 10.5 },
        { name: "a", value: 3, time: NOW + 268435455 },
      ],
    },
    {
      what: "base time and time may be absolute together only (4.5.3)",
      records: [{ bt: "268435450", n: "a", v: "1", t: "6" }],
      readings: [{ name: "a", value: 1, time: 268435456 }],
    },
    {
      what: "base value and base sum are added; alone, they are the value and the sum (4.5.4)",
      records: [
        { bn: "a", bv: "20", bs: "100", v: "1.5", s: "-1" },
        { t: "0" },
        { bv: "0", bs: "5", vs: "off" },
      ],
      readings: [
        { name: "a", value: 21.5, sum: 99, time: NOW },
        { name: "a", value: 20, sum: 100, time: NOW },
        { name: "a", value: "off", sum: 5, time: NOW },
      ],
    },
    {
      what: "a sum without a value, an update time (4.2)",
      records: [{ n: "a", u: "W", s: "12", ut: "60" }],
      readings: [{ name: "a", unit: "W", sum: 12, updateTime: 60, time: NOW }],
    },
    {
      what: "numbers in every form of xs:double",
      records: ["1e3", "1E3", "+1000", "1000.", "01000", "100000e-2"].map((v) => ({ n: "a", v })),
      readings: Array.from({ length: 6 }, () => ({ name: "a", value: 1000, time: NOW })),
    },
    {
      what: "booleans in every form of xs:boolean",
      records: ["true", "1", "false", "0"].map((vb) => ({ n: "a", vb })),
      readings: [true, true, false, false].map((value) => ({ name: "a", value, time: NOW })),
    },
    {
      what: "strings with the escape sequences of JSON (7), or with none",
      records: [
        String.raw`say \"no\"`,
        String.raw`a\nb\\n\u00b0`,
        String.raw`C:\x`,
        'say "no"',
        "a\nb",
        "",
      ].map((vs) => ({ n: "a", vs })),
      readings: ['say "no"', "a\nb\\n°", String.raw`C:\x`, 'say "no"', "a\nb", ""].map((value) => ({
        name: "a",
        value,
        time: NOW,
      })),
    },
    {
      what: "unknown fields are ignored, and so is a unit the registry has not (4.4)",
      records: [{ n: "a", u: "furlong", v: "1", l: "2", _x: "3", "{urn:example}y": "4" }],
      readings: [{ name: "a", unit: "furlong", value: 1, time: NOW }],
    },
    {
      what: "versions up to 10",
      records: [
        { bver: "10", n: "a", v: "1" },
        { bver: "1", n: "a", v: "2" },
      ],
      readings: [
        { name: "a", value: 1, time: NOW },
        { name: "a", value: 2, time: NOW },
      ],
    },
  ])("$what", ({ records, readings }) => {
    expect(decodeSenml(pack(...records), NOW)).toEqual(readings);
  });

  test("elements and text beside the records are ignored", () => {
    const sensml = xml(
      "sensml",
      { xmlns: NS_SENML },
      "\n  ",
      xml("note", { n: "x" }),
      xml("senml", { xmlns: "urn:example", n: "b", v: "2" }),
      xml("senml", { n: "a", v: "1" }),
    );
    expect(decodeSenml(sensml, NOW)).toEqual([{ name: "a", value: 1, time: NOW }]);
  });
});

describe("refusing what comes from the network", () => {
  test.each<[what: string, records: Records, text: string]>([
    ["no record", [], "pack: has no record; a pack holds one or more"],
    [
      "a higher version",
      [{ bver: "11", n: "a", v: "1" }],
      "record 1: version (bver) 11 is not one from 1 to 10",
    ],
    [
      "the feature of RFC 9100",
      [{ bver: "26", n: "a", v: "1" }],
      "record 1: version (bver) 26 is not one from 1 to 10",
    ],
    [
      "version 0",
      [{ bver: "0", n: "a", v: "1" }],
      "record 1: version (bver) 0 is not one from 1 to 10",
    ],
    [
      "half a version",
      [{ bver: "9.5", n: "a", v: "1" }],
      "record 1: version (bver) 9.5 is not one from 1 to 10",
    ],
    [
      "an extension that must be understood",
      [
        { n: "a", v: "1" },
        { n: "a", v: "1", x_: "" },
      ],
      'record 2: demands the unknown extension "x_"',
    ],
    [
      "the same for all that follow",
      [{ bx_: "1" }, { n: "a", v: "1" }],
      'record 1: demands the unknown extension "bx_"',
    ],
    [
      "no name",
      [{ v: "1" }],
      'record 1: name "" is not a letter or digit, then letters, digits, "-:./_"',
    ],
    [
      "a name that begins with a sign",
      [{ n: "_a", v: "1" }],
      'record 1: name "_a" is not a letter or digit, then letters, digits, "-:./_"',
    ],
    [
      "a name with a space",
      [{ bn: "a", n: " b", v: "1" }],
      'record 1: name "a b" is not a letter or digit, then letters, digits, "-:./_"',
    ],
    [
      "a name with a line feed at its end",
      [{ n: "a\n", v: "1" }],
      String.raw`record 1: name "a\n" is not a letter or digit, then letters, digits, "-:./_"`,
    ],
    [
      "a name in other letters",
      [{ n: "é", v: "1" }],
      'record 1: name "é" is not a letter or digit, then letters, digits, "-:./_"',
    ],
    ["no value", [{ n: "a", t: "1" }], 'record 1: "a" has neither a value nor a sum'],
    ["two values", [{ n: "a", v: "1", vb: "true" }], "record 1: has both v and vb; one may be"],
    ["a boolean in words", [{ n: "a", vb: "yes" }], 'record 1: vb "yes" is neither true nor false'],
    [
      "data with padding",
      [{ n: "a", vd: "aGk=" }],
      'record 1: data of "a" is not base64url without padding',
    ],
    [
      "an endless sum of finite numbers",
      [{ bv: "1e308", n: "a", v: "1e308" }],
      'record 1: "a" has the number Infinity; only finite ones can be sent',
    ],
    [
      "an endless time of finite numbers",
      [{ bt: "-1e308", n: "a", t: "-1e308", v: "1" }],
      'record 1: "a" has the number -Infinity; only finite ones can be sent',
    ],
  ])("%s", (_what, records, text) => {
    const error = errorOf(() => decodeSenml(pack(...records), NOW));
    expect([error.condition, error.text, error.retry]).toEqual(["senml-invalid", text, "never"]);
  });

  test.each([
    "",
    " ",
    "INF",
    "-INF",
    "NaN",
    "Infinity",
    "1e999",
    "0x10",
    "1,5",
    "1e",
    ".",
    "--1",
    "1 2",
    "१",
  ])("the number %j", (text) => {
    for (const label of ["v", "s", "t", "ut", "bv", "bs", "bt", "bver"]) {
      const record = { n: "a", v: "1", [label]: text };
      expect(errorOf(() => decodeSenml(pack(record), NOW)).text).toBe(
        `record 1: ${label} ${JSON.stringify(text)} is not a finite number`,
      );
    }
  });

  test.each([
    ["another element", xml("senml", { xmlns: NS_SENML, n: "a", v: "1" })],
    [
      "another namespace",
      xml("sensml", { xmlns: "urn:example" }, xml("senml", { n: "a", v: "1" })),
    ],
    [
      "a demand on the pack",
      xml("sensml", { xmlns: NS_SENML, x_: "" }, xml("senml", { n: "a", v: "1" })),
    ],
  ])("%s", (_what, element) => {
    expect(errorOf(() => decodeSenml(element, NOW)).condition).toBe("senml-invalid");
  });

  test("an error quotes no more than the beginning of what it found", () => {
    const error = errorOf(() => decodeSenml(pack({ n: "a", v: `${"9".repeat(100_000)}x` }), NOW));
    expect(error.text).toBe(`record 1: v "${"9".repeat(40)}" is not a finite number`);
  });
});

describe("encoding", () => {
  const DEVICE = "urn:dev:mac:0024befffe804ff1:";
  const T = NOW;

  test("the pack is that of RFC 8428 7", () => {
    const element = encodeSenml([
      { name: `${DEVICE}temperature`, unit: "Cel", value: 21.5, time: T },
      { name: `${DEVICE}humidity`, unit: "%RH", value: 40, time: T },
    ]);
    expect(element).toEqual(
      xml(
        "sensml",
        { xmlns: NS_SENML },
        xml("senml", { bn: DEVICE, bt: "1709294400", n: "temperature", u: "Cel", v: "21.5" }),
        xml("senml", { n: "humidity", u: "%RH", v: "40" }),
      ),
    );
  });

  test.each<{ what: string; readings: Reading[]; records: Records }>([
    {
      what: "one name: all of it is the base name; one unit: it is the base unit",
      readings: [
        { name: "a:t", unit: "Cel", value: 1, time: T },
        { name: "a:t", unit: "Cel", value: 2, time: T + 60 },
      ],
      records: [
        { bn: "a:t", bt: "1709294400", bu: "Cel", v: "1" },
        { t: "60", v: "2" },
      ],
    },
    {
      what: "names are parted at : and / only",
      readings: [
        { name: "a:b/temperature", value: 1, time: T },
        { name: "a:b/tide", value: 2, time: T },
        { name: "a:c", value: 3, time: T },
      ],
      records: [
        { bn: "a:", bt: "1709294400", n: "b/temperature", v: "1" },
        { n: "b/tide", v: "2" },
        { n: "c", v: "3" },
      ],
    },
    {
      what: "names with nothing in common have no base name",
      readings: [
        { name: "a", value: 1, time: T },
        { name: "b", value: 2, time: T },
      ],
      records: [
        { bt: "1709294400", n: "a", v: "1" },
        { n: "b", v: "2" },
      ],
    },
    {
      what: "no base unit while a reading has none",
      readings: [
        { name: "a", unit: "Cel", value: 1, time: T },
        { name: "a", value: "off", time: T },
        { name: "a", unit: "Cel", value: 1, time: T },
      ],
      records: [
        { bn: "a", bt: "1709294400", u: "Cel", v: "1" },
        { vs: "off" },
        { u: "Cel", v: "1" },
      ],
    },
    {
      what: "time differences are written short",
      readings: [0.123, 1.123, 2.5, 61.126].map((t) => ({ name: "a", value: 0, time: T + t })),
      records: [
        { bn: "a", bt: "1709294400.123", v: "0" },
        { t: "1", v: "0" },
        { t: "2.377", v: "0" },
        { t: "61.003", v: "0" },
      ],
    },
    {
      what: "relative times: no clock, no base time",
      readings: [
        { name: "a", value: 1, time: 0 },
        { name: "a", value: 2, time: -2.5 },
      ],
      records: [
        { bn: "a", v: "1" },
        { t: "-2.5", v: "2" },
      ],
    },
    {
      what: "a time that cannot be reached by adding gets a new base time",
      readings: [
        { name: "a", value: 1, time: 1e9 + 1 / 3 },
        { name: "a", value: 2, time: 1 / 3 },
        { name: "a", value: 3, time: 1 / 3 + 1 },
      ],
      records: [
        { bn: "a", bt: "1000000000.3333334", v: "1" },
        { bt: "0.3333333333333333", v: "2" },
        { t: "1", v: "3" },
      ],
    },
    {
      what: "all kinds of values",
      readings: [
        { name: "a", value: -0.001, sum: 1e21, updateTime: 60, time: 0 },
        { name: "a", value: 1e-7, time: 0 },
        { name: "a", value: true, time: 0 },
        { name: "a", value: 'a "b"\n\u0000', time: 0 },
        { name: "a", data: "aGk-_w", time: 0 },
        { name: "a", sum: 0, time: 0 },
      ],
      records: [
        { bn: "a", v: "-0.001", s: "1e+21", ut: "60" },
        { v: "1e-7" },
        { vb: "true" },
        { vs: String.raw`a \"b\"\n\u0000` },
        { vd: "aGk-_w" },
        { s: "0" },
      ],
    },
  ])("$what", ({ readings, records }) => {
    expect(recordsOf(readings)).toEqual(records);
    expect(decodeSenml(encodeSenml(readings), 0)).toEqual(
      [...readings].sort((a, b) => a.time - b.time),
    );
  });

  test("pitfall 13: control characters of a string stay out of the XML, and arrive", () => {
    const value = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join("");
    const element = encodeSenml([{ name: "a", value, time: T }]);
    expect(element.elements()[0]?.attr("vs")).toMatch(/^[ -~]+$/);
    expect(decodeSenml(element, NOW)).toEqual([{ name: "a", value, time: T }]);
  });

  test.each<[what: string, readings: Reading[], text: string]>([
    ["no reading", [], "pack: has no reading; a pack holds one or more"],
    [
      "a bad name",
      [
        { name: "a", value: 1, time: T },
        { name: "a b", value: 1, time: T },
      ],
      'reading 2: name "a b" is not a letter or digit, then letters, digits, "-:./_"',
    ],
    [
      "an empty name",
      [{ name: "", value: 1, time: T }],
      'reading 1: name "" is not a letter or digit, then letters, digits, "-:./_"',
    ],
    [
      "NaN",
      [{ name: "a", value: Number.NaN, time: T }],
      'reading 1: "a" has the number NaN; only finite ones can be sent',
    ],
    [
      "Infinity",
      [{ name: "a", sum: Number.POSITIVE_INFINITY, time: T }],
      'reading 1: "a" has the number Infinity; only finite ones can be sent',
    ],
    [
      "an endless time",
      [{ name: "a", value: 1, time: Number.NEGATIVE_INFINITY }],
      'reading 1: "a" has the number -Infinity; only finite ones can be sent',
    ],
    [
      "an update time that is no number",
      [{ name: "a", value: 1, time: T, updateTime: Number.NaN }],
      'reading 1: "a" has the number NaN; only finite ones can be sent',
    ],
    ["no value", [{ name: "a", time: T }], 'reading 1: "a" has neither a value nor a sum'],
    [
      "value and data",
      [{ name: "a", value: 1, data: "", time: T }],
      'reading 1: "a" has both a value and data; one may be',
    ],
    [
      "data that is not base64url",
      [{ name: "a", data: "a+b/", time: T }],
      'reading 1: data of "a" is not base64url without padding',
    ],
    [
      "a unit that the registry has not",
      [{ name: "a", unit: "°C", value: 1, time: T }],
      'reading 1: "°C" is not a primary unit of the SenML registry',
    ],
    [
      "a secondary unit (RFC 8798 3)",
      [{ name: "a", unit: "hPa", value: 1, time: T }],
      'reading 1: "hPa" is not a primary unit of the SenML registry',
    ],
  ])("refuses %s", (_what, readings, text) => {
    const error = errorOf(() => encodeSenml(readings));
    expect([error.condition, error.text, error.retry]).toEqual(["senml-invalid", text, "never"]);
  });
});

describe("property: what is decoded is what was encoded", () => {
  const random = seeded();
  const { int, next, pick } = random;
  const bits = new DataView(new ArrayBuffer(8));

  /** Any finite double, as likely tiny as huge; or one such as sensors give. Never -0. */
  const number = (): number => {
    if (int(2) === 0) return Math.round(next() * 1e4) / 100;
    bits.setUint32(0, int(2 ** 32));
    bits.setUint32(4, int(2 ** 32));
    const double = bits.getFloat64(0);
    return Number.isFinite(double) ? double + 0 : 0;
  };
  const text = () =>
    Array.from({ length: int(8) }, () =>
      pick(["a", " ", '"', "\\", "\n", "\u0000", "<", "&", "°", "😀", "\\u0041"]),
    ).join("");
  const name = () =>
    pick(["urn:dev:1:", "urn:dev:1:a/", "urn:dev:2:", ""]) + pick(["a", "a:b", "ab", "0", "a/_-."]);
  const unit = () => ({ unit: pick(["Cel", "%RH", "/"]) });
  const content = (): Pick<Reading, "value" | "data" | "sum"> =>
    pick([
      () => ({ value: number() }),
      () => ({ value: text() }),
      () => ({ value: pick([true, false]) }),
      () => ({ data: pick(["", "aGk", "-_8"]) }),
      () => ({ sum: number() }),
      () => ({ value: number(), sum: number() }),
    ])();

  /** Times as devices give them (whole seconds, milliseconds, microseconds), and any double at all. */
  const time = (): number =>
    pick([
      () => NOW + int(100),
      () => (NOW * 1000 + int(1e6)) / 1000,
      () => NOW + next() * 1000,
      () => 2 ** 28 + Math.abs(number()),
    ])();

  const readings = (): Reading[] =>
    Array.from({ length: 1 + int(8) }, () => ({
      name: name(),
      ...(int(4) > 0 ? unit() : {}),
      ...content(),
      time: time(),
      ...(int(4) === 0 ? { updateTime: number() } : {}),
    })).sort((a, b) => a.time - b.time);

  test(`2,000 packs (PIPIT_SEED=${random.seed})`, () => {
    for (let i = 0; i < 2000; i++) {
      const sent = readings();
      expect(decodeSenml(encodeSenml(sent), NOW)).toEqual(sent);
    }
  });

  test(`whatever attributes say, decoding gives valid readings or a ConfigError (PIPIT_SEED=${random.seed})`, () => {
    const labels = [
      "bn",
      "bt",
      "bu",
      "bv",
      "bs",
      "bver",
      "n",
      "u",
      "v",
      "vs",
      "vb",
      "vd",
      "s",
      "t",
      "ut",
      "x",
      "x_",
    ];
    const values = ["a", "a:", "", "1", "-1.5", "1e308", "10", "true", "\\", "NaN", "é"];
    let decoded = 0;
    for (let i = 0; i < 5000; i++) {
      const records = Array.from({ length: 1 + int(3) }, () =>
        Object.fromEntries(Array.from({ length: 1 + int(3) }, () => [pick(labels), pick(values)])),
      );
      let result: Reading[];
      try {
        result = decodeSenml(pack({ bn: "a" }, ...records), NOW);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        continue;
      }
      const known = result.map(({ unit: _, ...reading }) => reading);
      if (known.length === 0) continue;
      expect(decodeSenml(encodeSenml(known), NOW)).toHaveLength(known.length);
      decoded++;
    }
    expect(decoded).toBeGreaterThan(100);
  });
});
