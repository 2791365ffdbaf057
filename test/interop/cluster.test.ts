import { expect, test } from "@jest/globals";
import { startCluster } from "../../host-sim/servers/cluster.js";
import { requireServers } from "./support/require-servers.js";

if (requireServers())
  test("probe", async () => {
    const t = Date.now();
    const [a, b] = await startCluster();
    console.log("cluster up", Date.now() - t);
    try {
      await a.addAccount("dev", "pw");
      await a.kill("SIGKILL");
      console.log(b.log().slice(-1500));
      const t2 = Date.now();
      await a.start();
      console.log("back", Date.now() - t2, a.log().slice(-1500));
      expect(1).toBe(1);
    } finally {
      await a.stop();
      await b.stop();
    }
  }, 120000);
