import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from "@jest/globals";
import { encodeSenml } from "../../firmware/telemetry/senml.js";
import { TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { promised } from "../../host-sim/cli/session.js";
import { endAll, Pipit, run } from "../cli/support/pipit.js";
import { hasPostgres, TestPostgres } from "../host-sim/collector/postgres.js";
import { TestClient } from "./support/clients.js";
import { startEjabberd } from "./support/ejabberd.js";
import { startProsody } from "./support/prosody.js";
import { requireServers } from "./support/require-servers.js";
import type { XmppServer } from "./support/server.js";

const PASSWORD = "pass word";

/** How long ejabberd takes to save what it has acknowledged, in milliseconds. */
const EJABBERD_SAVES = 6_000;

if (requireServers()) {
  jest.setTimeout(120_000);
  describe.each([
    { name: "Prosody", start: () => startProsody({ durable: true }) },
    { name: "ejabberd", start: () => startEjabberd() },
  ])("catching up on $name", ({ name, start }) => {
    let server: XmppServer;
    let folder: string;
    let boss: TestClient;
    let here: string[];
    let node: string;
    let count = 0;
    const environment = { PIPIT_PASSWORD: PASSWORD };

    beforeAll(async () => {
      server = await start();
      folder = await mkdtemp(join(tmpdir(), "pipit-"));
      const ca = join(folder, "ca.pem");
      await writeFile(ca, server.ca);
      await server.addAccount("me", PASSWORD);
      here = ["--jid", `me@${server.domain}`, "--ca", ca];
      here.push("--server", `xmpp://127.0.0.1:${server.starttlsPort}`);
      boss = new TestClient(server, server.owner);
      await boss.tells("online");
    });
    beforeEach(async () => {
      node = `node${++count}`;
      const config = { ...TELEMETRY_NODE, max_items: "200" };
      await promised<void>((done) => boss.pubsub.createNode(node, config, done));
    });
    afterEach(endAll);
    afterAll(async () => {
      await boss.close();
      await server.stop();
      await rm(folder, { recursive: true });
    });

    const publish = async (...values: readonly number[]): Promise<void> => {
      for (const value of values) {
        const payload = encodeSenml([{ name: "urn:dev:ops:1:t", value, time: 1.7e9 + value }]);
        await promised((done) => boss.pubsub.publish(node, { id: `i${value}`, payload }, done));
      }
    };
    const range = (from: number, to: number): number[] =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i);

    const command = (verb: string, ...args: readonly string[]): Pipit =>
      new Pipit([verb, ...here, "-t", node, "--json", ...args], environment);
    const values = (lines: readonly string[]): number[] =>
      lines.map((line) => JSON.parse(line).value);

    test("watch --since: everything that is there, the oldest first, over several pages", async () => {
      await publish(...range(1, 130));
      const pipit = command("watch", "--since", "1970-01-01", "-L", "131");
      await pipit.until(({ lines }) => lines.length === 130);
      await publish(131);
      expect(values((await pipit.ended).stdout.trim().split("\n"))).toEqual(range(1, 131));
    });

    test("no gap, though the collector is killed, and then the server", async () => {
      const store = join(folder, "store.db");
      const watch = command("watch", "-L", "58", "--since", "1970-01-01");
      await publish(...range(1, 25));
      const first = command("collect", "--store", store);
      await first.until(({ lines }) => lines.length === 25);
      await publish(26, 27);
      await first.until(({ lines }) => lines.length === 27);
      await first.kill();
      await publish(...range(28, 55));
      const second = command("collect", "--store", store);
      await second.until(({ lines }) => lines.length === 28);
      if (name === "ejabberd") await new Promise((resolve) => setTimeout(resolve, EJABBERD_SAVES));
      await server.kill("SIGKILL");
      const before = boss.told.length;
      await server.start();
      await boss.until(() => boss.told.slice(before).some((word) => word.startsWith("online")));
      await publish(56, 57, 58); // before the others are back, or after: it makes no difference to see
      await second.until(({ lines }) => lines.length === 31);
      second.signal("SIGTERM");
      expect((await second.ended).status).toBe(0);
      const { stdout } = await run(["export", "--store", store, "-f", "jsonl"]);
      expect(values(stdout.trim().split("\n"))).toEqual(range(1, 58));
      expect(values((await watch.ended).stdout.trim().split("\n"))).toEqual(range(1, 58));
    });

    // The server makes no difference to this.
    if (name === "Prosody" && hasPostgres())
      test("no gap, though PostgreSQL is killed", async () => {
        const postgres = await TestPostgres.start();
        const collect = command("collect", "--store", await postgres.newDatabase());
        try {
          await publish(...range(1, 25));
          await collect.until(({ lines }) => lines.length === 25);
          await postgres.kill();
          await publish(26, 27);
          await collect.until(({ stderr }) => stderr.includes("it goes on when that is over"));
          await publish(28);
          await postgres.restart();
          await collect.until(({ stderr }) => stderr.includes("storing again"));
          await collect.until(({ lines }) => lines.length === 28);
          await publish(29);
          await collect.until(({ lines }) => lines.length === 29);
          const items = collect.lines.map((line) => JSON.parse(line).item);
          expect(items).toEqual(range(1, 29).map((value) => `i${value}`));
        } finally {
          await collect.kill();
          await postgres.stop();
        }
      });
  });
}
