/** Files that are no sensor programs, and programs that do what they must not. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
// From where it is compiled to: it begins a thread, which has to be JavaScript.
import { ProgramFile } from "../../build/host-sim/programs/program-file.js";
import { compileForSimulator, pinnedCompiler } from "../../host-sim/programs/compile.js";
import { readDescription } from "../../host-sim/programs/description.js";
import { WasmProgram } from "../../host-sim/programs/wasm.js";

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "pipit-programs-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a program may do in its window, that it must not. */
const MISDEEDS = {
  NaN: ["records.add(0, 0, NaN);", "bad gave NaN for value"],
  "an infinite number": ["records.add(0, 0, Infinity);", "bad gave Infinity for value"],
  "an output that is not there": [
    "records.add(1, 0, 1);",
    "bad gave a record of output 1, which is not there",
  ],
  "a sample that is not there": ["records.add(0, 4, 1);", "bad gave a record for sample 4 of 4"],
  "too many records": [
    "for (let i: i32 = 0; i < 65; i++) records.add(0, 0, 1);",
    "bad gave 65 records for a window; 64 are allowed",
  ],
  "far too many records": [
    "for (let i: i32 = 0; i < 100000; i++) records.add(0, 0, 1);",
    "bad gave 100000 records for a window; 64 are allowed",
  ],
  "an index out of range": [
    "records.add(0, 0, window[4 + this.count]);",
    "it failed in samples: an array was read or written beyond its end, or a null was used",
  ],
  "a recursion without end": [
    "this.samples(window, records);",
    "it failed in samples: Maximum call stack size exceeded",
  ],
  "memory without end": [
    "for (let i: i32 = 1; i > 0; i++) this.hoard(1000 * i);",
    "it failed in samples: ",
  ],
  "an endless loop": [
    "while (this.count > 0) this.count = 1;",
    "it took longer than 2 s for a window",
  ],
  "an endless loop, but not in the first window": [
    "while (this.count > 1) this.count = 2; records.add(0, 0, this.count);",
    "0 0 1",
  ],
  "nothing bad": ["records.add(0, 0, this.count);", "0 0 1"],
} as const;

type Misdeed = keyof typeof MISDEEDS;

/** A program whose parameter says which of them it does. */
async function badProgram(): Promise<Uint8Array> {
  const path = join(folder, "bad.ts");
  const cases = Object.values(MISDEEDS).map(
    ([code], number) => `if (this.misdeed === ${number}) { ${code} }`,
  );
  writeFileSync(
    path,
    `import type { Description } from "pipit/programs/description.js";
import type { Records } from "pipit/programs/records.js";
import type { f64, i32 } from "pipit/programs/types.js";
export function describe(description: Description): void {
  description.program("bad", "1.0.0");
  description.sampled(1, 4);
  description.input("raw", "Cel");
  description.output("value", "Cel");
  description.parameter("misdeed", 0, 100, 0);
}
export class Program {
  private count: i32 = 0;
  private misdeed: f64 = 0;
  private kept: Float64Array = new Float64Array(0);
  constructor(config: Float64Array) { this.misdeed = config[0]; }
  hoard(size: i32): void { this.kept = new Float64Array(this.kept.length + size); }
  samples(window: Float64Array, records: Records): void {
    this.count++;
    ${cases.join("\n    ")}
  }
}
`,
  );
  return compileForSimulator(path);
}

/** WebAssembly from AssemblyScript of any kind. */
async function assembly(text: string, ...options: string[]): Promise<Uint8Array> {
  let wasm = new Uint8Array();
  const output = { write: (text: unknown) => void process.stderr.write(String(text)) };
  await (await pinnedCompiler()).compile(["file.ts", "--outFile", "file.wasm", ...options], {
    readFile: (name) => (name === "file.ts" ? text : null),
    writeFile: (name, contents) => {
      if (name === "file.wasm") wasm = contents as Uint8Array<ArrayBuffer>;
    },
    listFiles: () => [],
    stdout: output,
    stderr: output,
  });
  return wasm;
}

const BOUND = ["--exportRuntime", "--transform", "as-bind"];
const BOUNDED = ["--maximumMemory", "64"];
const EXPORTS = `export function description(): string { return "{}"; }
export function init(config: Float64Array): void {}
export function samples(window: Float64Array): Float64Array { return window; }
`;

const FUNCREF = 0x70;
/** In LEB128. */
const TEN_MILLION = [0x80, 0xad, 0xe2, 0x04];

/** A file with a table section (WebAssembly Core 2.0, 5.5.7) of these bytes. */
async function withTable(...table: number[]): Promise<Uint8Array> {
  const bytes = await assembly(EXPORTS, ...BOUND, ...BOUNDED, "-O3");
  let at = 8;
  while ((bytes[at] ?? 5) < 4) {
    let size = 0;
    let digit = at + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[digit++] ?? 0;
      size += (byte & 127) << shift;
      if (byte < 128) break;
    }
    at = digit + size;
  }
  return Uint8Array.of(...bytes.slice(0, at), 4, table.length, ...table, ...bytes.slice(at));
}

