/** Pipit as a contender in `delivery.bench.mjs`: the outbox, the publisher and the client, as a device has them. */

import { Client } from "../../build/firmware/client/client.js";
import { Outbox } from "../../build/firmware/outbox/outbox.js";
import { pack } from "../../build/firmware/telemetry/pack.js";
import { Publisher } from "../../build/firmware/telemetry/publisher.js";
import { toRecords } from "../../build/firmware/telemetry/senml.js";
import { PubSub } from "../../build/firmware/xmpp/extensions/pubsub.js";
import { MemoryStorage } from "../../build/host-sim/node/memory-storage.js";
import { nodeProvider } from "../../build/host-sim/node/provider.js";

/** Bytes of outbox: enough for the whole of a backlog, which a device would have flash for. */
const CAPACITY = 4_000_000;

/**
 * A device that is not connected yet.
 * @param target the server's `address` and `ca`, its `account`, `service` and `node`
 * @param window how many items may be on their way
 * @param inRam milliseconds that readings may wait in RAM to be written together
 */
export function makePipit({ port, ca, account, service, node }, window, inRam) {
  const provider = nodeProvider();
  const { timer, crypto } = provider;
  const storage = new MemoryStorage().open({ path: "outbox" });
  let writes = 0;
  const flash = {
    read: (key) => storage.read(key),
    write: (key, value) => {
      writes++;
      storage.write(key, value);
    },
    delete: (key) => storage.delete(key),
    close: () => storage.close(),
    [Symbol.iterator]: () => storage[Symbol.iterator](),
  };
  const pubsub = new PubSub(service);
  const outbox = new Outbox({
    storage: flash,
    timer,
    random: (count) => crypto.random(count),
    capacity: CAPACITY,
    segment: 1024,
    window: inRam,
    settle: 15_000,
    policy: "drop-newest",
  });
  let onAcknowledged = () => {};
  const publisher = new Publisher({
    pubsub,
    outbox,
    timer,
    random: Math.random,
    pace: { window, catchUp: 1_000_000 },
    node,
    baseName: "urn:dev:ops:bench:",
    onPublished: () => onAcknowledged(),
    onRefused: (error) => {
      throw error;
    },
  });
  let client;
  return {
    writes: () => writes,
    /** Hands one item over. */
    add(readings) {
      const payload = pack(toRecords(readings));
      const qos = "effectively-once";
      const id = outbox.append({ node, time: readings[0].time * 1000, payload, qos });
      if (id === undefined) throw new Error("the outbox is full");
      publisher.added();
    },
    onAcknowledged(callback) {
      onAcknowledged = callback;
    },
    connect() {
      return new Promise((resolve, reject) => {
        client = new Client({
          ...provider,
          tls: { ...provider.tls, secure: { certificate: ca } },
          ...account,
          host: "127.0.0.1",
          port,
          security: "direct",
          backoff: { start: 0 },
          presence: null,
          extensions: [pubsub],
          onWritable: () => publisher.writable(),
          onOnline: resolve,
          onOffline: reject,
          onClosed: () => outbox.close(),
        });
      });
    },
    close() {
      publisher.close();
      client.close();
    },
  };
}
