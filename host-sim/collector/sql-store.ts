/** The store in SQL: the same on SQLite and on PostgreSQL. */

import { createHash } from "node:crypto";
import type { Reading } from "../../firmware/telemetry/senml.js";
import type { Database, Queries, Row, Value } from "./database.js";
import { channelOf, deviceOf } from "./names.js";
import {
  type CollectedItem,
  type DeviceSummary,
  type Point,
  type Retention,
  type Selection,
  type Store,
  type StoredReading,
  StoreError,
} from "./store.js";

/** What a reading holds, beside its sum. Strings are kept as JSON has them: PostgreSQL takes no NUL. */
const KIND = { none: 0, number: 1, boolean: 2, string: 3, data: 4 } as const;

/**
 * Readings are added at the end of one table, which has one index; items and sensors stand for themselves, so
 * that a reading is some sixty bytes.
 */
const tables = (key: string): string[] => [
  `CREATE TABLE IF NOT EXISTS store (version INTEGER PRIMARY KEY)`,
  `CREATE TABLE IF NOT EXISTS node (key ${key}, service TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (service, name))`,
  `CREATE TABLE IF NOT EXISTS item (
     key ${key}, node BIGINT NOT NULL, id TEXT NOT NULL, fingerprint TEXT NOT NULL, publisher TEXT,
     received DOUBLE PRECISION NOT NULL, UNIQUE (node, id))`,
  `CREATE INDEX IF NOT EXISTS item_by_time ON item (node, received)`,
  `CREATE TABLE IF NOT EXISTS sensor (
     key ${key}, device TEXT NOT NULL, channel TEXT NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL,
     UNIQUE (name, unit))`,
  `CREATE INDEX IF NOT EXISTS sensor_by_device ON sensor (device, channel)`,
  `CREATE TABLE IF NOT EXISTS reading (
     key ${key}, sensor BIGINT NOT NULL, time DOUBLE PRECISION NOT NULL, kind SMALLINT NOT NULL,
     value DOUBLE PRECISION, text TEXT, sum DOUBLE PRECISION, update_time DOUBLE PRECISION,
     item BIGINT NOT NULL)`,
  `CREATE INDEX IF NOT EXISTS reading_by_sensor ON reading (sensor, time)`,
  `CREATE TABLE IF NOT EXISTS average (
     sensor BIGINT NOT NULL, time DOUBLE PRECISION NOT NULL, mean DOUBLE PRECISION NOT NULL,
     minimum DOUBLE PRECISION NOT NULL, maximum DOUBLE PRECISION NOT NULL, count BIGINT NOT NULL,
     PRIMARY KEY (sensor, time))`,
];

/** Goes up with every change of the tables, so that a store of another version says so. */
const VERSION = 1;

/**
 * Larger numbers have no part in averages and curves: added up, they would be no number any more, which neither
 * database stands, and strangers may publish them.
 */
const MOST = 1e290;

/** Characters of an id that is kept as it is; of a longer one, there is what tells it from others. */
const MAX_ID_LENGTH = 500;

/** Rows that are written or asked for at once. */
const ROWS = 100;

/** Rows of an export that are read at once. */
const PAGE = 1_000;

/** Sensors, and nodes, whose keys are remembered. */
const MAX_KEYS = 100_000;

const FROM_READINGS = `FROM reading r JOIN sensor s ON s.key = r.sensor
  LEFT JOIN item i ON i.key = r.item LEFT JOIN node n ON n.key = i.node`;
const READING = `r.key, r.time, r.kind, r.value, r.text, r.sum, r.update_time, s.device, s.channel, s.name,
  s.unit, n.service, n.name AS node, i.id, i.publisher`;

export class SqlStore implements Store {
  readonly #database: Database;
  readonly #service: string;
  /** The keys of sensors, by name and unit. */
  readonly #sensors = new Map<string, number>();
  /** The keys of nodes of the service. */
  readonly #nodes = new Map<string, number>();

  private constructor(database: Database, service: string) {
    this.#database = database;
    this.#service = service;
  }

