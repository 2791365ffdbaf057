import { testRuns } from "../support/runs.js";

testRuns(2_501, 5_000);
