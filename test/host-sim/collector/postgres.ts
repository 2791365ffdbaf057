/** A real PostgreSQL for tests: on loopback, with data of its own, as somebody who is not root. */

import { execFile } from "node:child_process";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../interop/support/ports.js";
import { confined, isRoot, NOBODY, ServerProcess } from "../../interop/support/process.js";

const execute = promisify(execFile);

/** Where Debian puts it, by version. */
const PLACE = "/usr/lib/postgresql";

function programs(): string | undefined {
  if (!existsSync(PLACE)) return undefined;
  const folders = readdirSync(PLACE).map((version) => join(PLACE, version, "bin"));
  return folders.find((folder) => existsSync(join(folder, "initdb")));
}

export function hasPostgres(): boolean {
  if (programs() !== undefined) return true;
  if (process.env.CI === "true") throw new Error("PostgreSQL is not installed");
  return false;
}

export class TestPostgres {
  readonly #port: number;
  readonly #folder: string;
  #process: ServerProcess;
  #databases = 0;

  static async start(): Promise<TestPostgres> {
    const folder = await mkdtemp(join(tmpdir(), "pipit-"));
    if (isRoot) chownSync(folder, NOBODY, NOBODY);
    const data = join(folder, "data");
    const initdb = join(programs() as string, "initdb");
    const options = [
      "--username=pipit",
      "--auth=trust",
      "--no-sync",
      "--encoding=UTF8",
      "--locale=C",
    ];
    await execute(...confined([initdb, "--pgdata", data, ...options]));
    const port = await freePort();
    return new TestPostgres(folder, port, await launch(folder, port));
  }

  private constructor(folder: string, port: number, process: ServerProcess) {
    this.#folder = folder;
    this.#port = port;
    this.#process = process;
  }

  /** Makes a database. Returns its URL. */
  async newDatabase(): Promise<string> {
    const name = `pipit${++this.#databases}`;
    const address = ["--host=127.0.0.1", `--port=${this.#port}`, "--username=pipit"];
    await execute(join(programs() as string, "createdb"), [...address, name]);
    return `postgresql://pipit@127.0.0.1:${this.#port}/${name}`;
  }

  /** Ends it as a crash would. */
  kill(): Promise<void> {
    return this.#process.kill("SIGQUIT");
  }

  async restart(): Promise<void> {
    this.#process = await launch(this.#folder, this.#port);
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true });
  }
}

function launch(folder: string, port: number): Promise<ServerProcess> {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    fsync: "off", // these tests cut no power
    log_destination: "stderr",
  };
  const command = [
    join(programs() as string, "postgres"),
    "-D",
    join(folder, "data"),
    "-p",
    String(port),
  ];
  for (const [name, value] of Object.entries(settings)) command.push("-c", `${name}=${value}`);
  // It prints on standard error, so it goes through a shell that joins the two.
  return ServerProcess.start({
    command: ["sh", "-c", 'exec "$@" 2>&1', "sh", ...command],
    folder,
    ready: ["database system is ready to accept connections"],
  });
}
