/**
 * Makes the nodes of a fleet before it begins, by one account, and subscribes one account to all of them. Servers
 * do not take devices that make their own: of 2,000 on ejabberd some 40 succeed in a second.
 */

import { TransportError } from "../../firmware/xmpp/errors.js";
import { ensureNode, type PubSub, TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { promised, withPubSub } from "../cli/session.js";
import { inParallel } from "./parallel.js";
import type { FleetPlan, Stage } from "./plan.js";

/** Requests that are under way at a time: below what a client keeps unacknowledged. */
const AT_A_TIME = 8;

/** Milliseconds to wait when a server does not keep up. */
const PAUSE = 50;

/**
 * @param nodes their names; those that are there already are left as they are
 * @throws XmppError when the server cannot be reached, or refuses
 */
export async function createNodes(
  { owner, collector = owner, service, items }: FleetPlan,
  nodes: readonly string[],
  reach: Stage["reach"],
): Promise<void> {
  if (owner === undefined) return;
  const config = { ...TELEMETRY_NODE, max_items: String(items) };
  const make = (pubsub: PubSub, node: string): Promise<void> =>
    patiently(() => promised<void>((done) => ensureNode(pubsub, node, config, done)));
  const subscribe = (pubsub: PubSub, node: string): Promise<void> =>
    patiently(() => promised<void>((done) => pubsub.subscribe(node, done)));
  await withPubSub({ ...reach, ...owner }, service, (pubsub) =>
    inParallel(nodes, AT_A_TIME, (node) => make(pubsub, node)),
  );
  await withPubSub({ ...reach, ...(collector ?? owner) }, service, (pubsub) =>
    inParallel(nodes, AT_A_TIME, (node) => subscribe(pubsub, node)),
  );
}

/** Makes a request, again if there are too many that the server has not acknowledged. */
async function patiently(request: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof TransportError && error.condition === "queue-full")) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
