import { Writable } from "node:stream";
import { describe, expect, test } from "@jest/globals";
import { parquetReadObjects } from "hyparquet";
import { exportReadings, type Format } from "../../../host-sim/collector/export.js";
import type { StoredReading } from "../../../host-sim/collector/store.js";

const from = { device: "urn:dev:ops:1", service: "s", node: "n", item: "i", publisher: "dev@x" };
const at = (channel: string): Pick<StoredReading, "name" | "channel" | "time"> => {
  return { name: `urn:dev:ops:1:${channel}`, channel, time: 1_800_000_000.25 };
};

const READINGS: readonly StoredReading[] = [
  { ...at("t"), ...from, unit: "Cel", value: 21.5 },
  { ...at("door"), ...from, value: false },
  { ...at("text"), ...from, value: 'a "b", c\nd' },
  { ...at("data"), device: "", service: "s", node: "n", data: "AAEC", sum: 2 },
  { ...at("formula"), ...from, value: "=1+1", time: 1e300 },
];

async function exported(format: Format, readings: readonly StoredReading[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const output = new Writable({
    highWaterMark: 1, // so that every write has to wait
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      setImmediate(done);
    },
  });
  async function* source() {
    yield* readings;
  }
  expect(await exportReadings(source(), format, output)).toBe(readings.length);
  return Buffer.concat(chunks);
}

const HEADER =
  "time,device,channel,unit,number,boolean,string,data,sum,service,node,item,publisher";

test("CSV (RFC 4180), without what a spreadsheet would run", async () => {
  const time = "2027-01-15T08:00:00.250Z";
  expect((await exported("csv", READINGS)).toString()).toBe(
    [
      HEADER,
      `${time},urn:dev:ops:1,t,Cel,21.5,,,,,s,n,i,dev@x`,
      `${time},urn:dev:ops:1,door,,,false,,,,s,n,i,dev@x`,
      `${time},urn:dev:ops:1,text,,,,"a ""b"", c\nd",,,s,n,i,dev@x`,
      `${time},,data,,,,,AAEC,2,s,n,,`,
      `,urn:dev:ops:1,formula,,,,'=1+1,,,s,n,i,dev@x`,
      "",
    ].join("\r\n"),
  );
});

test("JSON lines: everything as it was", async () => {
  const lines = (await exported("jsonl", READINGS)).toString().trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(READINGS);
});

describe("Parquet", () => {
  async function read(readings: readonly StoredReading[]) {
    const bytes = await exported("parquet", readings);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    return parquetReadObjects({ file: file as ArrayBuffer });
  }

  test("with typed columns", async () => {
    const nothing = {
      unit: null,
      number: null,
      boolean: null,
      string: null,
      data: null,
      sum: null,
    };
    const time = new Date(1_800_000_000_250);
    const rest = { ...nothing, ...from, time };
    expect(await read(READINGS)).toEqual([
      { ...rest, channel: "t", unit: "Cel", number: 21.5 },
      { ...rest, channel: "door", boolean: false },
      { ...rest, channel: "text", string: 'a "b", c\nd' },
      { ...rest, device: "", channel: "data", data: "AAEC", sum: 2, item: null, publisher: null },
      { ...rest, channel: "formula", string: "=1+1", time: null },
    ]);
  });

  test("of several row groups", async () => {
    const many = Array.from({ length: 120_000 }, (_, i) => ({ ...at("t"), ...from, value: i }));
    const rows = await read(many);
    expect(rows).toHaveLength(120_000);
    expect(rows.every(({ number }, i) => number === i)).toBe(true);
  });

  test("of none", async () => {
    expect(await read([])).toEqual([]);
  });
});

test("an output that fails is an error, and does not hang", async () => {
  const output = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => done(new Error("ENOSPC: no space left on device")),
  });
  async function* source() {
    for (let i = 0; i < 10; i++) yield READINGS[0] as StoredReading;
  }
  await expect(exportReadings(source(), "csv", output)).rejects.toThrow("ENOSPC");
});
