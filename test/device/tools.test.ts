import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "@jest/globals";
import ts from "typescript";
import { readPartitions } from "../../host-sim/device/build.js";
import { explainOpening } from "../../host-sim/device/node-serial.js";
import { choosePort, type Port } from "../../host-sim/device/ports.js";
import { examine, type Finding, type Machine } from "../../host-sim/device/tools.js";
import { writeSources } from "../../scripts/board-sources.mjs";
import { MAIN, modulesOf } from "../../scripts/manifests.mjs";
import { run } from "../cli/support/pipit.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "pipit-"));
afterAll(() => rmSync(folder, { recursive: true }));

const BRIDGE: Port = { path: "/dev/ttyUSB0", vendor: 0x10c4, product: 0xea60, maker: "" };

/** A computer with these files and variables. */
function machine(
  files: Readonly<Record<string, string>>,
  environment: Machine["environment"],
  ports: Machine["ports"] = async () => [BRIDGE],
): Machine {
  return {
    environment,
    read: (path) => files[path],
    exists: (path) => path in files,
    isOurs: (path) => path === BRIDGE.path,
    ports,
  };
}

const VERSION = "set(IDF_VERSION_MAJOR 6)\nset(IDF_VERSION_MINOR 0)\n";
const FILES = {
  "/sdk/examples/manifest_base.json": "",
  "/bin/mcconfig": "",
  "/bin/riscv32-esp-elf-gcc": "",
  "/bin/xtensa-esp-elf-gcc": "",
  "/idf/tools/cmake/version.cmake": VERSION,
};
const ENVIRONMENT = { MODDABLE: "/sdk", IDF_PATH: "/idf", PATH: "/usr/bin:/bin" };

const bad = (findings: readonly Finding[]) => findings.filter(({ isGood }) => !isGood);

describe("pipit doctor", () => {
  test("has nothing to say where all is there", async () => {
    const findings = await examine(machine(FILES, ENVIRONMENT));
    expect(bad(findings)).toEqual([]);
    expect(findings.map(({ found }) => found)).toEqual([
      "/sdk",
      "/bin/mcconfig",
      "6.0 in /idf",
      "/bin/riscv32-esp-elf-gcc",
      "/bin/xtensa-esp-elf-gcc",
      "/dev/ttyUSB0 (Silicon Labs)",
    ]);
  });

  test("names the command that installs what is missing", async () => {
    const findings = await examine(machine({}, {}, async () => []));
    expect(bad(findings).map(({ what, help }) => [what, help])).toEqual([
      ["Moddable SDK", "npx xs-dev setup"],
      ["mcconfig", "npx xs-dev setup"],
      ["ESP-IDF", "npx xs-dev setup --device esp32"],
      ["riscv32-esp-elf-gcc", "npx xs-dev setup --device esp32"],
      ["xtensa-esp-elf-gcc", "npx xs-dev setup --device esp32"],
      ["serial port", undefined],
    ]);
  });

  test.each<[string, object, object, string, string]>([
    ["an SDK that is gone", {}, { MODDABLE: "/x" }, "MODDABLE is /x: no SDK", "npx xs-dev setup"],
    ["an ESP-IDF that is gone", {}, { IDF_PATH: "/x" }, "no ESP-IDF there", "--device esp32"],
    [
      "an older ESP-IDF",
      { "/idf/tools/cmake/version.cmake": VERSION.replace("6", "5") },
      {},
      "5.0 in /idf: the SDK wants 6.0",
      "xs-dev update",
    ],
    ["tools that are not on the path", {}, { PATH: "" }, "is not on the path", "export.sh"],
  ])("tells %s", async (_what, files, environment, found, help) => {
    const findings = await examine(
      machine({ ...FILES, ...files }, { ...ENVIRONMENT, ...environment }),
    );
    expect(bad(findings).map((one) => one.found)).toContainEqual(expect.stringContaining(found));
    expect(bad(findings).map((one) => one.help)).toContainEqual(expect.stringContaining(help));
  });

  test("tells a port that is not ours, and ports that cannot be listed", async () => {
    const port = { ...BRIDGE, path: "/dev/ttyACM0" };
    const [closed] = bad(await examine(machine(FILES, ENVIRONMENT, async () => [port])));
    expect(closed?.help).toMatch(/^sudo usermod -aG dialout/);
    const failing = async () => Promise.reject(new Error("no udev"));
    const [unknown] = bad(await examine(machine(FILES, ENVIRONMENT, failing)));
    expect(unknown?.found).toBe("no udev");
  });

  test("ends with 1 when something is missing, and says it in JSON too", async () => {
    const { status, stdout } = await run(["doctor", "--json"]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout.split("\n")[0] as string)).toMatchObject({ what: "Moddable SDK" });
  });
});

