/** A sensor program from its source, as plain TypeScript: what it says as WebAssembly has to be the same. */

import { dirname, join, resolve } from "node:path";
import { build } from "esbuild";
import type { ProgramModule } from "../../firmware/sensors/program.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { BOX, readSources } from "./sources.js";

/** @throws ConfigError `program` when it is not a program */
export async function loadPlain(path: string): Promise<ProgramModule> {
  const sources = readSources(path);
  const { outputFiles } = await build({
    entryPoints: [resolve(path)],
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "silent",
    plugins: [
      {
        name: "programs",
        setup(esbuild) {
          esbuild.onResolve({ filter: /^(\.|pipit\/programs)\// }, ({ path: specifier }) => {
            const name = specifier.slice(specifier.lastIndexOf("/") + 1).replace(/\.js$/, "");
            return { path: sources.get(name)?.path ?? join(BOX, `${name}.ts`) };
          });
        },
      },
    ],
    absWorkingDir: dirname(resolve(path)),
  }).catch((error: Error) => {
    throw new ConfigError("program", error.message);
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString("base64");
  const module = (await import(`data:text/javascript;base64,${code}`)) as Partial<ProgramModule>;
  if (typeof module.describe !== "function" || typeof module.Program !== "function")
    throw new ConfigError(
      "program",
      `${path} does not export a function describe and a class Program`,
    );
  return module as ProgramModule;
}