  /**
   * Makes the tables, unless they are there. The store closes the database.
   * @param service whose items are added
   * @throws StoreError, for a store of another version too
   */
  static async open(database: Database, service: string): Promise<SqlStore> {
    try {
      // At once, for two collectors may begin at the same time.
      await database.transaction(async ({ query }) => {
        for (const table of tables(database.key)) await query(table);
        const [{ version } = { version: undefined }] = await query("SELECT version FROM store");
        if (version === undefined) await query("INSERT INTO store VALUES ($1)", [VERSION]);
        else if (Number(version) !== VERSION)
          throw new StoreError(
            `the store is of version ${version}, and this pipit writes version ${VERSION}: name another`,
            false,
          );
      });
    } catch (error) {
      await database.close();
      throw error;
    }
    return new SqlStore(database, service);
  }

  async unknown(node: string, ids: readonly string[]): Promise<string[]> {
    const unknown = new Map(ids.map((id) => [shortened(id), id]));
    const key = await this.#node(this.#database, node);
    const all = [...unknown.keys()];
    for (let at = 0; at < all.length; at += ROWS) {
      const some = all.slice(at, at + ROWS);
      const list = some.map((_id, index) => `$${index + 2}`).join(", ");
      const sql = `SELECT id FROM item WHERE node = $1 AND id IN (${list})`;
      for (const { id } of await this.#database.query(sql, [key, ...some]))
        unknown.delete(id as string);
    }
    return [...unknown.values()];
  }

  async hasHad(node: string, before: number): Promise<boolean> {
    const sql = "SELECT 1 AS one FROM item WHERE node = $1 AND received < $2 LIMIT 1";
    const key = await this.#node(this.#database, node);
    return (await this.#database.query(sql, [key, before])).length > 0;
  }

  async add(items: readonly CollectedItem[]): Promise<boolean[]> {
    let tries = 0;
    try {
      return await this.#database.transaction(async (queries) => {
        // It may be begun anew, and then what was added before is not there.
        if (tries++ > 0) this.#forgetKeys();
        const isNew: boolean[] = [];
        const rows: Value[][] = [];
        for (const item of items) {
          const key = await addItem(queries, item, await this.#node(queries, item.node));
          isNew.push(key !== undefined);
          if (key === undefined) continue;
          for (const reading of item.readings)
            rows.push(row(reading, await this.#sensor(queries, reading), key));
        }
        for (let at = 0; at < rows.length; at += ROWS)
          await addReadings(queries, rows.slice(at, at + ROWS));
        return isNew;
      });
    } catch (error) {
      this.#forgetKeys();
      throw error;
    }
  }

  #forgetKeys(): void {
    this.#sensors.clear();
    this.#nodes.clear();
  }

  async devices(): Promise<DeviceSummary[]> {
    const sql = `SELECT device, channel, (SELECT max(time) FROM reading WHERE sensor = s.key) AS time
      FROM sensor s ORDER BY device, channel`;
    const devices = new Map<string, { channels: Set<string>; lastSeen: number }>();
    for (const { device, channel, time } of await this.#database.query(sql)) {
      const found = devices.get(device as string) ?? { channels: new Set(), lastSeen: 0 };
      found.channels.add(channel as string);
      found.lastSeen = Math.max(found.lastSeen, (time ?? 0) as number);
      devices.set(device as string, found);
    }
    return [...devices].map(([device, { channels, lastSeen }]) => {
      return { device, channels: [...channels], lastSeen };
    });
  }

  async latest(device?: string): Promise<StoredReading[]> {
    const sql = `SELECT ${READING} ${FROM_READINGS} WHERE r.key = (
        SELECT key FROM reading WHERE sensor = s.key ORDER BY time DESC, key DESC LIMIT 1)
      ${device === undefined ? "" : "AND s.device = $1"} ORDER BY s.device, s.channel`;
    const rows = await this.#database.query(sql, device === undefined ? [] : [device]);
    return rows.map(toReading);
  }

  async series(
    device: string,
    channel: string,
    { from, to }: { from: number; to: number },
    points: number,
  ): Promise<Point[]> {
    const all = (table: string, mean: string, minimum: string, maximum: string, count: string) =>
      `SELECT t.time, ${mean} AS mean, ${minimum} AS minimum, ${maximum} AS maximum, ${count} AS count
       FROM ${table} t JOIN sensor s ON s.key = t.sensor
       WHERE s.device = $1 AND s.channel = $2 AND t.time >= $3 AND t.time < $4`;
    const source = `(${all("reading", "t.value", "t.value", "t.value", "1")} AND abs(t.value) < ${MOST}
      UNION ALL ${all("average", "t.mean", "t.minimum", "t.maximum", "t.count")}) p`;
    const range = [device, channel, from, to];
    const [total] = await this.#database.query(`SELECT count(*) AS n FROM ${source}`, range);
    const isFew = ((total?.n ?? 0) as number) <= points;
    const rows = isFew
      ? await this.#database.query(`SELECT * FROM ${source} ORDER BY time`, range)
      : await this.#database.query(
          `SELECT min(time) AS time, sum(mean * count) / sum(count) AS mean, min(minimum) AS minimum,
             max(maximum) AS maximum, sum(count) AS count
           FROM ${source} GROUP BY floor((time - $3) / $5) ORDER BY 1`,
          [...range, (to - from) / points],
        );
    return rows.map(({ time, mean, minimum, maximum, count }) => {
      return { time, mean, minimum, maximum, count: Number(count) } as Point;
    });
  }

  async *readings({ device, from, to }: Selection): AsyncGenerator<StoredReading> {
    const conditions: string[] = ["r.key > $1"];
    const values: Value[] = [];
    const add = (condition: string, value: Value | undefined): void => {
      if (value === undefined) return;
      values.push(value);
      conditions.push(`${condition} $${values.length + 1}`);
    };
    add("s.device =", device);
    add("r.time >=", from);
    add("r.time <", to);
    const sql = `SELECT ${READING} ${FROM_READINGS} WHERE ${conditions.join(" AND ")}
      ORDER BY r.key LIMIT ${PAGE}`;
    for (let last = -1; ; ) {
      const rows = await this.#database.query(sql, [last, ...values]);
      for (const row of rows) yield toReading(row);
      if (rows.length < PAGE) return;
      last = rows.at(-1)?.key as number;
    }
  }

  async condense(
    { keep, average, keepAverages }: Retention,
    now: number,
    goesOn: () => boolean = () => true,
  ): Promise<number> {
    const { least, greatest } = this.#database;
    // Whole averages only: the next time goes on where one ends.
    const end = Math.floor((now - keep) / average) * average;
    let condensed = 0;
    const sensors = await this.#database.query(
      "SELECT key FROM sensor s WHERE EXISTS (SELECT 1 FROM reading WHERE sensor = s.key AND time < $1)",
      [end],
    );
    // One transaction for each, so that new readings need not wait for all of them.
    for (const { key } of sensors) {
      if (!goesOn()) return condensed;
      condensed += await this.#database.transaction(async (queries) => {
        // What comes very late is added to the average that it belongs to.
        await queries.query(
          `INSERT INTO average (sensor, time, mean, minimum, maximum, count)
           SELECT sensor, floor(time / $3) * $3, sum(value) / count(*), min(value), max(value), count(*)
           FROM reading WHERE sensor = $1 AND time < $2 AND abs(value) < ${MOST} GROUP BY 1, 2
           ON CONFLICT (sensor, time) DO UPDATE SET
             mean = (average.mean * average.count + excluded.mean * excluded.count)
               / (average.count + excluded.count),
             minimum = ${least}(average.minimum, excluded.minimum),
             maximum = ${greatest}(average.maximum, excluded.maximum),
             count = average.count + excluded.count`,
          [key as number, end, average],
        );
        const old = "FROM reading WHERE sensor = $1 AND time < $2";
        const range = [key as number, end];
        const [total] = await queries.query(`SELECT count(*) AS n ${old}`, range);
        await queries.query(`DELETE ${old}`, range);
        return total?.n as number;
      });
    }
    if (keepAverages !== undefined)
      await this.#database.query("DELETE FROM average WHERE time < $1", [now - keepAverages]);
    return condensed;
  }

  async forget(node: string, listed: readonly string[], before: number): Promise<void> {
    const sql = "SELECT key, id FROM item WHERE node = $1 AND received < $2";
    const onNode = new Set(listed.map(shortened));
    const rows = await this.#database.query(sql, [await this.#node(this.#database, node), before]);
    const gone = rows.filter(({ id }) => !onNode.has(id as string));
    for (let at = 0; at < gone.length; at += ROWS) {
      const keys = gone.slice(at, at + ROWS).map(({ key }) => key as Value);
      const list = keys.map((_key, index) => `$${index + 1}`).join(", ");
      await this.#database.query(`DELETE FROM item WHERE key IN (${list})`, keys);
    }
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #sensor(queries: Queries, { name, unit = "" }: Reading): Promise<number> {
    return keyOf(this.#sensors, `${name} ${unit}`, async () => {
      // The update changes nothing: without one, nothing would be returned for a sensor that is there.
      const sql = `INSERT INTO sensor (device, channel, name, unit) VALUES ($1, $2, $3, $4)
        ON CONFLICT (name, unit) DO UPDATE SET channel = excluded.channel RETURNING key`;
      return queries.query(sql, [deviceOf(name), channelOf(name), name, unit]);
    });
  }

  #node(queries: Queries, name: string): Promise<number> {
    return keyOf(this.#nodes, name, () => {
      const sql = `INSERT INTO node (service, name) VALUES ($1, $2)
        ON CONFLICT (service, name) DO UPDATE SET name = excluded.name RETURNING key`;
      return queries.query(sql, [this.#service, name]);
    });
  }
}

