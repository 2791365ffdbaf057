import { createRequire } from "node:module";

/** The version of this program, and of the firmware that it simulates: what `package.json` says. */
export const { version: VERSION } = createRequire(import.meta.url)("pipit/package.json") as {
  readonly version: string;
};