describe("refused before anything of them runs", () => {
  test.each<[string, () => Promise<Uint8Array>, RegExp]>([
    ["an empty file", async () => new Uint8Array(), /is not WebAssembly/],
    ["a text", async () => Buffer.from("const a = 1;"), /is not WebAssembly/],
    [
      "a file cut short",
      async () => (await assembly(EXPORTS, ...BOUND, ...BOUNDED)).slice(0, 500),
      /is not WebAssembly/,
    ],
    [
      "one that lacks an export",
      () => assembly("export function init(a: i32): void {}", ...BOUND, ...BOUNDED),
      /does not export description, samples\. Compile it with pipit program build/,
    ],
    [
      "one without the types of its functions",
      () => assembly(EXPORTS, "--exportRuntime", ...BOUNDED),
      /does not say the types of its functions/,
    ],
    [
      "one with foreign imports",
      () =>
        assembly(
          `declare function open(name: i32): i32;\n${EXPORTS}export function evil(): i32 { return open(1); }`,
          ...BOUND,
          ...BOUNDED,
        ),
      /wants file\.open, which programs do not get/,
    ],
    [
      "one that would know the time",
      () =>
        assembly(
          `${EXPORTS}export function now(): f64 { return f64(Date.now()); }`,
          ...BOUND,
          ...BOUNDED,
        ),
      /wants Date\.now, which programs do not get/,
    ],
    [
      "one that wants too much memory",
      () => assembly(EXPORTS, ...BOUND, "--initialMemory", "100", "--maximumMemory", "200"),
      /wants 12800 kB of memory; 4096 kB are allowed/,
    ],
    [
      "one that wants memory without a bound",
      () => assembly(EXPORTS, ...BOUND),
      /wants memory without a bound/,
    ],
    [
      "one that wants a table of ten million functions, which is 300 MB",
      () => withTable(1, FUNCREF, 1, ...TEN_MILLION, ...TEN_MILLION),
      /wants a table of 10000000 functions; 1000 are allowed/,
    ],
    [
      "one that wants a table without a bound",
      () => withTable(1, FUNCREF, 0, 1),
      /wants a table of functions without a bound/,
    ],
    [
      "one that wants two tables",
      () => withTable(2, FUNCREF, 1, 1, 1, FUNCREF, 1, 1, 1),
      /a table/,
    ],
  ])("%s", async (_, make, expected) => {
    const bytes = await make();
    expect(() => new WasmProgram(bytes, "bad.wasm")).toThrow(expected);
  });
});

describe("refused for what they say of themselves", () => {
  const good = {
    name: "good",
    version: "1.0.0",
    rate: 1,
    window: 1,
    inputs: [{ name: "raw", unit: "Cel", isAlarm: false }],
    outputs: [{ name: "value", unit: "", isAlarm: false }],
    parameters: [{ name: "gain", least: 0, most: 1, usual: 0.5 }],
  };
  const output = { name: "value", unit: "Cel", isAlarm: false };

  test("a good description is taken", () => {
    expect(readDescription(JSON.stringify(good), "good.wasm")).toEqual(good);
  });

  test.each([
    [{ name: "../../etc" }, /^program: bad.wasm .* its description, name must match pattern/],
    [{ name: undefined }, /must have required property 'name'/],
    [{ rate: 0 }, /its description, rate must be > 0/],
    [{ window: 100_000 }, /its description, window must be <= 4096/],
    [{ inputs: [] }, /inputs must NOT have fewer than 1 items/],
    [{ outputs: new Array(65).fill(output) }, /outputs must NOT have more than 64 items/],
    [{ outputs: [{ ...output, unit: "mph" }] }, /value is in mph, which SenML does not know/],
    [{ outputs: [{ ...output, name: "a b" }] }, /outputs 0 name must match pattern/],
    [
      { parameters: [{ name: "gain", least: 0, most: 1, usual: 5 }] },
      /gain is usually 5, beyond its range/,
    ],
  ])("number %#", (change, expected) => {
    const text = JSON.stringify({ ...good, ...change });
    expect(() => readDescription(text, "bad.wasm")).toThrow(expected);
  });

  test("no JSON", () => {
    expect(() => readDescription("{", "bad.wasm")).toThrow(/describes itself in what is not JSON/);
  });
});

/** What a program's window brings: the error, or the values of its records. */
const window = (running: ReturnType<ProgramFile["start"]>): Promise<string> =>
  new Promise((resolve) => {
    running.samples(Float64Array.of(1, 2, 3, 4), (error, records) =>
      resolve(error?.message ?? records.join(" ")),
    );
  });

describe("stopped at work", () => {
  const misdeeds = Object.keys(MISDEEDS) as Misdeed[];
  let file: ProgramFile;
  beforeAll(async () => {
    const path = join(folder, "bad.wasm");
    writeFileSync(path, await badProgram());
    file = await ProgramFile.open(path);
  });
  afterAll(() => file.close());

  const start = (misdeed: Misdeed) => file.start({ misdeed: misdeeds.indexOf(misdeed) });

  test.each(misdeeds)("%s", async (misdeed) => {
    expect(await window(start(misdeed))).toContain(MISDEEDS[misdeed][1]);
  });

  test("the others of the same file go on, from the beginning; the one at fault stays at fault", async () => {
    const good = start("nothing bad");
    const bad = start("an endless loop, but not in the first window");
    expect(await window(good)).toBe("0 0 1");
    expect(await window(good)).toBe("0 0 2");
    expect(await window(bad)).toBe("0 0 1");
    const looping = window(bad);
    const lost = window(good);
    expect(await looping).toBe("it took longer than 2 s for a window");
    expect(await lost).toBe("");
    expect(await window(good)).toBe("0 0 1");
    expect(await window(good)).toBe("0 0 2");
  });

  test("a configuration with what is not there, or out of range", () => {
    expect(() => file.start({ volume: 1 })).toThrow("bad has no parameter volume; it has misdeed");
    expect(() => file.start({ misdeed: 200 })).toThrow(
      "misdeed of bad is 200; it goes from 0 to 100",
    );
    expect(() => file.start({ misdeed: NaN })).toThrow("misdeed of bad is NaN");
  });
});
