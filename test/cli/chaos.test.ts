import { afterEach, describe, expect, test } from "@jest/globals";
import { endAll, run } from "./support/pipit.js";

afterEach(endAll);

describe("pipit chaos", () => {
  test("one run tells all that happens, and the same seed the same again", async () => {
    const { status, stdout } = await run(["chaos", "--seed", "6"]);
    expect(stdout).toMatch(/^ +0\.\d{3} s {2}device 1 {2}accepted as item \S+ \[1\]$/m);
    expect(stdout).toContain("from here on nothing goes wrong");
    expect(stdout).toMatch(/^accepted {3}\d+ readings\ndelivered/m);
    expect(stdout).toMatch(/One run: every reading that was accepted is on the node once/);
    expect(status).toBe(0);
    expect((await run(["chaos", "--seed", "6"])).stdout).toBe(stdout);
  });

  test("many runs are added up", async () => {
    const { status, stdout, stderr } = await run(["chaos", "--runs", "20"]);
    expect(stdout).toMatch(/^accepted {3}\d{3} readings\n(.*\n){6}20 runs: every reading/);
    expect([status, stderr]).toEqual([0, ""]);
  });

  test("--json gives one object for each run", async () => {
    const { stdout } = await run(["chaos", "--runs", "3", "--devices", "2", "--json"]);
    const results = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(results.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    for (const result of results) expect(result.delivered).toBe(result.accepted);
  });

  test("a lost reading is named, with its history and the way to see it again", async () => {
    const options = ["--faults", "kill,cut", "--settle", "0"];
    const { status, stderr } = await run(["chaos", "--runs", "100", ...options]);
    expect(stderr).toMatch(/^reading \d+ of device \d is lost: it was accepted, and is not on the/);
    expect(stderr).toMatch(/Its history:\n(.*\n)*.*is acknowledged(.*\n)*.*the server: kill/);
    expect(status).toBe(1);
    const again = /once more: pipit (chaos --seed \d+ --faults kill,cut --settle 0)/.exec(stderr);
    const repeated = await run((again?.[1] ?? "").split(" "));
    expect(repeated.stderr).toBe(stderr);
    expect(repeated.status).toBe(1);
  });

  test.each([
    [["--faults", "cut,fire"], '"fire" is not one of cut, reset, half-open'],
    [["--server", "openfire"], "Allowed choices are embedded, prosody, ejabberd"],
    [["--runs", "0"], "Not a whole number of 1 or more"],
    [["--faults", "cut,tear"], "with --server embedded there is no tear"],
    [["--server", "prosody", "--faults", "forget"], "with --server prosody there is no forget"],
  ])("%j is wrong usage", async (options, text) => {
    const { status, stderr } = await run(["chaos", ...options]);
    expect(stderr).toContain(text);
    expect(status).toBe(2);
  });
});
