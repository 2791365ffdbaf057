import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { jest, test } from "@jest/globals";
import { ejabberdLibraries } from "./ejabberd.js";

/**
 * Whether Prosody and ejabberd are installed, for test files that need both. Where they are not, this
 * adds a skipped test that says so; under `CI=true` it fails instead, lest nobody notice.
 * @throws Error under `CI=true`, when one is not installed
 */
export function requireServers(): boolean {
  const missing = [
    ...(onPath("prosody") && onPath("prosodyctl") ? [] : ["Prosody"]),
    ...(onPath("erl") && ejabberdLibraries() !== undefined ? [] : ["ejabberd"]),
  ];
  if (missing.length === 0) {
    jest.setTimeout(SERVER_TIMEOUT);
    return true;
  }
  const reason = `${missing.join(" and ")} not installed; node scripts/setup.mjs --servers would do it`;
  if (process.env.CI === "true") throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  test.skip(`skipped: ${reason}`, () => {});
  return false;
}

/** Real servers take a second to start, and several on a machine that is busy. */
const SERVER_TIMEOUT = 30_000;

function onPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
