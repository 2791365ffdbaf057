/** Readings in the forms that other programs read. */

import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { ByteWriter, parquetWriteRows } from "hyparquet-writer";
import type { StoredReading } from "./store.js";

export const FORMATS = ["csv", "jsonl", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

/** Rows of a row group in Parquet, which are in memory at once. */
const ROW_GROUP = 50_000;

/** The columns of CSV and Parquet. Of the values, each reading has one or none. */
interface Line {
  /** Whoever publishes says what time it is, so it may be none that a calendar has. */
  time: Date | null;
  device: string;
  channel: string;
  unit: string | null;
  number: number | null;
  boolean: boolean | null;
  string: string | null;
  data: string | null;
  sum: number | null;
  service: string;
  node: string;
  item: string | null;
  publisher: string | null;
}

const COLUMNS = [
  { name: "time", type: "TIMESTAMP", nullable: true },
  { name: "device", type: "STRING", nullable: false },
  { name: "channel", type: "STRING", nullable: false },
  { name: "unit", type: "STRING", nullable: true },
  { name: "number", type: "DOUBLE", nullable: true },
  { name: "boolean", type: "BOOLEAN", nullable: true },
  { name: "string", type: "STRING", nullable: true },
  { name: "data", type: "STRING", nullable: true },
  { name: "sum", type: "DOUBLE", nullable: true },
  { name: "service", type: "STRING", nullable: false },
  { name: "node", type: "STRING", nullable: false },
  { name: "item", type: "STRING", nullable: true },
  { name: "publisher", type: "STRING", nullable: true },
] as const;

/**
 * Writes readings in a format, and ends the output.
 * @returns how many they were
 * @throws Error when the output fails, such as a disk that is full
 */
export async function exportReadings(
  readings: AsyncIterable<StoredReading>,
  format: Format,
  output: Writable,
): Promise<number> {
  let count = 0;
  const write = async (chunk: string | Uint8Array): Promise<void> => {
    if (output.destroyed) throw output.errored ?? new Error("the output was closed");
    if (!output.write(chunk)) await new Promise((resolve) => onceDrained(output, resolve));
  };
  const done = finished(output);
  done.catch(() => {}); // it is waited for below, or the next write throws it
  if (format === "parquet") {
    count = await writeParquet(readings, write);
  } else {
    if (format === "csv") await write(`${COLUMNS.map(({ name }) => name).join(",")}\r\n`);
    for await (const reading of readings) {
      await write(format === "csv" ? csvLine(reading) : `${JSON.stringify(reading)}\n`);
      count++;
    }
  }
  output.end();
  await done;
  return count;
}

function onceDrained(output: Writable, resolve: (value?: unknown) => void): void {
  const over = (): void => {
    output.off("drain", over).off("close", over);
    resolve();
  };
  output.on("drain", over).on("close", over);
}

/** RFC 4180. */
function csvLine(reading: StoredReading): string {
  const line = toLine(reading);
  return `${COLUMNS.map(({ name }) => csvField(line[name])).join(",")}\r\n`;
}

/**
 * Text that a spreadsheet would take for a formula gets a quote in front: strangers publish to nodes (OWASP, "CSV
 * Injection").
 */
function csvField(value: Line[keyof Line]): string {
  if (value === null) return "";
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "string") return String(value);
  const text = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function writeParquet(
  readings: AsyncIterable<StoredReading>,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<number> {
  let count = 0;
  async function* rows(): AsyncGenerator<Line> {
    for await (const reading of readings) {
      count++;
      yield toLine(reading);
    }
  }
  const writer = new ByteWriter();
  const flush = async (): Promise<void> => {
    const chunk = writer.getBytes().slice();
    writer.index = 0;
    if (chunk.length > 0) await write(chunk);
  };
  const columns = COLUMNS.map((column) => ({ ...column }));
  await parquetWriteRows({
    writer: Object.assign(writer, { flush }),
    rows: rows(),
    columns,
    rowGroupSize: ROW_GROUP,
  });
  await flush();
  return count;
}

function toLine(reading: StoredReading): Line {
  const { time, device, channel, unit, value, data, sum, service, node, item } = reading;
  const date = new Date(time * 1000);
  return {
    time: Number.isNaN(date.getTime()) ? null : date,
    device,
    channel,
    unit: unit ?? null,
    number: typeof value === "number" ? value : null,
    boolean: typeof value === "boolean" ? value : null,
    string: typeof value === "string" ? value : null,
    data: data ?? null,
    sum: sum ?? null,
    service,
    node,
    item: item ?? null,
    publisher: reading.publisher ?? null,
  };
}
