import { createWriteStream, existsSync, realpathSync } from "node:fs";
import { Command, Option } from "commander";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { exportReadings, FORMATS, type Format } from "../collector/export.js";
import { openStoreToRead } from "../collector/open-store.js";
import type { Selection } from "../collector/store.js";
import { parseTime } from "./arguments.js";
import { EXIT_HELP } from "./report.js";

interface Options {
  store: string;
  format: Format;
  output?: string;
  device?: string;
  since?: number;
  until?: number;
  json?: boolean;
}

export function exportCommand(): Command {
  return new Command("export")
    .description("Write what 'pipit collect' has stored, for other programs.")
    .option("--store <place>", "an SQLite file, or postgresql://USER@HOST/DATABASE", "pipit.db")
    .addOption(new Option("-f, --format <format>").choices(FORMATS).default("csv"))
    .option("-o, --output <file>", "where to; standard output when absent")
    .option("--device <name>", "the readings of one device, such as urn:dev:mac:0024befffe804ff1")
    .option(
      "--since <time>",
      "readings from then on: a date, or how long ago, such as 2d",
      parseTime,
    )
    .option("--until <time>", "readings before then", parseTime)
    .option("--json", "say how it went as a JSON object; needs --output")
    .addHelpText(
      "after",
      `
Readings come in the order in which they were stored. It may run while 'pipit collect' does.

Example: pipit export --store readings.db -f parquet -o readings.parquet --since 7d${EXIT_HELP}`,
    )
    .action(run);
}

async function run({ store: place, format, output, json, ...rest }: Options): Promise<void> {
  if (output === undefined && (json || (format === "parquet" && process.stdout.isTTY)))
    throw new ConfigError("usage", "name a file with --output");
  if (output !== undefined && isSameFile(output, place))
    throw new ConfigError(
      "usage",
      `${output} is the store itself: name another file with --output`,
    );
  const { device, since, until } = rest;
  const selection: Selection = {
    ...(device === undefined ? {} : { device }),
    ...(since === undefined ? {} : { from: since }),
    ...(until === undefined ? {} : { to: until }),
  };
  const store = await openStoreToRead(place);
  try {
    const target = output === undefined ? process.stdout : createWriteStream(output);
    const readings = await exportReadings(store.readings(selection), format, target);
    if (json) console.log(JSON.stringify({ readings, format, output }));
    else if (output !== undefined) console.error(`${readings} readings written to ${output}`);
  } finally {
    await store.close();
  }
}

function isSameFile(one: string, other: string): boolean {
  return existsSync(one) && existsSync(other) && realpathSync(one) === realpathSync(other);
}