/** The key of something, which is remembered. @param find asks the database, or has it make one */
async function keyOf(
  keys: Map<string, number>,
  name: string,
  find: () => Promise<Row[]>,
): Promise<number> {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const [row] = await find();
  const key = row?.key as number;
  if (keys.size >= MAX_KEYS) keys.clear();
  keys.set(name, key);
  return key;
}

function shortened(id: string): string {
  return id.length <= MAX_ID_LENGTH ? id : createHash("sha256").update(id).digest("base64url");
}

/** @returns its key, if it is new */
async function addItem(
  queries: Queries,
  item: CollectedItem,
  node: number,
): Promise<number | undefined> {
  const { id, fingerprint, publisher, received } = item;
  const [row] = await queries.query(
    `INSERT INTO item (node, id, fingerprint, publisher, received) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (node, id) DO UPDATE SET fingerprint = excluded.fingerprint,
       publisher = excluded.publisher, received = excluded.received
     WHERE item.fingerprint <> excluded.fingerprint RETURNING key`,
    [node, shortened(id), fingerprint, publisher ?? null, received],
  );
  return row?.key as number | undefined;
}

const COLUMNS = 8;

async function addReadings(queries: Queries, rows: readonly Value[][]): Promise<void> {
  const places = rows.map((row, at) => {
    return `(${row.map((_value, column) => `$${at * COLUMNS + column + 1}`).join(", ")})`;
  });
  await queries.query(
    `INSERT INTO reading (sensor, time, kind, value, text, sum, update_time, item)
     VALUES ${places.join(", ")}`,
    rows.flat(),
  );
}

