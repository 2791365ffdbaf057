/** The command as it is installed: `scripts/pipit.mjs`, which finds what was built. */

import { execFile } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { VERSION } from "../../host-sim/version.js";
import { run } from "./support/pipit.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const NOTE = "build/host-sim.tsbuildinfo";
const SOURCE = "firmware/client/client.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pipit-launch-"));
  put("scripts/pipit.mjs", "");
  copyFileSync(join(root, "scripts/pipit.mjs"), join(folder, "scripts/pipit.mjs"));
  put(SOURCE, "");
  put("host-sim/dashboard/page/main.ts", "");
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, text: string, seconds = 0): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  utimesSync(file, seconds, seconds);
}

/** Makes as if there had been a build at a time. */
function build(seconds: number): void {
  put(NOTE, "", seconds);
  put("build/host-sim/cli/main.js", "console.log(...process.argv.slice(2));");
  put("package.json", '{"type":"module"}');
}

/** Runs it by its name, as a shell does. */
async function launch(
  ...args: string[]
): Promise<{ status: number; stdout: string; stderr: string }> {
  const program = join(folder, "scripts/pipit.mjs");
  chmodSync(program, 0o755);
  try {
    return { status: 0, ...(await promisify(execFile)(program, args)) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

test("it runs what was built, with the same arguments", async () => {
  build(10);
  expect(await launch("watch", "a b")).toEqual({ status: 0, stdout: "watch a b\n", stderr: "" });
});

test("it says so when nothing was built", async () => {
  const { status, stderr } = await launch("watch");
  expect(status).toBe(2);
  expect(stderr).toBe(
    `error: pipit is not built yet. To build it: (cd ${folder}/ && npm run build)\n`,
  );
});

test.each([
  ["a source", SOURCE, "pipit is older than its sources."],
  ["a file that tsc does not compile", "host-sim/dashboard/page/main.ts", ""],
  ["what is no source", "firmware/notes.txt", ""],
])(
  "when %s was changed since, it says no more than that is so, and runs",
  async (_, path, says) => {
    build(10);
    put(path, "", 20);
    const { status, stdout, stderr } = await launch("watch");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "watch\n" });
    expect(stderr.slice(0, says.length || undefined)).toBe(says);
  },
);

test("it is what package.json names, and has its version; so has the firmware of boards", async () => {
  const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));
  const { bin, version } = read("package.json");
  expect(bin).toEqual({ pipit: "scripts/pipit.mjs" });
  expect(VERSION).toBe(version);
  expect((await run(["--version"])).stdout).toBe(`${version}\n`);
  expect(read("manifests/common.json").config.version).toBe(version);
});
