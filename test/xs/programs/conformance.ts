/**
 * Runs the conformance tests of what the XS host has so far. Argument: a directory for its storage. Prints a
 * line of JSON for each.
 */

import { crypto } from "../../../host-sim/xs/crypto.js";
import { native } from "../../../host-sim/xs/native.js";
import { Storage } from "../../../host-sim/xs/storage.js";
import { timer } from "../../../host-sim/xs/timer.js";
import { cryptoConformance } from "../../conformance/crypto.js";
import type { Test } from "../../conformance/host.js";
import { storageConformance } from "../../conformance/storage.js";
import { timerConformance } from "../../conformance/timer.js";

declare function trace(text: string): void;

const tests: { name: string; body: () => Promise<void> }[] = [];
const test: Test = (name, body) => tests.push({ name, body });

async function run(): Promise<void> {
  for (const { name, body } of tests) {
    let problem: string | undefined;
    try {
      await body();
    } catch (error) {
      problem = (error as Error).stack ?? String(error);
    }
    trace(`${JSON.stringify({ name, problem })}\n`);
  }
}

const [directory = ""] = native.arguments();
storageConformance(() => new Storage(directory), test);
cryptoConformance(crypto, test);
timerConformance(timer, test);
run();
