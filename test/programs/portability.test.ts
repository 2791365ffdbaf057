import { readdirSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import ts from "typescript";
import { findUnportable } from "../../host-sim/programs/portability.js";
import { BOX, parseSources, readSources } from "../../host-sim/programs/sources.js";

/** What is found in the body of a method, with some fields and variables around it. */
function findIn(body: string): string[] {
  const text = `
export class Program {
  private whole: i32 = 0;
  private real: f64 = 0;
  private yes: boolean = false;
  constructor(config: Float64Array) {}
  samples(window: Float64Array, records: Records): void {
    ${body}
  }
}`;
  return findings(text);
}

function findings(text: string): string[] {
  const file = ts.createSourceFile("program.ts", text, ts.ScriptTarget.ES2022, true);
  return findUnportable(new Map([["program", file]]), "program").map(({ text }) => text);
}

describe("what means the same everywhere is let pass", () => {
  test.each([
    "const mean: f64 = (window[0] + window[1]) / 2;",
    "this.whole = (this.whole + 1) & 7;",
    "this.real = this.whole / window[0];",
    "if (this.real > 1 && !this.yes) this.yes = true;",
    "for (let i: i32 = 0; i < window.length; i++) this.real += window[i];",
    "while (this.whole > 0) this.whole = this.whole >> 1;",
    "records.add(0, window.length - 1, this.yes ? 1 : 0);",
    "this.real = Math.sqrt(Math.abs(this.real));",
    "this.whole = 3 * this.whole;",
    "this.whole = this.whole % 16;",
  ])("%s", (body) => {
    expect(findIn(body)).toEqual([]);
  });
});

describe("what does not is found", () => {
  test.each([
    ["let i = 0;", /^i = 0 has no type; AssemblyScript would take 0 for an i32/],
    ["let i: number = 0;", /^number is not a type for sensor programs; write i32 or f64/],
    ["let i: i32; i = 1;", /^i: i32 has no value to begin with/],
    ["this.real = this.whole / 2;", /^this.whole \/ 2 divides whole numbers/],
    ["this.real = window.length / 2;", /divides whole numbers/],
    ["this.whole = this.whole % window.length;", /traps in AssemblyScript when the divisor is 0/],
    ["this.whole = this.whole * this.whole;", /wraps around/],
    ["this.whole = this.whole >>> 1;", /^>>> is not for sensor programs/],
    ["this.real = this.real ** 2;", /^\*\* is not for sensor programs/],
    ["if (this.real) this.yes = true;", /^this.real is not a boolean: NaN is true/],
    ["this.yes = !this.whole;", /^this.whole is not a boolean/],
    ["this.yes = this.real == 1;", /^== is not for sensor programs/],
    ["this.real = Math.sin(this.real);", /^Math.sin differs between engines; there are Math.abs/],
    ["this.real = Math.random();", /^Math.random differs/],
    ["this.whole = this.real as i32;", /is not for sensor programs/],
    ["for (const value of window) this.real += value;", /is not for sensor programs/],
    ["window.forEach((value) => {});", /is not for sensor programs/],
    ["try { this.real = 1; } catch {}", /is not for sensor programs/],
    ["const { length } = window;", /takes apart/],
    ["const text: string = 'a';", /string is not a type/],
    ["const more: Float64Array = new Float64Array(8);", /takes memory that is never given back/],
    ["parseFloat('1');", /^parseFloat is not a function of this program/],
    ["this.real = window?.[0] ?? 0;", /is not for sensor programs/],
    ["this.real = (1, 2);", /^, is not for sensor programs/],
  ])("%s", (body, expected) => {
    expect(findIn(body).join("\n")).toMatch(expected);
  });

  test.each([
    ["let count: i32 = 0;", /shared by all devices of a process/],
    [
      "const table: Float64Array = new Float64Array(4);",
      /only those may stand outside of functions/,
    ],
    ["class Other extends Program {}", /put an object into a field/],
    ["function twice(x: f64) { return 2 * x; }", /^twice does not say what it returns/],
    ["function twice(x: f64 = 1): f64 { return 2 * x; }", /may be left out/],
    ["console.log(1);", /stands outside of functions and classes/],
    ["async function wait(): void {}", /./],
  ])("%s", (text, expected) => {
    expect(findings(text).join("\n")).toMatch(expected);
  });

  test("it says where", () => {
    const file = ts.createSourceFile("a.ts", "const a = 1;\n\n  let b: f64 = 2;", 9, true);
    expect(findUnportable(new Map([["a", file]]), "a").map(({ place }) => place)).toEqual([
      "a.ts:1:7",
      "a.ts:3:3",
    ]);
  });
});

const OURS = ["description", "records", "types"]; // what programs are built on, which Node compiles as well

test.each(
  readdirSync(BOX)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.slice(0, -3))
    .filter((name) => !OURS.includes(name)),
)("the box: %s is portable", (name) => {
  expect(findUnportable(parseSources(readSources(`${BOX}/${name}.ts`)), name)).toEqual([]);
});
