import { testRuns } from "../support/runs.js";

testRuns(1, 2_500);
