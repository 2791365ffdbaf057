/** Fleets in real time: on a server that is there already, or one inside of this process. */

import { exec } from "node:child_process";
import { promisify } from "node:util";
import { Names } from "../../firmware/xmpp/xml/names.js";
import { nodeProvider, type Provider } from "../node/provider.js";
import { createAuthority } from "../server/certificates.js";
import { Listener } from "../server/listener.js";
import { removeAccounts } from "./accounts.js";
import { cachedCrypto, NoKeys } from "./crypto.js";
import { EmbeddedServer } from "./embedded.js";
import type { FleetPlan, Login, ServerPlan, Stage } from "./plan.js";
import { spreadTCP } from "./sources.js";

type Installed = Extract<ServerPlan, { kind: "installed" }>;

/**
 * @param shard which process of a fleet this is
 * @throws ConfigError for a certificate file that cannot be used
 */
export async function openStage(plan: FleetPlan, shard = 0): Promise<Stage> {
  return plan.server.kind === "embedded"
    ? openEmbedded(plan, shard)
    : openInstalled(plan, plan.server, shard);
}

function reachOf(provider: Provider, shard: number): Stage["reach"] {
  const TCP = { io: spreadTCP(shard) };
  return {
    ...provider,
    tcp: TCP,
    tls: { ...provider.tls, TCP },
    crypto: cachedCrypto(provider.crypto),
    keys: new NoKeys(),
    names: new Names(),
  };
}

function openInstalled({ creation }: FleetPlan, server: Installed, shard: number): Stage {
  const { host, port, security, ca, mechanism, restart } = server;
  const reach: Stage["reach"] = {
    ...reachOf(nodeProvider(ca === undefined ? {} : { certificateFile: ca }), shard),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(security === undefined ? {} : { security }),
    ...(mechanism === undefined ? {} : { floor: mechanism }),
  };
  return {
    reach,
    ...(restart === undefined
      ? {}
      : {
          restartServer: async () => {
            await promisify(exec)(restart);
          },
        }),
    ...(creation === undefined
      ? {}
      : { revoke: (devices: readonly Login[]) => removeAccounts(creation, devices, reach) }),
    close: async () => {},
  };
}

async function openEmbedded(plan: FleetPlan, shard: number): Promise<Stage> {
  const authority = await createAuthority("Authority of a simulated fleet");
  const embedded = new EmbeddedServer(plan);
  const newListener = (port: number, directPort: number): Listener =>
    new Listener({ server: embedded.server, authority, port, directPort });
  let listener = newListener(0, 0);
  const { port, directPort } = await listener.listen();
  const provider = nodeProvider();
  const tls = { ...provider.tls, secure: { certificate: authority.certificate } };
  return {
    reach: {
      ...reachOf({ ...provider, tls }, shard),
      host: "127.0.0.1",
      port: directPort,
      security: "direct",
    },
    async restartServer(down) {
      listener.kill();
      embedded.restart();
      await new Promise((resolve) => setTimeout(resolve, down));
      listener = newListener(port, directPort);
      await listener.listen();
    },
    revoke: async (devices) => embedded.revoke(devices),
    close: () => listener.close(),
  };
}
