/**
 * What an acknowledgement is worth. A server is killed while a device publishes to it, and started again with
 * what it had on disk; then everything that the device had accepted should be on the node.
 */

import { afterEach, describe, expect, test } from "@jest/globals";
import { Device, OUTBOX } from "../../firmware/device.js";
import { TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { promised } from "../../host-sim/cli/session.js";
import { MemoryStorage } from "../../host-sim/node/memory-storage.js";
import { nodeProvider } from "../../host-sim/node/provider.js";
import { TestClient } from "./support/clients.js";
import { startEjabberd } from "./support/ejabberd.js";
import { startProsody } from "./support/prosody.js";
import { requireServers } from "./support/require-servers.js";
import type { XmppServer } from "./support/server.js";

const NODE = "telemetry";

/** How many readings are acknowledged before the server is killed, right after the last of them. */
const READINGS = 10;

/** Milliseconds that a test may take on a machine that is busy: it starts a server several times. */
const TIMEOUT = 120_000;

/** A device that counts, and can be waited for. */
class Counter {
  /** The ids of the items that were taken into the outbox, and of those that the server has acknowledged. */
  readonly accepted: string[] = [];
  readonly published = new Set<string>();
  readonly device: Device;
  #count = 0;
  #changed = (): void => {};

  constructor(server: XmppServer, jid: string, settle: number) {
    const provider = nodeProvider();
    this.device = new Device({
      client: {
        ...provider,
        tls: { ...provider.tls, secure: { certificate: server.ca } },
        jid: `${jid}/board`,
        password: "secret",
        host: server.host,
        port: server.directPort,
        security: "direct",
        backoff: { start: 0, base: 200, limit: 400, later: 400 },
      },
      sensor: {
        channels: [{ name: "count", unit: "count" }],
        sample: () => [++this.#count],
        close: () => {},
      },
      baseName: "urn:dev:ops:1:",
      service: server.pubsub,
      node: NODE,
      interval: 150,
      storage: new MemoryStorage(),
      outbox: { settle, capacity: 1_000_000 },
      pace: { catchUp: 100 },
      onReadings: (_readings, id) => this.accepted.push(id),
      onPublished: (id) => {
        this.published.add(id);
        this.#changed();
      },
      onClosed: () => this.#changed(),
    });
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = () => {
        if (condition()) resolve();
      };
      this.#changed();
    });
  }

  close(): Promise<void> {
    this.device.close();
    return this.until(() => this.device.state === "closed");
  }
}

if (requireServers())
  describe("a server is killed right after it has acknowledged readings", () => {
    let server: XmppServer | undefined;
    afterEach(async () => {
      await server?.stop();
    });

    /** How many of the readings that were accepted are not on the node in the end. */
    const missing = async (started: XmppServer, settle: number, kills: number): Promise<number> => {
      server = started;
      const reader = (): TestClient =>
        new TestClient(started, started.owner, { limits: { stanzaBytes: 1_000_000 } });
      const owner = reader();
      await owner.tells("online");
      await promised((done) =>
        owner.pubsub.createNode(NODE, { ...TELEMETRY_NODE, max_items: "5000" }, done),
      );
      await owner.close();
      const jid = await started.addAccount("dev1", "secret");
      await started.restart(); // which writes everything to disk that there is so far
      const counter = new Counter(started, jid, settle);
      for (let kill = 0; kill < kills; kill++) {
        const { size } = counter.published;
        await counter.until(() => counter.published.size >= size + READINGS);
        await started.kill("SIGKILL");
        const taken = counter.accepted.length;
        await started.start();
        // It has caught up with what there was, and is at what came since.
        await counter.until(
          () =>
            counter.device.pending === 0 && counter.published.has(counter.accepted[taken] ?? ""),
        );
      }
      await counter.close();
      const again = reader();
      await again.tells("online");
      const items = await promised<{ id: string }[]>((done) =>
        again.pubsub.items(NODE, undefined, done),
      );
      await again.close();
      const ids = items.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      return counter.accepted.filter((id) => counter.published.has(id) && !ids.includes(id)).length;
    };

    test(
      "ejabberd loses some, where its acknowledgement is believed at once",
      async () => {
        expect(await missing(await startEjabberd(), 0, 3)).toBeGreaterThan(0);
      },
      TIMEOUT,
    );

    test(
      "nothing is missing on ejabberd, where it has to settle",
      async () => {
        expect(await missing(await startEjabberd(), OUTBOX.settle, 2)).toBe(0);
      },
      TIMEOUT,
    );

    test(
      "nothing is missing on Prosody, even where it is believed at once",
      async () => {
        expect(await missing(await startProsody({ durable: true }), 0, 2)).toBe(0);
      },
      TIMEOUT,
    );
  });