describe("the port of a board", () => {
  const other: Port = { path: "/dev/ttyUSB1", vendor: 0x1a86, product: 0x7523, maker: "" };
  const unknown: Port = { path: "/dev/ttyACM0", vendor: 0x1234, product: 1, maker: "Acme" };

  test("is the only one, or the only one that is known of boards", () => {
    expect(choosePort([BRIDGE])).toBe(BRIDGE);
    expect(choosePort([unknown])).toBe(unknown);
    expect(choosePort([unknown, other])).toBe(other);
  });

  test("has to be said when there are several, or none", () => {
    expect(() => choosePort([BRIDGE, other])).toThrow(
      "with --port (/dev/ttyUSB0 (Silicon Labs), /dev/ttyUSB1 (WCH))",
    );
    expect(() => choosePort([])).toThrow("no board is plugged in");
  });

  test.each([
    ["Error: No such file or directory, cannot open", "is the board plugged in?"],
    ["Error: Permission denied, cannot open", "sudo usermod -aG dialout"],
    ["Error Resource temporarily unavailable Cannot lock port", "is in use"],
    ["Error: Input/output error", "cannot be opened: Error: Input/output error"],
  ])("that cannot be opened: %s", (message, says) => {
    expect(explainOpening("/dev/x", message)).toContain(says);
  });
});

describe("pipit build", () => {
  const sources = join(folder, "sources");
  writeSources(sources);
  const written = readdirSync(sources, { recursive: true, encoding: "utf8" });

  test.each(Object.values(MAIN))("has a module of JavaScript for each that %s needs", (main) => {
    const { own, sdk } = modulesOf(main);
    const imported = own.flatMap((name) => {
      const text = readFileSync(join(sources, "firmware", `${name}.js`), "utf8");
      const { importedFiles } = ts.preProcessFile(text, true, true);
      return importedFiles.map(({ fileName }) =>
        fileName.startsWith(".")
          ? join("/", name, "..", fileName).slice(1).replace(/\.js$/, "")
          : fileName,
      );
    });
    // What the manifests preload is what the firmware's TypeScript imports; it has to be the same here.
    const known = [...own, ...sdk];
    expect(imported.filter((name) => !known.includes(name))).toEqual([]);
    expect(known.filter((name) => name !== main && !imported.includes(name))).toEqual([]);
  });

  test("has the manifests, and the C that they name, where those look for it", () => {
    for (const path of ["manifests/esp32.json", "manifests/partitions.csv"])
      expect(readFileSync(join(sources, path))).toEqual(readFileSync(join(root, path)));
    expect(written).toContain("firmware/board/native/board.c");
    expect(written.filter((path) => /(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  test("writes again only what has changed, and removes what is gone", () => {
    writeFileSync(join(sources, "firmware/gone.js"), "");
    writeFileSync(join(sources, "firmware/device.js"), "changed");
    writeSources(sources);
    expect(readdirSync(join(sources, "firmware"))).not.toContain("gone.js");
    expect(readFileSync(join(sources, "firmware/device.js"), "utf8")).toContain("class Device");
  });

  test("knows where the firmware goes", () => {
    const partitions = readPartitions(join(root, "manifests/partitions.csv"));
    expect(partitions.get("ota_0")).toBe(0x20000);
    expect(partitions.get("otadata")).toBe(0x1d000);
  });

  test("says what is missing, and how to get it", async () => {
    const { status, stderr } = await run(["build", "--board", "esp32s3"]);
    expect(status).toBe(2);
    expect(stderr).toContain("Moddable SDK: MODDABLE is not set. Run: npx xs-dev setup\n");
    expect(stderr).not.toContain("riscv32");
  });

  test("says so when the SDK fails", async () => {
    const bin = join(folder, "bin");
    const environment = {
      MODDABLE: join(folder, "sdk"),
      IDF_PATH: join(folder, "idf"),
      PATH: `${bin}:${process.env.PATH}`,
    };
    mkdirSync(join(environment.MODDABLE, "examples"), { recursive: true });
    mkdirSync(join(environment.IDF_PATH, "tools/cmake"), { recursive: true });
    mkdirSync(bin);
    writeFileSync(join(environment.MODDABLE, "examples/manifest_base.json"), "{}");
    writeFileSync(join(environment.IDF_PATH, "tools/cmake/version.cmake"), VERSION);
    for (const name of ["mcconfig", "riscv32-esp-elf-gcc"]) {
      writeFileSync(join(bin, name), '#!/bin/sh\necho "$@"\nexit 7\n');
      chmodSync(join(bin, name), 0o755);
    }
    const { status, stdout, stderr } = await run(["build", "--board", "esp32c3"], environment);
    expect(stdout).toMatch(
      /^-m -p esp32\/esp32c3 -t build .*build\/board\/sources\/manifests\/esp32c3\/manifest\.json$/m,
    );
    expect(stderr).toBe("error: mcconfig ended with status 7: what it says above is the reason\n");
    expect(status).toBe(1);
  }, 60_000);
});
