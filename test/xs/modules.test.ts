import { describe, expect, test } from "@jest/globals";
import { compileModule } from "../../scripts/xs-modules.mjs";

const compile = (source: string): string => compileModule("firmware/a", source);

describe("what XS is given of a module", () => {
  test.each<[string, string, string]>([
    ["no types", "import type { B } from './b.js'; export const a: B = 1;", "export const a=1;"],
    [
      "private names as ordinary ones, with their values set in the constructor",
      "export class A { #a = f(); #b(): number { return this.#a; } static c(a: A) { return a.#b(); } }",
      "export class A{_b(){return this._a}static c(t){return t._b()}constructor(){this._a=f()}}",
    ],
    [
      "no private names in strings and expressions",
      "export const a = ['#a', `#b`, /#c/];",
      'export const a=["#a","#b",/#c/];',
    ],
    [
      "constants in their places",
      "const TAB = 9; export function a(b: number): boolean { return b === TAB; }",
      "export function a(n){return 9===n}",
    ],
    [
      "the last call of what returns nothing, as its result",
      "export function a(): void { b(); if (c) b(); else { d(); } }",
      "export function a(){b();if(c)return b();else return d()}",
    ],
    [
      "undefined by its name",
      "export const a = (b?: number): boolean => b === undefined;",
      "export const a=o=>undefined===o;",
    ],
    [
      "other calls as they are",
      "export function a(): number { b(); return 1; } export const c = (): void => { try { b(); } finally { d(); } };",
      "export function a(){b();return 1}export const c=()=>{try{b()}finally{d()}};",
    ],
  ])("%s", (_name, source, code) => {
    expect(compile(source)).toBe(code);
  });

  test.each<[string, string, string]>([
    [
      "a name that a private one may become",
      "\nexport const a = b._c;",
      "firmware/a:2: private names become names such as this; choose another",
    ],
    [
      "private names where a parent may have the same",
      "export class A extends B { #a() {} }",
      "firmware/a:1: this class could have private names in common with its parent",
    ],
    [
      "a test for a private name",
      "export class A { #a; static b(a: object) { return #a in a; } }",
      'firmware/a:1: "#name in object" does not work with ordinary names',
    ],
    ["what is no TypeScript", "export const = 1;", "Unexpected token"],
  ])("is refused: %s", (_name, source, message) => {
    expect(() => compile(source)).toThrow(message);
  });
});
