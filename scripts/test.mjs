/**
 * `npm test [-- options]`: checks types and style, and runs the tests: all of them, or those that the
 * options select, which are jest's.
 */

import { buildPage } from "./page.mjs";
import { runPackage } from "./run.mjs";
import {
  installBrowser,
  installEmulator,
  installPackages,
  installPrograms,
  installServers,
  installXS,
} from "./setup.mjs";

const jest = (...options) => runPackage("jest/bin/jest.js", ...options);

const options = process.argv.slice(2);

const steps = [
  () => runPackage("typescript/bin/tsc", "-b"),
  () => runPackage("@biomejs/biome/bin/biome", "ci", "."),
  () => buildPage().then(() => 0),
  // Where it cannot be done, the tests say so.
  () => installPrograms().then(() => 0),
  // Tests against real servers run one after the other: they are heavy, and some watch the time.
  ...(options.length > 0
    ? [() => jest("--runInBand", ...options)]
    : [
        () => jest("--selectProjects", "unit", "--maxWorkers", "100%"), // its default leaves a core idle
        () => jest("--selectProjects", "interop", "--runInBand"),
      ]),
];

await installPackages();
installServers();
installBrowser();
await installXS();
await installEmulator();
// For jest to run ES modules, without a word about it from each of its processes.
process.env.NODE_OPTIONS = [
  process.env.NODE_OPTIONS ?? "",
  "--experimental-vm-modules --disable-warning=ExperimentalWarning",
].join(" ");
for (const step of steps) {
  process.exitCode = await step();
  if (process.exitCode !== 0) break;
}
