import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

/** The project's folder, in which everything here runs, wherever it was called from. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program on this terminal. Returns its exit status: 128 and more when a signal ended it. */
export function run(program, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: "inherit" });
    // Ctrl-C reaches the program as well as us. It may need time to end; a signal to us alone is passed on.
    const wait = () => {};
    const pass = (signal) => child.kill(signal);
    process.on("SIGINT", wait).on("SIGTERM", pass);
    child.on("error", reject);
    child.on("close", (status, signal) => {
      process.off("SIGINT", wait).off("SIGTERM", pass);
      resolve(status ?? 128 + constants.signals[signal]);
    });
  });
}

/** Runs a Node program of an installed package: its path in `node_modules`, and its arguments. */
export const runPackage = (path, ...args) => run(process.execPath, `node_modules/${path}`, ...args);
