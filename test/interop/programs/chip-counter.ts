/** Counts how often the chip was started, in its storage. */

import { Storage } from "../../../host-sim/xs/storage.js";

declare const trace: (text: string) => void;

const store = new Storage("counter").open({ path: "starts" });
const stored = store.read("count");
const count = 1 + (stored === undefined ? 0 : (new Uint8Array(stored)[0] ?? 0));
store.write("count", Uint8Array.of(count));
trace(`starts: ${count}\n`);
