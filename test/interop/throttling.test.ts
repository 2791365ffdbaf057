/**
 * Servers that slow down who sends much. They say nothing: what they do not read waits in the device, and a device
 * that asks too soon whether anybody is there would lose its connection for nothing.
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Device, OUTBOX } from "../../firmware/device.js";
import type { XmppError } from "../../firmware/xmpp/errors.js";
import { type Item, TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { promised } from "../../host-sim/cli/session.js";
import { MemoryStorage } from "../../host-sim/node/memory-storage.js";
import { nodeProvider } from "../../host-sim/node/provider.js";
import { run } from "../cli/support/pipit.js";
import { TestClient } from "./support/clients.js";
import { startEjabberd } from "./support/ejabberd.js";
import { Fleet } from "./support/fleet.js";
import { startProsody } from "./support/prosody.js";
import { requireServers } from "./support/require-servers.js";
import type { XmppServer } from "./support/server.js";

const NODE = "telemetry";

/** Readings, of 200 bytes each when they are on their way. */
const BACKLOG = 40;

/** Milliseconds that a test may take on a machine that is busy. */
const TIMEOUT = 60_000;

/** What became of a backlog. */
interface Delivery {
  readonly accepted: readonly string[];
  readonly errors: readonly XmppError[];
  readonly sessions: number;
  /** Milliseconds from the first acknowledgement to the last. */
  readonly time: number;
}

/** Lets a device collect readings before it connects for the first time, and then publish them as fast as it may. */
async function deliver(server: XmppServer, jid: string): Promise<Delivery> {
  const provider = nodeProvider();
  const storage = new MemoryStorage();
  const accepted: string[] = [];
  const errors: XmppError[] = [];
  let sessions = 0;
  const options = {
    sensor: {
      channels: [{ name: "count", unit: "count" }],
      sample: () => [accepted.length],
      close: () => {},
    },
    baseName: "urn:dev:ops:1:",
    service: server.pubsub,
    node: NODE,
    storage,
    outbox: { ...OUTBOX, capacity: 100_000 },
    pace: { catchUp: 1_000 },
    onReadings: (_readings: unknown, id: string) => void accepted.push(id),
  };
  const client = {
    ...provider,
    tls: { ...provider.tls, secure: { certificate: server.ca } },
    jid: `${jid}/board`,
    password: "secret",
    host: server.host,
    port: server.directPort,
    security: "direct" as const,
    backoff: { start: 0, base: 200, limit: 400 },
  };
  await new Promise<void>((resolve) => {
    const offline = new Device({
      ...options,
      client: { ...client, backoff: { start: 60_000 } },
      interval: 1,
      onReadings: (readings, id) => {
        options.onReadings(readings, id);
        if (accepted.length === BACKLOG) offline.close();
      },
      onClosed: () => resolve(),
    });
  });
  const times: number[] = [];
  await new Promise<void>((resolve) => {
    const online = new Device({
      ...options,
      client: { ...client, onOnline: () => void sessions++ },
      interval: 600_000,
      onPublished: () => {
        times.push(Date.now());
        if (online.pending === 0) online.close();
      },
      onError: (error) => void errors.push(error),
      onClosed: () => resolve(),
    });
  });
  return { accepted, errors, sessions, time: (times.at(-1) as number) - (times[0] as number) };
}

if (requireServers()) {
  describe("a device with a backlog", () => {
    let server: XmppServer | undefined;
    afterEach(() => server?.stop());

    // Both let a burst of two seconds pass, and Prosody more than that: it pauses after what it has read.
    test.each([
      ["Prosody with mod_limits", startProsody, 400],
      ["ejabberd with a shaper", startEjabberd, 2_000],
    ])(
      "is slowed down by %s, loses nothing, and does not take it for a failure",
      async (_name, start, rate) => {
        server = await start({ rate });
        const owner = new TestClient(server, server.owner);
        await owner.tells("online");
        const config = { ...TELEMETRY_NODE, max_items: "100" };
        await promised<void>((done) => owner.pubsub.createNode(NODE, config, done));
        const jid = await server.addAccount("dev1", "secret");
        const { accepted, errors, sessions, time } = await deliver(server, jid);
        const items = await promised<Item[]>((done) => owner.pubsub.items(NODE, undefined, done));
        await owner.close();
        expect(items.map(({ id }) => id)).toEqual(accepted);
        expect(errors).toEqual([]);
        expect(sessions).toBe(1);
        expect(time).toBeGreaterThan(2_000);
      },
      TIMEOUT,
    );
  });

  test(
    "pipit simulate says that it is the server which holds the fleet back, and nothing is lost",
    async () => {
      const server = await startEjabberd({ rate: 1_000, registration: true });
      const folder = await mkdtemp(join(tmpdir(), "pipit-"));
      try {
        const [path, ca] = [join(folder, "fleet.yaml"), join(folder, "ca.pem")];
        await writeFile(ca, server.ca);
        const outbox = { capacity: 100_000 };
        const file = {
          server: { uri: `xmpps://${server.host}:${server.directPort}`, ca },
          accounts: { jid: `dev%i@${server.domain}`, password: "secret", create: "in-band" },
          nodes: { owner: server.owner },
          devices: [{ type: "meter", count: 8, interval: "200ms", outbox }],
          scenario: [{ expect: { online: "100%", within: "60s" } }, { wait: "25s" }],
        };
        await writeFile(path, JSON.stringify(file));
        const { status, stdout, stderr } = await run(["simulate", "-f", path, "--json"]);
        expect(`${status} ${stderr}`).toMatch(/^0 /);
        expect(stderr).toMatch(/^the server is the limit, not the fleet, .* wait$/m);
        const { summary } = JSON.parse(stdout.trim().split("\n").at(-1) as string);
        expect(summary).toMatchObject({ connects: 8, lost: 0 });
        expect(summary.published).toBeGreaterThan(8);
      } finally {
        await server.stop();
        await rm(folder, { recursive: true });
      }
    },
    2 * TIMEOUT,
  );

  describe("a fleet that comes back all at once", () => {
    test(
      "is told by Prosody with mod_c2s_conn_throttle to wait, does so, and loses nothing",
      async () => {
        const server = await startProsody({ logins: 3, durable: true });
        try {
          const fleet = await Fleet.start({ home: server, away: server, devices: 8 });
          try {
            await fleet.flows();
            await server.restart();
            await fleet.flows();
            expect(fleet.history).toMatch(
              /error: policy-violation: You exceeded the number of connections\/logins allowed/,
            );
            expect(await fleet.delivers()).toBeUndefined();
          } finally {
            fleet.close();
          }
        } finally {
          await server.stop();
        }
      },
      TIMEOUT,
    );
  });
}
