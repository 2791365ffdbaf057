/**
 * The emulated microcontroller (`host-sim/emulator`): builds its firmware, and runs programs on it in QEMU.
 */

import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { debianSource, fetchDebianSource } from "./debian-source.mjs";
import { root, run } from "./run.mjs";
import { FOLDER as XS } from "./xs.mjs";

/** Everything about the chip: git ignores it. */
const FOLDER = join(root, "build/emulator");

/** What QEMU boots. */
export const FIRMWARE = join(FOLDER, "chip.elf");

/** The only place that the chip can reach on its network. A server of ours is behind it. */
export const SERVER = { host: "10.0.2.100", port: 5222 };

const RELAY = fileURLToPath(new URL("emulator-relay.mjs", import.meta.url));

/**
 * Builds what is not there or has changed, with the XS host there already.
 * @param options.extra further C files to link, by their full paths
 * @param options.flags what they are compiled with, beside the flags of ours
 * @param options.folder where everything goes, if not to the place of {@link FIRMWARE}
 * @returns why it did not work, or nothing
 */
export async function buildEmulator({ extra = [], flags = [], folder = FOLDER } = {}) {
  for (const name of ["mbedtls-2.28", "lwip"]) {
    const problem = fetchDebianSource(name);
    if (problem !== undefined) return problem;
  }
  if (!existsSync(join(folder, "chip.elf")))
    console.log("set-up: building the firmware of the emulated microcontroller");
  const variables = {
    XS: join(XS, "moddable/xs"),
    LWIP: join(debianSource("lwip"), "src"),
    MBEDTLS: debianSource("mbedtls-2.28"),
    OUT: folder,
    EXTRA: extra.join(" "),
    EXTRA_FLAGS: flags.join(" "),
  };
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const status = await run(
    "make",
    "--silent",
    "--jobs=2",
    "-C",
    "host-sim/emulator",
    ...assignments,
  );
  return status === 0 ? undefined : `make failed with status ${status}`;
}

/** A chip that runs a program. */
export class Chip {
  /** What it has printed so far. */
  lines = [];
  /**
   * Resolves when it has ended, with the exit status of its program: one of the XS host's, or `undefined` when
   * it was stopped.
   */
  ended;
  #qemu;
  #isStopped = false;
  /** Those who wait for something to be printed. */
  #waiting = new Set();

