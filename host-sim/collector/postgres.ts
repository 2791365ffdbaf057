/** PostgreSQL, for fleets that outgrow a file. */

import pg from "pg";
import type { Database, Queries, Row, Value } from "./database.js";
import { StoreError } from "./store.js";

/** Milliseconds to wait for the server. */
const TIMEOUT = 10_000;

/** SQLSTATEs of two who wrote the same at once: in an order that locks, or the same row or table. */
const COLLISION = /^(40001|40P01|23505|42P07)$/;

/** How often such a transaction is begun. */
const TRIES = 10;

export class PostgresDatabase implements Database {
  readonly key = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
  readonly least = "least";
  readonly greatest = "greatest";
  readonly #pool: pg.Pool;

  /** @param url `postgresql://user@host/database`; the password may stand in PGPASSWORD. Connects when needed. */
  constructor(url: string) {
    this.#pool = new pg.Pool({
      connectionString: url,
      connectionTimeoutMillis: TIMEOUT,
      // Numbers as numbers: keys and counts are 64-bit, which pg would give as strings.
      types: {
        getTypeParser: (id, format) =>
          id === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(id, format as "text"),
      },
    });
    // An idle connection that breaks is made anew by the next query; whoever asks that learns of the trouble.
    this.#pool.on("error", () => {});
  }

  query(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    return run(this.#pool, sql, values);
  }

  /** Whoever else has written what this would write, as another collector may, has it begin anew. */
  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++)
      try {
        return await this.#attempt(work);
      } catch (error) {
        const { code } = (error as StoreError).cause as Partial<pg.DatabaseError>;
        if (!COLLISION.test(code ?? "") || tries === TRIES) throw error;
      }
  }

  async #attempt<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error) => {
      throw explain(error);
    });
    let isBroken = true;
    try {
      // What is read and then removed must be the same, though more is written meanwhile.
      await run(client, "BEGIN ISOLATION LEVEL REPEATABLE READ");
      try {
        const result = await work({ query: (sql, values) => run(client, sql, values) });
        await run(client, "COMMIT");
        isBroken = false;
        return result;
      } catch (error) {
        await run(client, "ROLLBACK");
        isBroken = false;
        throw error;
      }
    } finally {
      client.release(isBroken);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

async function run(
  on: pg.Pool | pg.PoolClient,
  sql: string,
  values: readonly Value[] = [],
): Promise<Row[]> {
  try {
    return (await on.query(sql, [...values])).rows;
  } catch (error) {
    throw explain(error);
  }
}

/** Classes of SQLSTATE that pass: connections (08), resources such as disks (53), somebody's intervention (57). */
function explain(error: unknown): StoreError {
  const { code = "", message } = error as Partial<pg.DatabaseError> & Error;
  const isState = /^[0-9A-Z]{5}$/.test(code);
  const mayPass = isState ? /^(08|40|53|57)/.test(code) : true; // else it is about the connection
  return new StoreError(`PostgreSQL: ${message || code}`, mayPass, error);
}
