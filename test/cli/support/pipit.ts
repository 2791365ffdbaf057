/** The command `pipit` as its users run it: a process with arguments, an environment, and two outputs. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../build/host-sim/cli/main.js", import.meta.url));

/** How a run ended, and all that it printed. */
export interface Outcome {
  /** The exit status; `null` when a signal ended it. */
  status: number | null;
  stdout: string;
  stderr: string;
}

const running = new Set<Pipit>();

/** Ends what tests have left running. To be called after each. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((pipit) => pipit.kill()));
}

export class Pipit {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  readonly #outcome: Promise<Outcome>;
  #waiting: (() => void)[] = [];

  /** Starts it. Of the environment it gets only what tests say, and what a program needs. */
  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: run npx tsc -b, or npm test`);
    const { PATH = "" } = process.env;
    this.#child = spawn(process.execPath, [MAIN, ...args], { env: { PATH, ...environment } });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#changed();
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#changed();
    });
    this.#child.stdin?.on("error", () => {}); // it may have ended without reading all of it
    running.add(this);
    this.#outcome = new Promise((resolve) => {
      this.#child.on("close", (status) => {
        running.delete(this);
        this.#changed();
        resolve({ status, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Waits until it has ended by itself. */
  get ended(): Promise<Outcome> {
    return this.#outcome;
  }

  /** What it has printed on standard output so far, line by line. */
  get lines(): string[] {
    return this.stdout.split("\n").slice(0, -1);
  }

  /** Waits until what it has printed is so. @throws Error with all of that, when it ends before */
  async until(condition: (pipit: this) => boolean): Promise<void> {
    while (!condition(this)) {
      if (!running.has(this))
        throw new Error(`pipit ended too soon.\n${this.stdout}\n${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Puts text on its standard input. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Ends its standard input, after a last piece of text. */
  end(text = ""): void {
    this.#child.stdin?.end(text);
  }

  /** Stops reading its standard output, as `| head -1` does. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#outcome;
  }

  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Runs it to its end. @param input what is on its standard input */
export function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = "",
): Promise<Outcome> {
  const pipit = new Pipit(args, environment);
  pipit.end(input);
  return pipit.ended;
}
