/** A server that is two ejabberds: each has all accounts, nodes and items, and either may fall over. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, test } from "@jest/globals";
import type { ClientOptions } from "../../firmware/client/client.js";
import type { Resolver } from "../../firmware/io.js";
import { UDP } from "../../host-sim/node/udp.js";
import { startCluster } from "../../host-sim/servers/cluster.js";
import { readQuestion, srvAnswer } from "../support/dns.js";
import { Fleet } from "./support/fleet.js";
import { requireServers } from "./support/require-servers.js";
import type { XmppServer } from "./support/server.js";

/** Milliseconds that the test may take on a machine that is busy. */
const TIMEOUT = 120_000;

/** Milliseconds, as they pass for devices, for which acknowledgements are doubted. */
const SETTLE = 90_000;

/** A name server that knows where direct TLS is to be had: on either, as it comes. */
async function startNameServer(
  servers: readonly XmppServer[],
): Promise<{ dns: NonNullable<ClientOptions["dns"]>; close(): void }> {
  const records = servers.map(({ directPort }, i) => ({
    port: directPort,
    weight: 1,
    target: `node${i + 1}.cluster.test`,
  }));
  const socket = createSocket("udp4", (query, { port, address }) => {
    const isDirect = readQuestion(query).name.startsWith("_xmpps-client.");
    socket.send(srvAnswer(query, isDirect ? { records } : { rcode: 3 }), port, address);
  });
  await once(socket.bind(0, "127.0.0.1"), "listening");
  const dns = {
    io: Loopback,
    servers: [`127.0.0.1:${socket.address().port}`],
    socket: { io: UDP },
  };
  return { dns, close: () => void socket.close() };
}

/** All hosts are this machine. */
class Loopback implements Resolver {
  resolve({ host, onResolved }: Parameters<Resolver["resolve"]>[0]): void {
    setImmediate(() => onResolved(host, "127.0.0.1"));
  }

  close(): void {}
}

if (requireServers())
  describe("a cluster of two ejabberds", () => {
    test(
      "nothing is lost, repeated or out of order when either of them is killed",
      async () => {
        const nodes = await startCluster();
        const [one, two] = nodes;
        const names = await startNameServer(nodes);
        try {
          const fleet = await Fleet.start({
            home: one,
            away: one,
            devices: 8,
            settle: SETTLE,
            // Without a host it is found by SRV records.
            reach: { dns: names.dns },
          });
          try {
            await fleet.flows();
            for (const node of nodes) {
              const { sessions } = fleet;
              await node.kill("SIGKILL");
              await fleet.flows(); // on the other one
              expect(fleet.sessions).toBeGreaterThan(sessions);
              await node.start();
            }
            await fleet.flows();
            expect(await fleet.delivers()).toBeUndefined();
          } finally {
            fleet.close();
          }
        } finally {
          names.close();
          await one.stop();
          await two.stop();
        }
      },
      TIMEOUT,
    );
  });
