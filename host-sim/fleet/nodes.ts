/**
 * Makes the nodes of a fleet before it begins, by one account, and subscribes one account to all of them. Servers
 * do not take devices that make their own: of 2,000 on ejabberd some 40 succeed in a second.
 */

import { TransportError, type XmppError } from "../../firmware/xmpp/errors.js";
import { ensureNode, TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { promised, withPubSub } from "../cli/session.js";
import { type Counter, inParallel } from "./parallel.js";
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
  counter: Counter,
): Promise<void> {
  if (owner === undefined) return;
  const config = { ...TELEMETRY_NODE, max_items: String(items) };
  await withPubSub({ ...reach, ...owner }, service, (pubsub) => {
    const made = counter("nodes", nodes.length);
    return inParallel(nodes, AT_A_TIME, async (node) => {
      await patiently((done) => ensureNode(pubsub, node, config, done));
      made();
    });
  });
  await withPubSub({ ...reach, ...(collector ?? owner) }, service, (pubsub) => {
    const subscribed = counter("subscriptions", nodes.length);
    return inParallel(nodes, AT_A_TIME, async (node) => {
      await patiently((done) => pubsub.subscribe(node, done));
      subscribed();
    });
  });
}

/** Makes a request, again if there are too many that the server has not acknowledged. */
async function patiently(
  request: (done: (error: XmppError | undefined) => void) => void,
): Promise<void> {
  for (;;) {
    try {
      return await promised(request);
    } catch (error) {
      if (!(error instanceof TransportError && error.condition === "queue-full")) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
