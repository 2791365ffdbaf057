/** The store in SQL: the same on SQLite and on PostgreSQL. */

import type { Reading } from "../../firmware/telemetry/senml.js";
import type { Database, Queries, Row, Value } from "./database.js";
import { channelOf, deviceOf } from "./names.js";
import type {
  CollectedItem,
  DeviceSummary,
  Point,
  Retention,
  Selection,
  Store,
  StoredReading,
} from "./store.js";

/** What a reading holds, beside its sum. Strings are kept as JSON has them: PostgreSQL takes no NUL. */
const KIND = { none: 0, number: 1, boolean: 2, string: 3, data: 4 } as const;

/**
 * Readings are added at the end of one table, which has one index; items and sensors stand for themselves, so
 * that a reading is some sixty bytes.
 */
const tables = (key: string): string[] => [
  `CREATE TABLE IF NOT EXISTS item (
     key ${key}, node TEXT NOT NULL, id TEXT NOT NULL, fingerprint TEXT NOT NULL, publisher TEXT,
     received DOUBLE PRECISION NOT NULL, UNIQUE (node, id))`,
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

/** Rows that are written or asked for at once. */
const ROWS = 100;

/** Rows of an export that are read at once. */
const PAGE = 1_000;

/** Sensors whose keys are remembered. */
const SENSORS = 100_000;

const FROM_READINGS = `FROM reading r JOIN sensor s ON s.key = r.sensor LEFT JOIN item i ON i.key = r.item`;
const READING = `r.key, r.time, r.kind, r.value, r.text, r.sum, r.update_time, s.device, s.channel, s.name,
  s.unit, i.node, i.id, i.publisher`;

export class SqlStore implements Store {
  readonly #database: Database;
  /** The keys of sensors, by name and unit. */
  readonly #sensors = new Map<string, number>();

  private constructor(database: Database) {
    this.#database = database;
  }

  /** Makes the tables, unless they are there. The store closes the database. @throws StoreError */
  static async open(database: Database): Promise<SqlStore> {
    try {
      for (const table of tables(database.key)) await database.query(table);
    } catch (error) {
      await database.close();
      throw error;
    }
    return new SqlStore(database);
  }

  async unknown(node: string, ids: readonly string[]): Promise<string[]> {
    const unknown = new Set(ids);
    for (let at = 0; at < ids.length; at += ROWS) {
      const some = ids.slice(at, at + ROWS);
      const list = some.map((_id, index) => `$${index + 2}`).join(", ");
      const sql = `SELECT id FROM item WHERE node = $1 AND id IN (${list})`;
      for (const { id } of await this.#database.query(sql, [node, ...some]))
        unknown.delete(id as string);
    }
    return [...unknown];
  }

  async hasHad(node: string): Promise<boolean> {
    const sql = "SELECT 1 AS one FROM item WHERE node = $1 LIMIT 1";
    return (await this.#database.query(sql, [node])).length > 0;
  }

  async add(items: readonly CollectedItem[]): Promise<boolean[]> {
    try {
      return await this.#database.transaction(async (queries) => {
        const isNew: boolean[] = [];
        const rows: Value[][] = [];
        for (const item of items) {
          const key = await addItem(queries, item);
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
      this.#sensors.clear(); // those that were added are not there any more
      throw error;
    }
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
    const source = `(${all("reading", "t.value", "t.value", "t.value", "1")} AND t.value IS NOT NULL
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

  async condense({ keep, average, keepAverages }: Retention, now: number): Promise<number> {
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
      condensed += await this.#database.transaction(async (queries) => {
        // What comes very late is added to the average that it belongs to.
        await queries.query(
          `INSERT INTO average (sensor, time, mean, minimum, maximum, count)
           SELECT sensor, floor(time / $3) * $3, avg(value), min(value), max(value), count(*)
           FROM reading WHERE sensor = $1 AND time < $2 AND value IS NOT NULL GROUP BY 1, 2
           ON CONFLICT (sensor, time) DO UPDATE SET
             mean = (average.mean * average.count + excluded.mean * excluded.count)
               / (average.count + excluded.count),
             minimum = ${least}(average.minimum, excluded.minimum),
             maximum = ${greatest}(average.maximum, excluded.maximum),
             count = average.count + excluded.count`,
          [key as number, end, average],
        );
        const sql = "DELETE FROM reading WHERE sensor = $1 AND time < $2 RETURNING key";
        return (await queries.query(sql, [key as number, end])).length;
      });
    }
    if (keepAverages !== undefined)
      await this.#database.query("DELETE FROM average WHERE time < $1", [now - keepAverages]);
    return condensed;
  }

  async forget(node: string, listed: readonly string[], before: number): Promise<void> {
    const sql = "SELECT key, id FROM item WHERE node = $1 AND received < $2";
    const onNode = new Set(listed);
    const rows = await this.#database.query(sql, [node, before]);
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

  async #sensor(queries: Queries, { name, unit = "" }: Reading): Promise<number> {
    const known = this.#sensors.get(`${name} ${unit}`);
    if (known !== undefined) return known;
    const [row] = await queries.query(
      // The update changes nothing: without one, nothing would be returned for a sensor that is there.
      `INSERT INTO sensor (device, channel, name, unit) VALUES ($1, $2, $3, $4)
       ON CONFLICT (name, unit) DO UPDATE SET channel = excluded.channel RETURNING key`,
      [deviceOf(name), channelOf(name), name, unit],
    );
    const key = row?.key as number;
    if (this.#sensors.size >= SENSORS) this.#sensors.clear();
    this.#sensors.set(`${name} ${unit}`, key);
    return key;
  }
}

/** @returns its key, if it is new */
async function addItem(queries: Queries, item: CollectedItem): Promise<number | undefined> {
  const { node, id, fingerprint, publisher, received } = item;
  const [row] = await queries.query(
    `INSERT INTO item (node, id, fingerprint, publisher, received) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (node, id) DO UPDATE SET fingerprint = excluded.fingerprint,
       publisher = excluded.publisher, received = excluded.received
     WHERE item.fingerprint <> excluded.fingerprint RETURNING key`,
    [node, id, fingerprint, publisher ?? null, received],
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
  const { node, id, publisher } = row;
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
    node: node ?? "",
    ...(id === null ? {} : { item: id }),
    ...(publisher === null ? {} : { publisher }),
  } as StoredReading;
}