function row(reading: Reading, sensor: number, item: number): Value[] {
  const { time, value, data, sum = null, updateTime = null } = reading;
  const columns = (kind: number, number: number | null, text: string | null): Value[] => {
    return [sensor, time, kind, number, text, sum, updateTime, item];
  };
  if (typeof value === "number") return columns(KIND.number, value, null);
  if (typeof value === "boolean") return columns(KIND.boolean, Number(value), null);
  if (value !== undefined) return columns(KIND.string, null, JSON.stringify(value));
  return data === undefined ? columns(KIND.none, null, null) : columns(KIND.data, null, data);
}

function toReading(row: Row): StoredReading {
  const { name, unit, time, kind, value, text, sum, update_time, device, channel } = row;
  const { service, node, id, publisher } = row;
  return {
    name,
    ...(unit === "" ? {} : { unit }),
    ...(kind === KIND.number ? { value } : {}),
    ...(kind === KIND.boolean ? { value: value === 1 } : {}),
    ...(kind === KIND.string ? { value: JSON.parse(text as string) } : {}),
    ...(kind === KIND.data ? { data: text } : {}),
    ...(sum === null ? {} : { sum }),
    time,
    ...(update_time === null ? {} : { updateTime: update_time }),
    device,
    channel,
    service: service ?? "",
    node: node ?? "",
    ...(id === null ? {} : { item: id }),
    ...(publisher === null ? {} : { publisher }),
  } as StoredReading;
}
