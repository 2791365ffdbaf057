import { testRuns } from "../support/runs.js";

testRuns(5_001, 7_500);