  /**
   * Switches a chip on.
   * @param options.program what `compileProgram` returned
   * @param options.settings what the program finds in the file that is its argument, as JSON
   * @param options.firmware what it boots, if not {@link FIRMWARE}
   * @param options.server host and port of what the chip finds at {@link SERVER}; when absent, it can reach all that
   *   this machine can, whose loopback is 10.0.2.2 to it
   * @param options.clock what its clock shows when it is switched on, for QEMU's -rtc; the time of day when absent
   * @param options.folder where its storage is kept in a file; a temporary one when absent
   * @param options.onLine called with every line that it prints
   */
  constructor({
    program,
    settings,
    firmware = FIRMWARE,
    server,
    clock = "utc",
    folder,
    onLine = () => {},
  }) {
    const desk = mkdtempSync(join(tmpdir(), "pipit-chip-")); // which only we may read
    symlinkSync(program.archive, join(desk, "archive"));
    writeFileSync(join(desk, "settings.json"), JSON.stringify(settings));
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
    symlinkSync(folder ?? ".", join(desk, "flash"));

    const handed = ["archive", program.main, "settings.json"].map((it) => `,arg=${it}`).join("");
    const options = {
      ...MACHINE,
      kernel: firmware,
      "semihosting-config": `enable=on,target=native${handed}`,
      netdev: network(server),
      rtc: `base=${clock}`,
    };
    const args = Object.entries(options).flatMap(([name, values]) =>
      [values].flat().flatMap((value) => [`-${name}`, value]),
    );
    this.#qemu = spawn(
      "setpriv", // for it to end with this process, whatever ends that
      ["--pdeathsig=SIGKILL", "qemu-system-riscv32", ...args],
      // In a process group of its own: Ctrl-C is for us, and we stop it when we are done.
      { cwd: desk, stdio: ["ignore", "pipe", "pipe"], detached: true },
    );
    for (const input of [this.#qemu.stdout, this.#qemu.stderr])
      createInterface({ input }).on("line", (line) => {
        this.lines.push(line);
        onLine(line);
        for (const check of this.#waiting) check();
      });
    this.ended = new Promise((resolve, reject) => {
      this.#qemu.on("error", reject);
      this.#qemu.on("close", (status) => {
        rmSync(desk, { recursive: true });
        resolve(this.#isStopped ? undefined : status);
      });
    });
  }

  /**
   * Waits for a line that has `text` in it, printed before or later.
   * @throws Error with all that was printed, when the chip ends without it
   */
  async printed(text) {
    let check;
    const found = new Promise((resolve) => {
      check = () => {
        const line = this.lines.find((it) => it.includes(text));
        if (line !== undefined) resolve(line);
      };
      this.#waiting.add(check);
      check();
    });
    try {
      const ended = this.ended.then(() => undefined);
      const line = await Promise.race([found, ended]);
      if (line === undefined)
        throw new Error(`the chip ended without "${text}":\n${this.lines.join("\n")}`);
      return line;
    } finally {
      this.#waiting.delete(check);
    }
  }

  /** Switches it off. */
  stop() {
    this.#isStopped = true;
    this.#qemu.kill("SIGKILL");
  }
}

/**
 * An ESP32-C3's instruction set: no atomics, no floating point. With -icount the chip counts its instructions,
 * and its time is theirs while it is awake, one nanosecond for each.
 */
const MACHINE = {
  machine: "virt",
  cpu: "rv32,a=false,f=false,d=false",
  m: "16M",
  icount: "shift=0",
  bios: "none",
  display: "none",
  monitor: "none",
  serial: "stdio",
  global: "virtio-mmio.force-legacy=false",
  device: ["virtio-rng-device", "virtio-net-device,netdev=network"],
};

/** A network without a way out but for connections to the one server: for each, QEMU starts a relay. */
function network(server) {
  if (server === undefined) return "user,id=network";
  const relay = [process.execPath, RELAY, server.host, String(server.port)].map(quote).join(" ");
  const forward = `tcp:${SERVER.host}:${SERVER.port}-cmd:${relay}`;
  return `user,id=network,restrict=on,guestfwd=${forward.replaceAll(",", ",,")}`;
}

/** For a shell, as QEMU reads the command. */
function quote(word) {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Where they begin (chip.ld). */
const FLASH = 0x80000000;
const RAM = 0x80c10000;

/** Which part of the firmware a file that was linked is of: the first that its path matches. */
const PARTS = [
  ["XS", /\/emulator\/xs\//],
  ["mbedTLS", /\/emulator\/mbedtls\//],
  ["lwIP", /\/emulator\/lwip\//],
  ["C library", /\/lib(?:c|m|gcc|semihost)\.a|crt0/],
  ["ours", /./],
];

/**
 * What the linker has put where, by part: bytes of flash, and of RAM that is not the heap.
 * @returns {Record<string, {flash: number, ram: number}>}
 */
export function linkedSizes() {
  const sizes = Object.fromEntries(PARTS.map(([part]) => [part, { flash: 0, ram: 0 }]));
  const map = readFileSync(join(FOLDER, "chip.map"), "utf8");
  const placed = map.slice(map.indexOf("Linker script and memory map"));
  // " .text.name  0x80000000  0x10 file", with a line break behind a long name
  for (const [, section, address, size, file] of placed.matchAll(
    /^ (\.[\w.$-]+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$/gm,
  )) {
    const place = Number.parseInt(address, 16);
    if (place < FLASH) continue; // debugging information, and what was left out
    const part = sizes[PARTS.find(([, pattern]) => pattern.test(file))[0]];
    const bytes = Number.parseInt(size, 16);
    const isData = /^\.s?data/.test(section);
    if (place < RAM || isData) part.flash += bytes; // what data begin with is in flash
    if (place >= RAM) part.ram += bytes;
  }
  return sizes;
}
