/**
 * What can be known of the manifests without the SDK. That nothing in a preloaded module can change is checked
 * for all of the firmware, in `firmware.test.ts`.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import ts from "typescript";
import { OUTBOX } from "../firmware/device.js";
import { firmwareManifest, MAIN, modulesOf } from "../scripts/manifests.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "manifests");

interface Manifest {
  include?: string | string[];
  modules?: Record<string, string | string[]>;
  preload?: string[];
  creation?: { main?: string; static?: number; stack?: number };
  config?: Record<string, unknown>;
  typescript?: { tsconfig: { compilerOptions: ts.CompilerOptions } };
}

/** The targets, and where the firmware begins on each. */
const TARGETS = {
  esp32: MAIN.esp32,
  esp32c3: MAIN.esp32,
  esp32c6: MAIN.esp32,
  esp32s3: MAIN.esp32,
  lin: MAIN.lin,
} as const;
const targets = Object.entries(TARGETS);

function read(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8"));
}

function list(value: string | readonly string[] = []): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

/** A manifest of ours with those it includes, the included ones first; and the SDK's, by name. */
function flatten(path: string): { own: { path: string; manifest: Manifest }[]; sdk: string[] } {
  const manifest = read(path);
  const own: { path: string; manifest: Manifest }[] = [];
  const sdk: string[] = [];
  for (const include of list(manifest.include))
    if (include.startsWith("$")) sdk.push(include);
    else {
      const inner = flatten(join(dirname(path), include));
      own.push(...inner.own);
      sdk.push(...inner.sdk);
    }
  return { own: [...own, { path, manifest }], sdk };
}

function target(name: string): ReturnType<typeof flatten> {
  return flatten(join(folder, name, "manifest.json"));
}

/** Specifiers, with the files that they mean, without an extension and by their paths from the root. */
function modulesIn(name: string): [specifier: string, path: string][] {
  return target(name).own.flatMap(({ path, manifest }) =>
    Object.entries(manifest.modules ?? {}).flatMap(([specifier, files]) =>
      list(files).map((file): [string, string] => [
        specifier,
        relative(root, resolve(dirname(path), file)),
      ]),
    ),
  );
}

/** Those that are modules of the firmware: not C, and not a declaration of one of the SDK's. */
function firmwareModules(name: string): [string, string][] {
  return modulesIn(name).filter(([specifier]) => specifier !== "*" && !specifier.includes(":"));
}

/** Which manifest of the SDK brings which of its modules. */
const SDK_MODULES: Readonly<Record<string, string>> = {
  crypt: "$(MODULES)/crypt/digest/manifest.json",
  "embedded:io/analog": "$(MODDABLE)/modules/io/manifest.json",
  "embedded:io/digital": "$(MODDABLE)/modules/io/manifest.json",
  "embedded:io/i2c": "$(MODDABLE)/modules/io/manifest.json",
  "embedded:io/smbus": "$(MODDABLE)/modules/io/manifest.json",
  "embedded:io/socket/tcp": "$(MODDABLE)/modules/io/manifest.json",
  "embedded:io/socket/udp": "$(MODDABLE)/modules/io/manifest.json",
  "embedded:network/dns/resolver/udp": "$(MODDABLE)/examples/io/udp/dns/manifest_dns.json",
  "embedded:network/interface/wifi": "$(MODULES)/io/wifi/manifest.json",
  "embedded:sensor/Humidity-Temperature/SHT3x": "$(MODULES)/drivers/sensors/sht3x/manifest.json",
  "embedded:storage/key-value": "$(MODULES)/io/storage/manifest.json",
  "mc/config": "$(MODDABLE)/examples/manifest_base.json",
  net: "$(MODDABLE)/modules/io/manifest.json",
  preference: "$(MODULES)/files/preference/manifest.json",
  time: "$(MODDABLE)/examples/manifest_base.json",
  timer: "$(MODDABLE)/examples/manifest_base.json",
};

