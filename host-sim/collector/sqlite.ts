/**
 * SQLite, as WebAssembly: it needs no compiler and no download.
 *
 * This build of it has two traits that decide how it is used here, both found by killing it. Its lock is a
 * directory beside the file, so that one which is left behind by a process that was killed locks the file for
 * ever. And since it takes its own lock for somebody else's, it never plays back a rollback journal: a process
 * killed in the middle of a transaction would leave half of it. So the journal is a write-ahead log, which needs
 * no such thing, and only one process has the file, whose number stands beside it. Others read a copy.
 */

import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sqlite from "node-sqlite3-wasm";
import type { Database, Queries, Row, Value } from "./database.js";
import { StoreError } from "./store.js";

/** Pages of the log before it is written back. Copies can be made in between, so it is not short. */
const LOG_PAGES = 4_000;

/** How often a copy is tried, when the log is written back in the middle of it. */
const COPIES = 5;

/** The files that this process has. */
const own = new Set<string>();

/** Less than this, in bytes, and a disk counts as full. */
const FULL = 1 << 20;

export class SqliteDatabase implements Database {
  readonly key = "INTEGER PRIMARY KEY";
  readonly least = "min";
  readonly greatest = "max";
  readonly #file: string;
  readonly #connection: sqlite.Database;
  readonly #statements = new Map<string, sqlite.Statement>();
  /** What is under way. There is one connection, on which transactions must not mix. */
  #busy: Promise<unknown> = Promise.resolve();
  readonly #release: () => void;

  /** Opens the file for reading and writing, or makes it. @throws StoreError when another process has it */
  static open(file: string): SqliteDatabase {
    const owner = takeOwnership(file);
    if (owner !== undefined)
      throw new StoreError(
        `${file} is in use by process ${owner}. If that is no pipit, remove ${file}.pid`,
        false,
      );
    return new SqliteDatabase(file, () => giveUpOwnership(file));
  }

  /** Opens the file for reading; a copy of it, if another process has it. @throws StoreError */
  static openToRead(file: string): SqliteDatabase {
    try {
      statfsSync(file);
    } catch (error) {
      throw new StoreError(`there is no store: ${(error as Error).message}`, false);
    }
    if (takeOwnership(file) === undefined)
      return new SqliteDatabase(file, () => giveUpOwnership(file));
    const folder = mkdtempSync(join(tmpdir(), "pipit-"));
    const remove = (): void => rmSync(folder, { recursive: true, force: true });
    try {
      copy(file, join(folder, "copy"));
      return new SqliteDatabase(join(folder, "copy"), remove);
    } catch (error) {
      remove();
      throw error;
    }
  }

  private constructor(file: string, release: () => void) {
    this.#file = file;
    this.#release = release;
    try {
      this.#connection = new sqlite.Database(file);
      for (const setting of [
        "locking_mode = EXCLUSIVE", // before the log: shared, it would need memory that this build cannot share
        "journal_mode = WAL",
        "synchronous = FULL", // on disk means on disk
        `wal_autocheckpoint = ${LOG_PAGES}`,
      ])
        this.#connection.get(`PRAGMA ${setting}`);
    } catch (error) {
      release();
      throw this.#explain(error);
    }
  }

  query(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    return this.#inTurn(async () => this.#run(sql, values));
  }

  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      this.#run("BEGIN IMMEDIATE", []);
      try {
        const result = await work({ query: async (sql, values = []) => this.#run(sql, values) });
        this.#run("COMMIT", []);
        return result;
      } catch (error) {
        // After some errors SQLite has done so by itself.
        if (this.#connection.inTransaction) this.#run("ROLLBACK", []);
        throw error;
      }
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      for (const sql of [...this.#statements.keys()]) this.#drop(sql);
      this.#connection.close();
      this.#release();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(work);
    this.#busy = turn.catch(() => {});
    return turn;
  }

  #run(sql: string, values: readonly Value[]): Row[] {
    try {
      let statement = this.#statements.get(sql);
      if (statement === undefined) {
        statement = this.#connection.prepare(sql);
        this.#statements.set(sql, statement);
      }
      return statement.all(
        Object.fromEntries(values.map((value, at) => [`$${at + 1}`, value])),
      ) as Row[];
    } catch (error) {
      this.#drop(sql);
      throw this.#explain(error);
    }
  }

  #drop(sql: string): void {
    try {
      this.#statements.get(sql)?.finalize();
    } catch {
      // It says once more what went wrong when it last ran.
    }
    this.#statements.delete(sql);
  }

  /** SQLite says no more than "disk I/O error" when it cannot write. */
  #explain(error: unknown): StoreError {
    const message = (error as Error).message;
    const cannotWrite = /disk I\/O error|is full/.test(message);
    const { bavail, bsize } = statfsSync(dirname(this.#file));
    const why = cannotWrite && bavail * bsize < FULL ? "the disk is full" : message;
    return new StoreError(`${this.#file}: ${why}`, cannotWrite, error);
  }
}

/**
 * Makes this process the one that has the file.
 * @returns the number of the one that has it instead
 */
function takeOwnership(file: string): number | undefined {
  const note = `${file}.pid`;
  for (;;)
    try {
      writeFileSync(note, String(process.pid), { flag: "wx" });
      removeLock(file);
      own.add(file);
      return undefined;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "EEXIST")
        throw new StoreError(`${file} cannot be used: ${message}`, false, error);
      const owner = Number(readFileSync(note, "utf8"));
      // In a container, the process of before may have had our own number.
      if (owner === process.pid ? own.has(file) : isAlive(owner)) return owner;
      rmSync(note, { force: true });
    }
}

function giveUpOwnership(file: string): void {
  own.delete(file);
  rmSync(`${file}.pid`, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0) && !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether it was killed, and nobody has asked yet how it ended: in containers nobody may ever. */
function isZombie(pid: number): boolean {
  try {
    return /^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false; // this is no Linux
  }
}

/** What a process that was killed has left. */
function removeLock(file: string): void {
  try {
    rmdirSync(`${file}.lock`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/**
 * Copies a file that is written to, and its log. While the log is the same one, that is as good as what a crash
 * leaves: pages are written back to the file, but stay in the log too (SQLite, "The Write-Ahead Log").
 * @throws StoreError when the log is begun anew each time
 */
function copy(file: string, to: string): void {
  for (let i = 0; i < COPIES; i++) {
    const before = logHeader(file);
    copyFileSync(file, to);
    if (before !== "") copyFileSync(`${file}-wal`, `${to}-wal`);
    if (logHeader(file) === before) return;
  }
  throw new StoreError(`${file} changes too fast to be copied; try again`, true);
}

/** The first 32 bytes of the log: with the numbers that are drawn anew when it is. */
function logHeader(file: string): string {
  let log: number;
  try {
    log = openSync(`${file}-wal`, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
  const header = Buffer.alloc(32);
  readSync(log, header);
  closeSync(log);
  return header.toString("hex");
}
