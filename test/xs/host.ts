import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { test } from "@jest/globals";
import { compileProgram, HOST, type Program, SANITIZED_HOST } from "../../scripts/xs-program.mjs";

/** What a program of the XS host left behind. */
export interface Ending {
  /** `undefined` when a signal ended it. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Whether a host is built, for test files that need it. Where it is not, this adds a skipped test that
 * says so; under `CI=true` it fails instead, lest nobody notice.
 * @throws Error under `CI=true`, when it is not built
 */
export function requireXS(host = HOST): boolean {
  if (existsSync(host)) return true;
  const reason = "the XS host is not built; node scripts/setup.mjs --xs would do it";
  if (process.env.CI === "true") throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  test.skip(`skipped: ${reason}`, () => {});
  return false;
}

/** Compiles one of the programs beside this file. */
export const compile = (name: string): Program => compileProgram(`test/xs/programs/${name}`);

/** Runs a program with the memory of a board. */
export function runOnBoard(board: string, program: Program, ...args: string[]): Ending {
  return runIn(HOST, board, program, ...args);
}

/** The same, in a host of another kind. */
export function runIn(host: string, board: string, program: Program, ...args: string[]): Ending {
  const { status, stdout, stderr, error } = spawnSync(
    host,
    ["--board", board, program.archive, program.main, ...args],
    { encoding: "utf8", timeout: 240_000, maxBuffer: 2 ** 26 },
  );
  if (error !== undefined) throw error;
  return { status: status ?? undefined, stdout, stderr };
}

/** The same, while this process goes on: to be what the program talks to. */
export function runBesides(board: string, program: Program, ...args: string[]): Promise<Ending> {
  return spawnHost(HOST, "--board", board, program.archive, program.main, ...args);
}

/** Runs a program in the host that is built to find out what our C does wrong with memory. */
export function runSanitized(...args: string[]): Promise<Ending> {
  return spawnHost(SANITIZED_HOST, ...args);
}

async function spawnHost(host: string, ...args: string[]): Promise<Ending> {
  const child = spawn(host, args, {
    timeout: 240_000,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ASAN_OPTIONS: "detect_leaks=0" }, // machines end with the process
  });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { status: status ?? undefined, stdout, stderr };
}

/** The lines of JSON that a program printed. @throws Error when it did not end well */
export function results<Result>({ status, stdout, stderr }: Ending): Result[] {
  if (status !== 0) throw new Error(`the host ended with status ${status}\n${stderr}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Result);
}

export const pathOf = (url: URL): string => fileURLToPath(url);
