import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { COMPILER, HOST } from "../../scripts/xs-program.mjs";
import { requireXS } from "./host.js";

const folder = mkdtempSync(join(tmpdir(), "pipit-xs-"));
const archive = join(folder, "archive");
afterAll(() => rmSync(folder, { recursive: true }));

function compile(modules: Record<string, string>) {
  for (const [name, source] of Object.entries(modules)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, `${name}.js`), source);
  }
  return spawnSync(COMPILER, [folder, archive, ...Object.keys(modules)], { encoding: "utf8" });
}

const run = (...args: string[]) => spawnSync(HOST, args, { encoding: "utf8" });

if (requireXS()) {
  describe("pipit-xsc", () => {
    test("says where the source is wrong, and leaves no archive", () => {
      const { status, stderr } = compile({ good: "", bad: "let a = 1;\nlet b = ;\n" });
      expect(stderr).toContain(`${join(folder, "bad.js")}:2: `);
      expect(stderr).toContain(`${archive} was not written`);
      expect(status).toBe(1);
      expect(existsSync(archive)).toBe(false);
    });

    test("says which module is not there", () => {
      const { status, stderr } = spawnSync(COMPILER, [folder, archive, "a/missing"]);
      expect(String(stderr)).toContain("a/missing.js: No such file or directory");
      expect(status).toBe(1);
    });
  });

  describe("pipit-xs", () => {
    test.each([
      { specifier: "./a.js", loads: "x/y/a" },
      { specifier: "../a.js", loads: "x/a" },
      { specifier: "../../a.js", loads: "a" },
      { specifier: "x/a", loads: "x/a" },
    ])("finds $specifier", ({ specifier, loads }) => {
      const source = (name: string) => `export default "${name}";`;
      compile({
        "x/y/main": `import name from "${specifier}"; trace(name);`,
        a: source("a"),
        "x/a": source("x/a"),
        "x/y/a": source("x/y/a"),
      });
      expect(run(archive, "x/y/main")).toMatchObject({ stdout: loads, stderr: "", status: 0 });
    });

    test.each(["./b.js", "../../b.js", "../../../a.js", "b"])("does not find %s", (specifier) => {
      compile({ "x/y/main": `import "${specifier}";`, a: "" });
      const { status, stderr } = run(archive, "x/y/main");
      expect(stderr).toContain(`module "${specifier.replace(/\.js$/, "")}`);
      expect(stderr).toContain("not found");
      expect(status).toBe(15);
    });

    test("waits for timers and jobs, in their order", () => {
      compile({
        main: `
          host.setTimer(() => trace("d"), 2);
          host.setTimer(() => { trace("c"); Promise.resolve().then(() => trace("!")); }, 1);
          Promise.resolve().then(() => trace("b"));
          trace("a");`,
      });
      expect(run(archive, "main")).toMatchObject({ stdout: "abc!d", stderr: "", status: 0 });
    });

    test("refuses an archive that is cut short, or none", () => {
      compile({ main: "trace('main');" });
      writeFileSync(archive, readFileSync(archive).subarray(0, -1));
      expect(run(archive, "main")).toMatchObject({
        stderr: expect.stringContaining("is no archive of this host, or is cut short"),
        status: 1,
      });
      writeFileSync(archive, "something else");
      expect(run(archive, "main").status).toBe(1);
      expect(run(join(folder, "nothing"), "main").stderr).toContain("No such file or directory");
    });

    test.each(["", "archive", "--board esp8266 archive main", "--bored archive main"])(
      "says how it is used, not with: %s",
      (line) => {
        const { status, stderr } = run(...line.split(" "));
        expect(stderr).toContain("usage: ");
        expect(status).toBe(1);
      },
    );
  });
}
