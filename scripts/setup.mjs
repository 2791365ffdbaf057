/**
 * Gets what the project needs and does not have: npm packages; with `--servers`, the Debian packages of the
 * XMPP servers that it is tested against; with `--rivals`, those of what it is measured beside; with `--xs`, the XS engine,
 * and what builds its host; and with `--emulator`, that and an emulated microcontroller.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildEmulator, FIRMWARE } from "./emulator.mjs";
import { buildProgramsChip, buildProgramsHost, translateBox } from "./programs.mjs";
import { root, run } from "./run.mjs";
import { buildTLSTools } from "./tls-tools.mjs";
import { buildXSHost } from "./xs.mjs";

/**
 * The servers, Prosody's extra modules, what lets the two find each other without DNS, and the database that the
 * collector may store to.
 */
const SERVER_PACKAGES = [
  "prosody",
  "prosody-modules",
  "ejabberd",
  "lua-unbound",
  "libnss-wrapper",
  "postgresql",
];

/** What the dashboard is tested in. */
const BROWSER_PACKAGES = ["chromium"];

/** What delivery is measured beside. */
const RIVAL_PACKAGES = ["mosquitto"];

/** What builds the XS host, for this machine and for a 32-bit one. */
const COMPILER_PACKAGES = [
  "gcc",
  "make",
  "libc6-dev",
  "gcc-multilib",
  "libc6-dev-i386",
  "bzip2",
  "xz-utils",
];

/** What builds and runs the emulated microcontroller: a compiler and a C library for RISC-V, and QEMU. */
const EMULATOR_PACKAGES = [
  "gcc-riscv64-unknown-elf",
  "picolibc-riscv64-unknown-elf",
  "qemu-system-misc",
];

const INSTALLER = "install-debian-packages.sh";

/** What makes C of sensor programs. */
const PROGRAM_PACKAGES = ["wabt"];

/** Installs the npm packages of the lock file, unless they are there. Without them it ends the process. */
export async function installPackages() {
  if (hasPackages()) return;
  say("installing npm packages");
  const status = await run(
    "npm",
    "install", // not `ci`, which wants the packages for every other kind of machine in the lock file
    "--no-save",
    "--include=dev",
    "--ignore-scripts", // only node-expat needs its own, and a compiler: a rival in the benchmark
    "--no-audit",
    "--no-fund",
  );
  if (status === 0) return;
  say(`npm failed with status ${status}; what it says above is the reason`);
  process.exit(status);
}

function hasPackages() {
  const wanted = lockedPackages("package-lock.json");
  const present = lockedPackages("node_modules/.package-lock.json"); // npm's note of what it installed
  delete wanted[""]; // the project itself
  return Object.entries(wanted).every(([path, { version, optional }]) =>
    // Optional ones are for other machines than this.
    path in present ? present[path].version === version : optional,
  );
}

function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8")).packages;
  } catch (error) {
    if (error.code === "ENOENT") return {};
    throw error;
  }
}

/** Installs the servers, where that is possible, unless they are there. Returns whether they are now. */
export function installServers() {
  return provideDebianPackages(SERVER_PACKAGES);
}

/** Installs the browser, where that is possible, unless it is there. Returns whether it is now. */
export function installBrowser() {
  return provideDebianPackages(BROWSER_PACKAGES);
}

/** Installs the rivals of the benchmarks, where that is possible, unless they are there. Returns whether they are now. */
export function installRivals() {
  return provideDebianPackages(RIVAL_PACKAGES);
}

/** Builds the XS host, where that is possible, unless it is there. Returns whether it is now. */
export async function installXS() {
  if (!provideDebianPackages(COMPILER_PACKAGES)) return false;
  const problem = (await buildXSHost()) ?? (await buildTLSTools());
  if (problem === undefined) return true;
  say(`the XS host cannot be built: ${problem}`);
  return false;
}

/**
 * Builds the emulated microcontroller and what compiles its programs, where that is possible, unless it is
 * there. Returns whether it is now.
 */
export async function installEmulator() {
  if (!(await installXS()) || !provideDebianPackages(EMULATOR_PACKAGES)) return false;
  const problem = await buildEmulator();
  if (problem === undefined) return true;
  say(`the emulated microcontroller cannot be built: ${problem}`);
  return false;
}

/**
 * Makes native code of the sensor programs in the box, and builds the hosts that have it, where that is possible.
 * What tsc makes of this project, and the XS host, have to be there. Returns whether they are now.
 */
export async function installPrograms() {
  if (!provideDebianPackages(PROGRAM_PACKAGES)) return false;
  await translateBox();
  const problem =
    (await buildProgramsHost()) ?? (existsSync(FIRMWARE) ? await buildProgramsChip() : undefined);
  if (problem === undefined) return true;
  say(`the hosts with sensor programs cannot be built: ${problem}`);
  return false;
}

function provideDebianPackages(packages) {
  const missing = missingDebianPackages(packages);
  if (missing.length === 0) return true;
  say(`installing Debian packages: ${missing.join(" ")}`);
  const problem = installDebianPackages(missing);
  if (problem === undefined) return true;
  say(`that is not possible: ${problem}`);
  say(`somebody with root's rights could run: sh scripts/${INSTALLER} ${missing.join(" ")}`);
  return false;
}

function missingDebianPackages(packages) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is dpkg's way to write a template, too
  const format = "${Package} ${db:Status-Status}\n";
  const query = ["--show", "--showformat", format, ...packages];
  const { stdout } = spawnSync("dpkg-query", query, { encoding: "utf8" });
  const lines = stdout?.split("\n") ?? []; // nothing where there is no dpkg
  return packages.filter((name) => !lines.includes(`${name} installed`));
}

/** Returns why it did not work, or nothing. */
function installDebianPackages(packages) {
  const install = ["sh", join(root, "scripts", INSTALLER), ...packages];
  const [program, ...args] = process.getuid() === 0 ? install : ["sudo", "-n", ...install];
  const { error, status, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status === 0) return undefined;
  return error ? `${program} cannot be run (${error.code})` : stderr.trim().split("\n").at(-1);
}

function say(what) {
  console.log(`set-up: ${what}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await installPackages();
  if (process.argv.includes("--servers") && !installServers()) process.exitCode = 1;
  if (process.argv.includes("--rivals") && !installRivals()) process.exitCode = 1;
  if (process.argv.includes("--xs") && !(await installXS())) process.exitCode = 1;
  if (process.argv.includes("--emulator") && !(await installEmulator())) process.exitCode = 1;
}
