/** Fetches the sources of the XS engine and of mbedTLS, and builds our host around them (`host-sim/xs`). */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fetchDebianSource } from "./debian-source.mjs";
import { root, run } from "./run.mjs";

/** Everything about XS: git ignores it. */
export const FOLDER = join(root, "build/xs");

/** The package that XS's sources come in. Only they are taken from it, and nothing of it is run. */
const PACKAGE = "@agoric/xsnap@0.15.0";
const INTEGRITY =
  "sha512-ZBm4DZxbtfacxMHVVdJjZi0Y8zOxN77vpu1WwI5RWfPkaRh0aHkz/dVdTGKXalDNzWfz183lljKxlxl3/h0n+A==";
const SOURCES = ["sources", "includes", "platforms"].map((name) => `package/moddable/xs/${name}`);

/** Builds what is not there or has changed. Returns why it did not work, or nothing. */
export async function buildXSHost() {
  const problem = fetchSources() ?? fetchDebianSource("mbedtls-2.28");
  if (problem !== undefined) return problem;
  const status = await run("make", "--silent", "--jobs=2", "-C", "host-sim/xs", `OUT=${FOLDER}`);
  return status === 0 ? undefined : `make failed with status ${status}`;
}

function fetchSources() {
  const note = join(FOLDER, "moddable/integrity");
  if (existsSync(note) && readFileSync(note, "utf8") === INTEGRITY) return undefined;
  console.log(`set-up: fetching the sources of XS from ${PACKAGE}, and building a host around it`);
  rmSync(join(FOLDER, "moddable"), { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });

  const packed = spawnSync(
    "npm",
    ["pack", PACKAGE, "--ignore-scripts", "--json", "--pack-destination", FOLDER],
    { cwd: root, encoding: "utf8" },
  );
  if (packed.status !== 0) return `npm could not fetch it: ${packed.stderr?.trim()}`;
  const archive = join(FOLDER, JSON.parse(packed.stdout)[0].filename);
  const hash = createHash("sha512").update(readFileSync(archive)).digest("base64");
  if (`sha512-${hash}` !== INTEGRITY) return `${archive} is not what it should be (sha512-${hash})`;
  const unpack = ["-xzf", archive, "-C", FOLDER, "--strip-components=1", ...SOURCES];
  const unpacked = spawnSync("tar", unpack, { encoding: "utf8" });
  if (unpacked.status !== 0) return `it could not be unpacked: ${unpacked.stderr}`;
  rmSync(archive);
  writeFileSync(note, INTEGRITY);
  return undefined;
}
