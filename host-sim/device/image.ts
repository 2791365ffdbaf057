/** What is written to a chip's flash: an image, described by a manifest as ESP Web Tools has it. */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/** A kind of board that there are manifests for. */
export interface Target {
  /** As esptool and ESP Web Tools call the chip. */
  readonly chip: string;
  /** As the SDK's `mcconfig` calls it. */
  readonly platform: string;
  /** Where the chip's ROM looks for the boot loader. */
  readonly bootLoader: number;
}

export const TARGETS = {
  esp32: { chip: "ESP32", platform: "esp32", bootLoader: 0x1000 },
  esp32c3: { chip: "ESP32-C3", platform: "esp32/esp32c3", bootLoader: 0 },
  esp32c6: { chip: "ESP32-C6", platform: "esp32/esp32c6", bootLoader: 0 },
  esp32s3: { chip: "ESP32-S3", platform: "esp32/esp32s3", bootLoader: 0 },
} as const satisfies Record<string, Target>;

export type TargetName = keyof typeof TARGETS;

/** The numbers that images name chips by (`esp_chip_id_t` of ESP-IDF's `esp_app_format.h`). */
const CHIP_IDS: Readonly<Record<number, string>> = {
  0: "ESP32",
  2: "ESP32-S2",
  5: "ESP32-C3",
  9: "ESP32-S3",
  12: "ESP32-C2",
  13: "ESP32-C6",
  16: "ESP32-H2",
};

/** The header of an executable image: its first byte, and where the number of the chip is. */
const MAGIC = 0xe9;
const HEADER_SIZE = 24;
const CHIP_ID_AT = 12;

/** Flash is erased by so many bytes. */
const SECTOR = 0x1000;

/** `manifest.json` of https://esphome.github.io/esp-web-tools/, as far as it is in use here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly new_install_prompt_erase: boolean;
  readonly builds: readonly Build[];
}

export interface Build {
  readonly chipFamily: string;
  readonly parts: readonly { readonly path: string; readonly offset: number }[];
}

/** A build with the bytes of its parts. */
export interface Image {
  readonly name: string;
  readonly version: string;
  readonly chip: string;
  readonly parts: readonly Part[];
}

export interface Part {
  /** The name of its file. */
  readonly name: string;
  /** Where in flash it goes. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The manifest's name in its folder, beside the parts. */
export const MANIFEST = "manifest.json";

/** Writes a folder with a manifest and the parts, which are copied from where they are. */
export function writeImage(
  folder: string,
  about: { readonly name: string; readonly version: string; readonly chip: string },
  parts: readonly { readonly file: string; readonly offset: number }[],
): Manifest {
  mkdirSync(folder, { recursive: true });
  for (const { file } of parts) copyFileSync(file, join(folder, basename(file)));
  const manifest: Manifest = {
    name: about.name,
    version: about.version,
    new_install_prompt_erase: true,
    builds: [
      {
        chipFamily: about.chip,
        parts: parts.map(({ file, offset }) => ({ path: basename(file), offset })),
      },
    ],
  };
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/**
 * Reads the images of a manifest, one for each chip.
 * @param path of the manifest, or of the folder that it is in
 * @throws Error when it is no manifest, a part is not there, or the parts are not what it says
 */
export function readImages(path: string): Image[] {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, MANIFEST) : path;
  const { name, version, builds } = readManifest(file);
  return builds.map(({ chipFamily, parts }) => {
    const image: Image = {
      name,
      version,
      chip: chipFamily,
      parts: parts.map((part) => ({
        name: part.path,
        offset: part.offset,
        data: readPart(join(dirname(file), part.path)),
      })),
    };
    check(image, file);
    return image;
  });
}

function readManifest(file: string): Manifest {
  let manifest: Partial<Manifest>;
  try {
    manifest = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`no image can be read: ${file}: ${(error as Error).message}`);
  }
  const { name = "firmware", version = "", builds } = manifest ?? {};
  if (!Array.isArray(builds) || builds.length === 0 || !builds.every(isBuild))
    throw new Error(`${file} is not a manifest of ESP Web Tools: it has no builds with parts`);
  return { name: String(name), version: String(version), new_install_prompt_erase: true, builds };
}

function isBuild(build: Partial<Build> | null): build is Build {
  return (
    typeof build?.chipFamily === "string" &&
    Array.isArray(build.parts) &&
    build.parts.length > 0 &&
    build.parts.every(
      (part) =>
        typeof part?.path === "string" &&
        Number.isInteger(part.offset) &&
        part.offset >= 0 &&
        part.offset % SECTOR === 0,
    )
  );
}

function readPart(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new Error(`a part of the image is missing: ${(error as Error).message}`);
  }
}

/** Executables name the chip that they are for, so that a wrong one need not be found out by a dead board. */
function check({ chip, parts }: Image, file: string): void {
  const executables = parts.filter(({ data }) => data[0] === MAGIC && data.length >= HEADER_SIZE);
  if (executables.length === 0)
    throw new Error(`${file}: none of the parts is a program for an ESP32`);
  for (const { name, data } of executables) {
    const id = (data[CHIP_ID_AT] as number) | ((data[CHIP_ID_AT + 1] as number) << 8);
    const made = CHIP_IDS[id] ?? `chip number ${id}`;
    if (made !== chip) throw new Error(`${file} says ${chip}, but ${name} is for ${made}`);
  }
  let end = 0;
  let before = "";
  for (const { name, offset, data } of parts.toSorted((a, b) => a.offset - b.offset)) {
    if (offset < end) throw new Error(`${file}: ${name} would overwrite the end of ${before}`);
    end = offset + data.length;
    before = name;
  }
}

/**
 * What a page for flashing from a browser is to serve: one manifest for all boards that have been built, and
 * the files that it names.
 * @param folders the image of each board, by the board's name
 */
export function webInstall(folders: ReadonlyMap<string, string>): {
  manifest: Manifest & { readonly new_install_improv_wait_time: number };
  /** Files by their paths, relative to the manifest's. */
  parts: Map<string, string>;
} {
  const parts = new Map<string, string>();
  const builds: Build[] = [];
  let name = "";
  let version = "";
  for (const [board, folder] of folders) {
    const manifest = readManifest(join(folder, MANIFEST));
    ({ name, version } = manifest);
    for (const build of manifest.builds)
      builds.push({
        chipFamily: build.chipFamily,
        parts: build.parts.map(({ path, offset }) => {
          parts.set(`${board}/${path}`, join(folder, path));
          return { path: `${board}/${path}`, offset };
        }),
      });
  }
  return {
    manifest: {
      name,
      version,
      new_install_prompt_erase: true,
      // A board answers as soon as it has started, which takes it a second or two.
      new_install_improv_wait_time: 10,
      builds,
    },
    parts,
  };
}