describe("the manifests", () => {
  test("are as the firmware's imports have it: node scripts/manifests.mjs", () => {
    expect(read(join(folder, "firmware.json"))).toEqual(firmwareManifest());
  });

  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".json") && name !== "schema.json",
  );

  test.each(files)("%s has no field that the SDK does not know", (name) => {
    const schema = JSON.parse(readFileSync(join(folder, "schema.json"), "utf8"));
    const ajv = new Ajv({ allErrors: true });
    const isValid = ajv.validate(schema, read(join(folder, name)));
    expect(ajv.errors ?? []).toEqual([]);
    expect(isValid).toBe(true);
  });

  test("are all in use", () => {
    const used = targets.flatMap(([name]) => target(name).own.map(({ path }) => path));
    expect([...new Set(used)].map((path) => relative(folder, path)).sort()).toEqual(files.sort());
  });
});

describe.each(targets)("%s", (name, main) => {
  const { own, sdk } = modulesOf(main);

  test("has the modules that the firmware imports, and no others", () => {
    const names = firmwareModules(name).map(([specifier]) => specifier);
    expect(names.sort()).toEqual(own);
  });

  test("preloads every one of them, by its name: wildcards pass over TypeScript", () => {
    const preloaded = target(name).own.flatMap(({ manifest }) => manifest.preload ?? []);
    expect(preloaded.sort()).toEqual(own);
  });

  test("names them by their paths, for that is what relative imports go by", () => {
    for (const [specifier, path] of firmwareModules(name)) {
      expect(path).toBe(`firmware/${specifier}`);
      expect(existsSync(join(root, `${path}.ts`))).toBe(true);
      // A file of the same name would be taken for the module as well.
      expect(existsSync(join(root, `${path}.js`))).toBe(false);
    }
  });

  test("has every file under one name alone", () => {
    const paths = modulesIn(name).map(([, path]) => path);
    expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
    for (const [specifier, path] of modulesIn(name))
      if (specifier === "*" && !path.endsWith("*")) {
        expect(existsSync(join(root, `${path}.c`))).toBe(true);
        expect(existsSync(join(root, `${path}.ts`))).toBe(false);
      }
  });

  test("includes what brings the SDK's modules", () => {
    const missing = sdk.filter((module) => !target(name).sdk.includes(SDK_MODULES[module] ?? "?"));
    expect(missing).toEqual([]);
  });

  test("begins where the firmware does", () => {
    const creation = Object.assign(
      {},
      ...target(name).own.map(({ manifest }) => manifest.creation),
    );
    expect(creation.main).toBe(main);
  });
});

test.each(Object.values(MAIN))(
  "%s type-checks against our declarations alone, with the options of the SDK's build",
  (main) => {
    const { typescript } = read(join(folder, "common.json"));
    // What the SDK's tool adds to the options of a manifest.
    const sdk = { module: "preserve", target: "es2025", lib: ["es2025"], types: [] };
    const { options, errors } = ts.convertCompilerOptionsFromJson(
      { ...typescript?.tsconfig.compilerOptions, ...sdk, noEmit: true },
      root,
    );
    expect(errors).toEqual([]);
    const files = [main, "board/sdk/modules.d", "board/sdk/sht3x.d"];
    const program = ts.createProgram(
      files.map((name) => join(root, "firmware", `${name}.ts`)),
      options,
    );
    const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      const text = ts.flattenDiagnosticMessageText(messageText, " ");
      return `${file === undefined ? "" : relative(root, file.fileName)}: ${text}`;
    });
    expect(problems).toEqual([]);
  },
  60_000,
);

