/** Devices have their accounts on one server, and publish to a node on another. */

import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { loopbackAddress, S2S_PORT } from "../../host-sim/servers/federation.js";
import { createAuthority } from "../../host-sim/server/certificates.js";
import { startEjabberd } from "./support/ejabberd.js";
import { Fleet } from "./support/fleet.js";
import { startProsody } from "./support/prosody.js";
import { Relay } from "./support/relay.js";
import { requireServers } from "./support/require-servers.js";
import type { XmppServer } from "./support/server.js";

const SERVERS = { Prosody: startProsody, ejabberd: startEjabberd } as const;
type Kind = keyof typeof SERVERS;

if (requireServers()) {
  jest.setTimeout(120_000);
  const ending: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end();
  });

  /** Two servers, and what is between the first and the second. */
  const startBoth = async (home: Kind, away: Kind, authorities?: any) => {
    const authority = await createAuthority("All servers");
    const [atHome, beyond, between] = [loopbackAddress(), loopbackAddress(), loopbackAddress()];
    const relay = await Relay.start(between, beyond, S2S_PORT);
    ending.push(() => relay.close());
    const first = await SERVERS[home]({
      domain: "home.test",
      authority,
      federation: { address: atHome, peers: { "away.test": between } },
    });
    ending.push(() => first.stop());
    const second = await SERVERS[away]({
      domain: "away.test",
      authority,
      durable: true,
      federation: { address: beyond, peers: { "home.test": atHome } },
    } as any);
    ending.push(() => second.stop());
    return { home: first, away: second, relay };
  };

  describe.each([
    ["Prosody", "Prosody"],
    ["Prosody", "ejabberd"],
    ["ejabberd", "Prosody"],
  ] as const)("from %s to %s", (from, to) => {
    test("nothing is lost when the way between them is cut, and when the other is killed", async () => {
      const t0 = Date.now();
      const { home, away, relay } = await startBoth(from, to);
      const fleet = await Fleet.start({ home, away, devices: 5, settle: to === "ejabberd" ? 120_000 : 0 });
      ending.push(() => fleet.close());
      const t1 = Date.now();
      try {
      await fleet.flows();
      const t2 = Date.now();
      relay.cut();
      await fleet.until(() => fleet.backlog >= 5);
      relay.mend();
      await fleet.flows();
      const t3 = Date.now();
      await away.kill("SIGKILL");
      await fleet.until(() => fleet.backlog >= 5);
      await away.start();
      await fleet.flows();
      const t4 = Date.now();
      const r = await fleet.settle();
      console.log(from, to, r, "servers", t1 - t0, "first", t2 - t1, "cut", t3 - t2, "kill", t4 - t3, "settle", Date.now() - t4, fleet.sessions);
      console.log(fleet.history.filter((l) => /error|begins|resumed/.test(l)).slice(0,40).join("\n"));
      expect(r.violation).toBeUndefined();
      } catch (e) { console.log(home.log().slice(-3000), away.log().slice(-2000)); throw e; }
    }, 100000);
  });
}
