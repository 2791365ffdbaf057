import { type ChildProcess, spawn } from "node:child_process";

/** Whom servers run as when the tests run as root: on Debian, `nobody` and `nogroup`. */
export const NOBODY = 65534;

export const isRoot = process.getuid?.() === 0;

const START_TIMEOUT = 20_000;
const STOP_TIMEOUT = 5_000;

/** How much of the end of a log is kept, in UTF-16 units. */
const LOG_LENGTH = 64 * 1024;

/**
 * Makes a command run without root's rights, and end when the process that started it ends: a test run
 * that is interrupted leaves no server behind.
 */
export function confined(command: readonly string[]): [program: string, args: string[]] {
  const user = isRoot ? [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
  return ["setpriv", [...user, "--no-new-privs", "--pdeathsig=SIGKILL", ...command]];
}

/** A running server and what it prints. */
export class ServerProcess {
  readonly #child: ChildProcess;
  /** How it ended. */
  readonly #end: Promise<string>;
  #log = "";

  /**
   * Starts a server, and returns when it has printed all of `ready`, in any order.
   * @throws Error with the end of its log, when it ends before that or takes too long
   */
  static async start(options: {
    readonly command: readonly string[];
    readonly folder: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly ready: readonly string[];
  }): Promise<ServerProcess> {
    const child = spawn(...confined(options.command), {
      cwd: options.folder,
      env: { PATH: process.env.PATH, HOME: options.folder, ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const server = new ServerProcess(child);
    try {
      await server.#printed(options.ready);
    } catch (error) {
      await server.kill("SIGKILL");
      throw error;
    }
    return server;
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    const append = (text: string): void => {
      this.#log = (this.#log + text).slice(-LOG_LENGTH);
    };
    child.stdout?.setEncoding("utf8").on("data", append);
    child.stderr?.setEncoding("utf8").on("data", append);
    child.on("error", (error) => append(error.message));
    // Unlike "exit", "close" waits for the server's own children as well: they share its output.
    this.#end = new Promise((resolve) => {
      child.on("close", (status, signal) => resolve(signal ?? `status ${status}`));
    });
  }

  #printed(texts: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void =>
        reject(new Error(`the server ${why}. Its log:\n${this.#log}`));
      const timer = setTimeout(fail, START_TIMEOUT, "did not open its ports in time");
      this.#end.then((end) => {
        clearTimeout(timer);
        fail(`ended with ${end}`);
      });
      this.#child.stdout?.on("data", () => {
        if (!texts.every((text) => this.#log.includes(text))) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** The end of what the server has printed. */
  log(): string {
    return this.#log;
  }

  /** Sends a signal, and returns when the server is gone; it is killed if it does not obey. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    // Prosody 0.12.3 may never obey SIGTERM when that comes while it closes many sessions.
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT);
    await this.#end;
    clearTimeout(timer);
  }
}
