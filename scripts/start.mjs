/** `npm start [-- options]`: builds what has changed, and runs `pipit demo` with the options: a fleet to look at. */

import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";

await build();

// In this very process, so that Ctrl-C has only one to reach.
const program = fileURLToPath(new URL("../build/host-sim/cli/main.js", import.meta.url));
process.argv = [process.execPath, program, "demo", ...process.argv.slice(2)];
await import(program);
