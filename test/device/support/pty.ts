/** A pseudo-terminal: one end is a device that programs open as they open a serial port, the other is a peer. */

import { type ChildProcess, spawn } from "node:child_process";
import { rmSync, symlinkSync } from "node:fs";
import type { Peer } from "./memory-line.js";

export class Pty {
  readonly #path: string;
  readonly #child: ChildProcess;

  /**
   * `script` is part of every Debian (bsdutils), and makes one: what is written to the device it prints, and
   * what it reads comes out of the device.
   * @param path where a link to the device is to be, so that one that is plugged in again has its old name
   */
  static open(path: string, peer: Peer): Promise<Pty> {
    const command = "stty raw -echo; tty; exec sleep infinity";
    const child = spawn("script", ["--quiet", "--flush", "--command", command, "/dev/null"]);
    return new Promise((resolve, reject) => {
      let device: string | undefined;
      child.on("error", reject);
      child.stdin.on("error", () => {}); // it was unplugged
      child.stdout.on("data", (bytes: Buffer) => {
        if (device !== undefined) return peer.receive(new Uint8Array(bytes));
        device = bytes.toString().trim();
        symlinkSync(device, path);
        peer.onSend = (sent) => child.stdin.write(sent);
        resolve(new Pty(path, child));
      });
    });
  }

  private constructor(path: string, child: ChildProcess) {
    this.#path = path;
    this.#child = child;
  }

  unplug(): void {
    rmSync(this.#path, { force: true });
    this.#child.kill("SIGKILL");
  }
}
