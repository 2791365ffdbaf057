import { describe, expect, test } from "@jest/globals";
import { isUnit } from "../../firmware/telemetry/units.js";

// Table 6 of RFC 8428 12.1, and the table of RFC 8798 2.
const RFC_8428 =
  `m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3
  l m/s m/s2 m3/s l/s W/m2 cd/m2 bit bit/s lat lon pH dB dBW Bspl count / % %RH %EL EL 1/s 1/min
  beat/min beats S/m`.split(/\s+/);
const RFC_8798 = "B VA VAs var vars J/m kg/m3 deg".split(" ");

test("the tables are whole", () => {
  expect([RFC_8428.length, RFC_8798.length]).toEqual([58, 8]);
});

test.each([...RFC_8428, ...RFC_8798])("%s is a unit", (symbol) => {
  expect(isUnit(symbol)).toBe(true);
});

describe("no unit", () => {
  test.each([
    ["nothing", ""],
    ["a space", " "],
    ["two units", "m kg"],
    ["a unit in spaces", " m "],
    ["the end of a unit", "RH"],
    ["the beginning of a unit", "Ce"],
    ["another case", "PA"],
    ["the sign instead of the symbol", "°C"],
    ["a name", "Celsius"],
    ["a secondary unit (RFC 8798 3)", "hPa"],
    ["a property of objects", "constructor"],
  ])("%s", (_what, symbol) => {
    expect(isUnit(symbol)).toBe(false);
  });
});
