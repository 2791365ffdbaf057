/** Asks a person for something. */

import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { ConfigError } from "../../firmware/xmpp/errors.js";

/**
 * Reads one line from the terminal without showing it. The question goes to standard error, so that standard
 * output stays data.
 * @throws ConfigError `password` when there is none: Ctrl-C, Ctrl-D
 */
export function askSecret(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(question);
  return new Promise((resolve, reject) => {
    lines.once("line", (line) => {
      resolve(line);
      lines.close();
    });
    lines.once("SIGINT", () => lines.close());
    lines.once("close", () => {
      process.stderr.write("\n");
      reject(new ConfigError("password", "no password was given"));
    });
  });
}

/**
 * Reads one line from the terminal. The question goes to standard error.
 * @param name what it is, and `instead` how else it can be said, for who cannot be asked
 * @throws ConfigError when there is nobody to ask, or no answer: Ctrl-C, Ctrl-D
 */
export function askLine(question: string, name: string, instead: string): Promise<string> {
  if (!process.stdin.isTTY) throw new ConfigError(name, `the ${name} is not known: ${instead}`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve, reject) => {
    lines.question(question, (line) => {
      resolve(line.trim());
      lines.close();
    });
    lines.once("close", () => {
      reject(new ConfigError(name, `no ${name} was given`));
    });
  });
}
