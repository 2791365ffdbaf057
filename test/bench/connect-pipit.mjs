/** Pipit as a contender in `connect.bench.mjs`. */

import { Client } from "../../build/firmware/client/client.js";
import { PubSub } from "../../build/firmware/xmpp/extensions/pubsub.js";
import { ScramKeyCache } from "../../build/firmware/xmpp/sasl/scram.js";
import { xml } from "../../build/firmware/xmpp/xml/element.js";
import { Names } from "../../build/firmware/xmpp/xml/names.js";
import { nodeProvider } from "../../build/host-sim/node/provider.js";

const provider = nodeProvider();
const names = new Names();

/** The keys of earlier logins, by server, as a device stores them. */
const stored = new Map();

/**
 * Connects and publishes.
 * @returns once the publish is acknowledged: the milliseconds since it began to connect, the SASL mechanism,
 *   and how to close the session
 */
export function connect(target) {
  const { server, security, port, account, node, item } = target;
  const { known = true, pipelining = true, presence = {} } = target;
  const keys = (known && stored.get(server.ca)) || new ScramKeyCache();
  stored.set(server.ca, keys);
  return new Promise((resolve, reject) => {
    let start;
    let mechanism;
    let closed;
    const pubsub = new PubSub(server.pubsub);
    const payload = xml("sensml", { xmlns: item.namespace }, xml("senml", item.record));
    const client = new Client({
      ...provider,
      tls: { ...provider.tls, secure: { certificate: server.ca } },
      ...account,
      keys,
      names,
      host: server.host,
      port,
      security,
      pipelining,
      presence,
      backoff: { start: 0 },
      extensions: [pubsub],
      onState(state) {
        if (state === "connecting") start = performance.now();
      },
      onWritable() {
        pubsub.publish(node, { id: item.id, payload }, (error) => {
          if (error) return reject(error);
          resolve({ ms: performance.now() - start, mechanism, close });
        });
      },
      onTrace(direction, element) {
        if (direction === "out" && element.name === "auth") mechanism = element.attr("mechanism");
      },
      onOffline(error) {
        reject(error);
        client.close();
      },
      onClosed: () => closed?.(),
    });
    const close = () =>
      new Promise((resolve) => {
        closed = resolve;
        client.close();
      });
  });
}
