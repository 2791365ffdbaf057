import { expect, test } from "@jest/globals";
import { REAL_FAULTS } from "../../host-sim/chaos/faults/fault.js";
import { runForReal } from "../../host-sim/chaos/real.js";
import { describeFailure, describeResults, isGood } from "../../host-sim/chaos/summary.js";
import { requireServers } from "./support/require-servers.js";

/** What a run on a real server may take on a machine that is busy, in milliseconds. */
const PATIENCE = 180_000;

if (requireServers()) {
  test.each(["prosody", "ejabberd"] as const)(
    "no reading is lost, repeated or out of order on %s, while 200 things go wrong",
    async (server) => {
      const result = await runForReal(4, {
        server,
        devices: 8,
        faults: 270,
        length: 18_000,
        kinds: REAL_FAULTS,
      });
      if (!isGood(result)) throw new Error(describeFailure(result));
      process.stderr.write(`${server}:\n${describeResults([result])}\n`);
      const count = Object.values(result.faults).reduce((sum, times) => sum + times, 0);
      expect(count).toBeGreaterThanOrEqual(200);
      expect(result.faults.kill).toBeGreaterThanOrEqual(2);
      expect(result.faults.tear).toBeGreaterThanOrEqual(5);
      expect(result.delivered).toBe(result.accepted);
      expect(result.accepted).toBeGreaterThan(40);
    },
    PATIENCE,
  );

  // Its store is on disk seconds after it has acknowledged.
  test(
    "who believes what ejabberd acknowledges at once loses readings when it is killed",
    async () => {
      const options = { server: "ejabberd", devices: 4, faults: 6, length: 10_000 } as const;
      const settings = { ...options, kinds: ["kill"], settle: 0 } as const;
      let result = await runForReal(1, settings);
      // On a machine that is busy there may have been nothing to lose.
      for (let seed = 2; isGood(result) && seed <= 4; seed++)
        result = await runForReal(seed, settings);
      expect(result.violation).toMatchObject({ kind: "lost" });
      expect(describeFailure(result)).toMatch(/is acknowledged(.*\n)*.*the server: kill/);
    },
    PATIENCE,
  );
}
