import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { endAll, run } from "./support/pipit.js";

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), "pipit-program-"));
const source = join(folder, "heat/heat.ts");
let written: string;

beforeAll(async () => {
  // Names are taken as paths, so that the tests need no working folder of their own.
  const { status, stdout } = await run(["program", "new", "heat", "--folder", folder]);
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: `made ${folder}/heat; try it with: pipit program test ${source}\n`,
  });
  written = readFileSync(source, "utf8");
});
afterEach(async () => {
  writeFileSync(source, written);
  await endAll();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Makes a mistake in the program. */
const spoil = (from: string, to: string) => writeFileSync(source, written.replace(from, to));

test("a new program can be tested, built and shown", async () => {
  const tested = await run(["program", "test", source, "--signals", "5"]);
  expect(tested).toEqual({
    status: 0,
    stdout: expect.stringMatching(
      /^heat 0\.1\.0 is portable; \d+ bytes of WebAssembly\nthe same to the last bit for signals 1 to 5\nsample 3: mean 24\.125\nsample 7: mean 23\.75\n$/,
    ),
    stderr: "",
  });
  const wasm = join(folder, "heat/heat.wasm");
  const built = await run(["program", "build", source]);
  expect(built.stdout).toMatch(new RegExp(`^wrote ${wasm} \\(\\d+ bytes of WebAssembly\\)\n$`));
  const again = await run(["program", "build", source, "--json"]);
  expect(JSON.parse(again.stdout)).toEqual({ files: [wasm], wasmBytes: expect.any(Number) });
  expect(await run(["program", "show", wasm])).toEqual({
    status: 0,
    stdout: `heat 0.1.0: windows of 4 samples, 1 a second
takes raw (Cel)
gives mean (Cel), too-hot (alarm)
  hottest = 30, from -100 to 1000
`,
    stderr: "",
  });
});

test("a parameter can be set, and results come as JSON", async () => {
  const { status, stdout } = await run([
    "program",
    "test",
    source,
    "--signals",
    "1",
    "--set",
    "hottest=24",
    "--json",
  ]);
  expect({ status, ...JSON.parse(stdout) }).toMatchObject({
    status: 0,
    signals: 1,
    different: [],
    told: [
      { sample: 3, output: "mean", value: 24.125 },
      { sample: 3, output: "too-hot", value: 1 },
      { sample: 7, output: "mean", value: 23.75 },
      { sample: 7, output: "too-hot", value: 0 },
    ],
  });
});

test("what is not portable is refused, with the place and a way out", async () => {
  spoil("sum / window.length", "window.length / 2");
  for (const command of ["test", "build"])
    expect(await run(["program", command, source])).toEqual({
      status: 2,
      stdout: "",
      stderr: `error: ${source} would not mean the same everywhere:
  ${source}:32:23: window.length / 2 divides whole numbers, which AssemblyScript does without a rest; use f64
`,
    });
});

test("what AssemblyScript refuses is told in its own words", async () => {
  spoil("sum / window.length", "window.size");
  const { status, stderr } = await run(["program", "build", source]);
  expect(status).toBe(2);
  expect(stderr).toContain("Property 'size' does not exist");
});

test.each([
  [["new", "Heat"], "Heat is not small letters, digits and -"],
  [["new", "heat", "--folder", folder], `${folder}/heat is there already`],
  [["test", "/none/none.ts"], "there is no file /none/none.ts"],
  [["new", "other", "--folder", "/dev/null"], "ENOTDIR: not a directory, mkdir '/dev/null/other'"],
  [["build", source, "-o", "/none/heat.wasm"], "ENOENT: no such file or directory"],
  [["show", "/none/none.wasm"], "/none/none.wasm cannot be read (ENOENT)"],
  [["show", source], "is not WebAssembly"],
  [["test", source, "--set", "hottest"], "Write name=number."],
  [["test", source, "--set", "coldest=1"], "heat has no parameter coldest; it has hottest"],
  [["test", source, "--samples", "/none.csv"], "/none.csv cannot be read (ENOENT)"],
  [["test", source, "--samples", source], "line 1: there should be 1 numbers"],
])("%j is wrong usage", async (args, expected) => {
  const { status, stderr } = await run(["program", ...args]);
  expect(stderr).toContain(expected);
  expect(status).toBe(2);
});
