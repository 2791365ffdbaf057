/** Makes the dashboard's page: one script and one style sheet, with everything that they need. */

import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./run.mjs";

const SOURCE = join(root, "host-sim/dashboard/page");
const OUTPUT = join(root, "build/host-sim/dashboard/page");

/** @throws Error, after esbuild has said what is wrong */
export async function buildPage() {
  const { build } = await import("esbuild"); // which may just have been installed
  await mkdir(OUTPUT, { recursive: true });
  await build({
    entryPoints: { page: join(SOURCE, "main.tsx") },
    outdir: OUTPUT,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "inline",
    logLevel: "warning",
  });
  await copyFile(join(SOURCE, "index.html"), join(OUTPUT, "index.html"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
