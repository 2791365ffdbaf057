/** Several ejabberds that are one server: Erlang nodes, each of which has the accounts, the nodes and the items. */

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { createAuthority } from "../server/certificates.js";
import { startEjabberd } from "./ejabberd.js";
import { distribution, nodeName, type Seat } from "./erlang.js";
import { loopbackAddress } from "./federation.js";
import { freePort } from "./ports.js";
import { confined } from "./process.js";
import type { ServerOptions, XmppServer } from "./server.js";

const DOMAIN = "cluster.test";

/**
 * Starts a cluster of two. Each can be killed and started by itself; the one that comes back gets from the other
 * what it missed.
 * @throws Error with its log, when one does not start
 */
export async function startCluster(options: ServerOptions = {}): Promise<[XmppServer, XmppServer]> {
  const cookie = randomBytes(16).toString("hex");
  const port = await freePort();
  const authority = await createAuthority(`Authority of ${DOMAIN}`);
  const start = (seat: Seat): Promise<XmppServer> =>
    startEjabberd({ domain: DOMAIN, authority, ...options, seat });
  const sit = (): Seat => ({ address: loopbackAddress(), port, cookie });
  const [one, two, clerk] = [sit(), sit(), sit()] as const;
  const first = await start(one);
  try {
    const second = await start(two);
    try {
      // What the second has had so far is gone with that: its accounts are the first's.
      const join = `ok = rpc:call('${nodeName(two)}', ejabberd_cluster, join, ['${nodeName(one)}']), halt().`;
      const command = ["erl", "-noinput", "-hidden", ...distribution(clerk), "-eval", join];
      await promisify(execFile)(...confined(command));
      return [first, second];
    } catch (error) {
      await second.stop();
      throw error;
    }
  } catch (error) {
    await first.stop();
    throw error;
  }
}
