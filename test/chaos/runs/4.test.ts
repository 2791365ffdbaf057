import { testRuns } from "../support/runs.js";

testRuns(7_501, 10_000);