describe("C", () => {
  const files = ["firmware/board/native", "firmware/tls"].flatMap((path) =>
    readdirSync(join(root, path))
      .filter((file) => file.endsWith(".c"))
      .map((file) => join(path, file)),
  );

  /** ESP-IDF has this itself. */
  const HOST_ONLY = ["firmware/tls/psa-random.c"];

  test("is all in the manifest", () => {
    const named = modulesIn("esp32").map(([, path]) => path);
    const missing = files.filter(
      (file) => !named.includes(file.slice(0, -2)) && !named.includes(`${dirname(file)}/*`),
    );
    expect(missing).toEqual(HOST_ONLY);
  });

  test("has every function that the firmware names", () => {
    const text = files.map((file) => readFileSync(join(root, file), "utf8")).join("\n");
    const defined = [...text.matchAll(/^void (xs_\w+)\(xsMachine\* ?the\) \{/gm)].map(
      (match) => match[1],
    );
    const sources = modulesOf(MAIN.esp32).own.map((name) =>
      readFileSync(join(root, "firmware", `${name}.ts`), "utf8"),
    );
    const named = [...sources.join("\n").matchAll(/native\("(\w+)"\)/g)].map((match) => match[1]);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !defined.includes(name))).toEqual([]);
  });
});

describe("memory", () => {
  test("is that which the XS host runs the firmware in", () => {
    const { creation } = read(join(folder, "esp32.json"));
    const boards = readFileSync(join(root, "host-sim", "xs", "boards.c"), "utf8");
    const header = readFileSync(join(root, "host-sim", "xs", "boards.h"), "utf8");
    const [board = ""] = boards.split(".name =").slice(1);
    const value = (name: string): number =>
      Number(board.match(new RegExp(`${name} = (\\d+)`))?.[1]);
    expect(board).toContain('"esp32c3"');
    expect(creation).toMatchObject({
      static: value("static_size"),
      chunk: { initial: value("chunk_size"), incremental: value("chunk_increment") },
      heap: { initial: value("slot_count"), incremental: value("slot_increment") },
      stack: Number(/STACK_COUNT (\d+)/.exec(header)?.[1]),
    });
  });
});

describe("the partition table", () => {
  const FLASH = 4 * 1024 * 1024;
  const FIRST = 0x9000;
  const APP_ALIGNMENT = 0x10000;
  const PAGE = 0x1000;
  const partitions = readFileSync(join(folder, "partitions.csv"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [name = "", type = "", subtype = "", offset, size] = line
        .split(",")
        .map((field) => field.trim());
      return { name, type, subtype, offset: Number(offset), size: Number(size) };
    });
  const named = (name: string) =>
    partitions.find((partition) => partition.name === name) as (typeof partitions)[number];

  test("adds up: one behind the other, from the first byte that is free to the last", () => {
    let end = FIRST;
    for (const { name, offset, size } of partitions) {
      expect({ name, offset }).toEqual({ name, offset: end });
      expect(size % PAGE).toBe(0);
      end += size;
    }
    expect(end).toBe(FLASH);
  });

  test("has two slots for apps, of one size and where apps may begin", () => {
    expect(named("ota_0").size).toBe(named("ota_1").size);
    for (const { type, offset } of partitions)
      if (type === "app") expect(offset % APP_ALIGNMENT).toBe(0);
    expect(named("otadata").size).toBe(2 * PAGE);
  });

  test("has room for the queue of readings and the settings, and for NVS to tidy up", () => {
    expect(named("nvs").size).toBeGreaterThan(OUTBOX.capacity + 4_000 + 3 * PAGE);
    expect(named("storage").subtype).toBe("spiffs");
  });
});

describe("sdkconfig.defaults", () => {
  const lines = readFileSync(join(folder, "sdkconfig", "sdkconfig.defaults"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

  test("has lines that the SDK's tool reads, each option once", () => {
    for (const line of lines) expect(line).toMatch(/^CONFIG_[A-Z0-9_]+=(y|n|\d+)$/);
    const names = lines.map((line) => line.split("=")[0]);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each([
    "CONFIG_ESP_TASK_WDT_EN=y",
    "CONFIG_ESP_TASK_WDT_PANIC=y",
    "CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN=y",
    "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=16384",
    "CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN=4096",
  ])("says %s", (line) => {
    expect(lines).toContain(line);
  });
});
