/** What building and flashing need of a computer, and what to do about what is missing. */

import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describePort, listPorts, type Port } from "./ports.js";

/** One thing, and whether it is there. */
export interface Finding {
  readonly what: string;
  /** What cannot be done without it. */
  readonly neededFor: "build" | "flash";
  readonly isGood: boolean;
  /** Where it is, or what is wrong. */
  readonly found: string;
  /** The command that helps. */
  readonly help?: string;
}

/** What there is to look at; tests have another than this computer. */
export interface Machine {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @returns `undefined` when there is no such file */
  readonly read: (path: string) => string | undefined;
  readonly exists: (path: string) => boolean;
  readonly isOurs: (path: string) => boolean;
  readonly ports: () => Promise<readonly Port[]>;
}

export const thisMachine: Machine = {
  environment: process.env,
  read: (path) => (existsSync(path) ? readFileSync(path, "utf8") : undefined),
  exists: existsSync,
  isOurs: (path) => {
    try {
      accessSync(path, constants.R_OK | constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
  ports: listPorts,
};

/** Installs the Moddable SDK; with the device, ESP-IDF and its compilers as well. */
const INSTALL_SDK = "npx xs-dev setup";
const INSTALL_IDF = "npx xs-dev setup --device esp32";

/** The version of ESP-IDF that the SDK wants: others do not build. */
const IDF_MAJOR = "6";

/** The compilers for the two kinds of processors. */
const COMPILERS = ["riscv32-esp-elf-gcc", "xtensa-esp-elf-gcc"] as const;

/** Looks at everything. */
export async function examine(machine: Machine): Promise<Finding[]> {
  return [...examineBuild(machine), ...(await examinePorts(machine))];
}

/** What `pipit build` needs. */
export function examineBuild(machine: Machine): Finding[] {
  return [sdk(machine), mcconfig(machine), idf(machine), ...COMPILERS.map(compiler(machine))];
}

function sdk({ environment, exists }: Machine): Finding {
  const { MODDABLE } = environment;
  const about = { what: "Moddable SDK", neededFor: "build" } as const;
  if (!MODDABLE)
    return { ...about, isGood: false, found: "MODDABLE is not set", help: INSTALL_SDK };
  const isGood = exists(join(MODDABLE, "examples", "manifest_base.json"));
  if (isGood) return { ...about, isGood, found: MODDABLE };
  return { ...about, isGood, found: `MODDABLE is ${MODDABLE}: no SDK there`, help: INSTALL_SDK };
}

function mcconfig(machine: Machine): Finding {
  const about = { what: "mcconfig", neededFor: "build" } as const;
  const path = which(machine, "mcconfig");
  if (path !== undefined) return { ...about, isGood: true, found: path };
  const { MODDABLE } = machine.environment;
  const system = process.platform === "darwin" ? "mac" : "lin";
  const help =
    MODDABLE && machine.exists(join(MODDABLE, "build", "bin", system, "release", "mcconfig"))
      ? `export PATH="$MODDABLE/build/bin/${system}/release:$PATH"`
      : INSTALL_SDK;
  return { ...about, isGood: false, found: "is not on the path", help };
}

function idf({ environment, read }: Machine): Finding {
  const { IDF_PATH } = environment;
  const about = { what: "ESP-IDF", neededFor: "build" } as const;
  if (!IDF_PATH)
    return { ...about, isGood: false, found: "IDF_PATH is not set", help: INSTALL_IDF };
  const text = read(join(IDF_PATH, "tools", "cmake", "version.cmake"));
  if (text === undefined)
    return {
      ...about,
      isGood: false,
      found: `IDF_PATH is ${IDF_PATH}: no ESP-IDF there`,
      help: INSTALL_IDF,
    };
  const part = (name: string): string =>
    new RegExp(`IDF_VERSION_${name}\\s+([0-9]+)`).exec(text)?.[1] ?? "?";
  const version = `${part("MAJOR")}.${part("MINOR")}`;
  if (part("MAJOR") === IDF_MAJOR)
    return { ...about, isGood: true, found: `${version} in ${IDF_PATH}` };
  return {
    ...about,
    isGood: false,
    found: `${version} in ${IDF_PATH}: the SDK wants ${IDF_MAJOR}.0`,
    help: "npx xs-dev update --device esp32",
  };
}

function compiler(machine: Machine): (name: string) => Finding {
  return (name) => {
    const path = which(machine, name);
    const about = { what: name, neededFor: "build" } as const;
    if (path !== undefined) return { ...about, isGood: true, found: path };
    const help = machine.environment.IDF_PATH ? 'source "$IDF_PATH/export.sh"' : INSTALL_IDF;
    return { ...about, isGood: false, found: "is not on the path", help };
  };
}

async function examinePorts({ ports, isOurs }: Machine): Promise<Finding[]> {
  const about = { what: "serial port", neededFor: "flash" } as const;
  let found: readonly Port[];
  try {
    found = await ports();
  } catch (error) {
    return [{ ...about, isGood: false, found: (error as Error).message }];
  }
  if (found.length === 0)
    return [
      {
        ...about,
        isGood: false,
        found: "no board is plugged in, or its cable only charges",
      },
    ];
  return found.map((port) => {
    if (process.platform === "win32" || isOurs(port.path))
      return { ...about, isGood: true, found: describePort(port) };
    return {
      ...about,
      isGood: false,
      found: `${port.path} is not ours to open`,
      help: "sudo usermod -aG dialout $USER   # then log in again",
    };
  });
}

function which({ environment, exists }: Machine, name: string): string | undefined {
  const folders = (environment.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(exists);
}
