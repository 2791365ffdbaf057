/** `npm run build`: everything that the command `pipit` needs. What has not changed is not built again. */

import { fileURLToPath } from "node:url";
import { buildPage } from "./page.mjs";
import { runPackage } from "./run.mjs";
import { installPackages } from "./setup.mjs";

/** Ends the process, after tsc has said what is wrong, when there is a mistake in the sources. */
export async function build() {
  await installPackages();
  const status = await runPackage("typescript/bin/tsc", "-b", "host-sim");
  if (status !== 0) process.exit(status);
  await buildPage();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
