/** Builds the firmware for a board, by the Moddable SDK. */

import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { MANIFEST, TARGETS, type TargetName, writeImage } from "./image.js";
import { examineBuild, type Machine, thisMachine } from "./tools.js";

/** The project's folder: where its `package.json` is, above the source and above what is compiled of it. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  return findRoot(dirname(folder));
}

/** Where the JavaScript of the firmware goes, with the manifests beside it. */
const SOURCES = join(ROOT, "build", "board", "sources");

/** Where the image of a board is. */
export function imageFolder(board: TargetName): string {
  return join(ROOT, "build", "board", board);
}

/** The images that have been built, by the boards' names. */
export function builtImages(): Map<TargetName, string> {
  const names = Object.keys(TARGETS) as TargetName[];
  return new Map(
    names.flatMap((name) => {
      const folder = imageFolder(name);
      return existsSync(join(folder, MANIFEST)) ? [[name, folder] as const] : [];
    }),
  );
}

/** Whether there is an image that is newer than everything that it is made of. */
export function isUpToDate(board: TargetName): boolean {
  const manifest = join(imageFolder(board), MANIFEST);
  if (!existsSync(manifest)) return false;
  const built = statSync(manifest).mtimeMs;
  return ["firmware", "manifests"].every((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).every(
      (name) => statSync(join(ROOT, folder, name)).mtimeMs < built,
    ),
  );
}

/**
 * Builds, with what the SDK says on this process's outputs.
 * @returns the folder with the image
 * @throws ConfigError for what is missing; Error when the SDK fails
 */
export async function build(board: TargetName, machine: Machine = thisMachine): Promise<string> {
  requireTools(machine, board);
  const sources = await import(pathToFileURL(join(ROOT, "scripts", "board-sources.mjs")).href);
  sources.writeSources(SOURCES);
  const { platform, chip, bootLoader } = TARGETS[board];
  const manifest = join(SOURCES, "manifests", board, "manifest.json");
  await run("mcconfig", ["-m", "-p", platform, "-t", "build", manifest], machine);
  const made = join(machine.environment.MODDABLE as string, "build/bin", platform, "release/pipit");
  const partitions = readPartitions(join(SOURCES, "manifests", "partitions.csv"));
  const folder = imageFolder(board);
  const parts = [
    { file: join(made, "bootloader.bin"), offset: bootLoader },
    { file: join(made, "partition-table.bin"), offset: PARTITION_TABLE },
    { file: join(made, "ota_data_initial.bin"), offset: partitions.get("otadata") as number },
    { file: join(made, "xs_esp32.bin"), offset: partitions.get("ota_0") as number },
  ];
  const missing = parts.find(({ file }) => !existsSync(file));
  if (missing !== undefined)
    throw new Error(`mcconfig ended well, but there is no ${missing.file}: is it SDK 8.2?`);
  writeImage(folder, { name: "Pipit", version: version(), chip }, parts);
  return folder;
}

/** Where ESP-IDF puts the table itself, unless told otherwise (`CONFIG_PARTITION_TABLE_OFFSET`). */
const PARTITION_TABLE = 0x8000;

/** Offsets by the names of partitions. */
export function readPartitions(path: string): Map<string, number> {
  const lines = readFileSync(path, "utf8").split("\n");
  return new Map(
    lines
      .filter((line) => line.trim() !== "" && !line.startsWith("#"))
      .map((line) => line.split(",").map((field) => field.trim()))
      .map(([name = "", , , offset]) => [name, Number(offset)]),
  );
}

function version(): string {
  const { config } = JSON.parse(readFileSync(join(ROOT, "manifests", "common.json"), "utf8"));
  return config.version;
}

function requireTools(machine: Machine, board: TargetName): void {
  // Of the compilers, a chip needs its own.
  const other = board === "esp32" || board === "esp32s3" ? "riscv32" : "xtensa";
  const missing = examineBuild(machine).filter(
    ({ isGood, what }) => !isGood && !what.startsWith(other),
  );
  if (missing.length === 0) return;
  const lines = missing.map(({ what, found, help }) => `  ${what}: ${found}. Run: ${help}`);
  throw new ConfigError(
    "sdk",
    ["the firmware cannot be built on this computer yet:", ...lines].join("\n"),
  );
}

function run(command: string, args: readonly string[], machine: Machine): Promise<void> {
  const { environment } = machine;
  // The SDK compiles modules of its own with `tsc`, which need not be installed for everybody.
  const path = [environment.PATH, join(ROOT, "node_modules", ".bin")].join(delimiter);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...environment, PATH: path },
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.on("error", (error) => reject(new Error(`${command} cannot be run: ${error.message}`)));
    child.on("close", (status, signal) => {
      if (status === 0) return resolve();
      const how = status === null ? `was ended by ${signal}` : `ended with status ${status}`;
      reject(new Error(`${command} ${how}: what it says above is the reason`));
    });
  });
}
