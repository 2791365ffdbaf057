/** Builds the programs that test TLS without XS (`test/tls/native`). */

import { join } from "node:path";
import { debianSource, fetchDebianSource } from "./debian-source.mjs";
import { root, run } from "./run.mjs";
import { FOLDER as XS } from "./xs.mjs";

/** Git ignores it. */
export const FOLDER = join(root, "build/tls");

/** Builds what is not there or has changed, with the XS host there already. Returns why it did not work, or nothing. */
export async function buildTLSTools() {
  const problem = fetchDebianSource("mbedtls-2.28") ?? fetchDebianSource("mbedtls-3.6");
  if (problem !== undefined) return problem;
  const sources = join(debianSource("mbedtls-2.28"), "..");
  const variables = [`OUT=${FOLDER}`, `DEBIAN=${sources}`, `XS_OUT=${XS}`];
  const status = await run("make", "--silent", "--jobs=2", "-C", "test/tls/native", ...variables);
  return status === 0 ? undefined : `make failed with status ${status}`;
}
