import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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

    test("a fleet by its common subscription: each reading once, though collector and server restart", async () => {
      const devices = 8;
      for (let i = 1; i <= devices; i++) await server.addAccount(`dev${i}`, PASSWORD);
      const store = join(folder, "fleet.db");
      const log = join(folder, "fleet.log");
      const { jid, password } = server.owner;
      const place = ["--ca", join(folder, "ca.pem")];
      place.push("--server", `xmpp://127.0.0.1:${server.starttlsPort}`);
      const who = ["--jid", `dev%i@${server.domain}`, "--owner", jid];
      const fleet = new Pipit(
        ["simulate", ...place, ...who, "-c", String(devices), "-t", "fleet/%i"].concat(
          ...["--im", "300", "--log", log, "--json"],
        ),
        { ...environment, PIPIT_OWNER_PASSWORD: password },
      );
      const collect = (): Pipit =>
        new Pipit(
          ["collect", "--jid", jid, ...place, "-t", "fleet/*", "--store", store, "--json"],
          { PIPIT_PASSWORD: password },
        );
      const more = (pipit: Pipit, count: number): Promise<void> => {
        const goal = pipit.lines.length + count;
        return pipit.until(({ lines }) => lines.length >= goal);
      };
      await fleet.until(({ lines }) => lines.length > 0); // the nodes are there
      const first = collect();
      await more(first, 3 * devices);
      await first.kill();
      await more(fleet, 10 * devices);
      await server.restart();
      await more(fleet, 10 * devices);
      const second = collect();
      await more(second, 3 * devices);
      await server.restart();
      const since = fleet.lines.length;
      await fleet.until(({ lines }) => {
        const records = lines.slice(since).map((line) => JSON.parse(line));
        const online = records.filter(({ state }) => state === "online");
        return new Set(online.map(({ board }) => board)).size === devices;
      });
      await more(second, 3 * devices);
      fleet.signal("SIGTERM");
      const { status, stderr } = await fleet.ended;
      expect(`${status} ${stderr}`).toMatch(/^0 /);

      const events = (await readFile(log, "utf8"))
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      const acknowledged = new Set<string>();
      const taken = new Map<string, unknown>();
      for (const { kind, id, readings } of events)
        if (kind === "acked") acknowledged.add(id);
        else if (kind === "readings") taken.set(id, readings);
      const stored = (pipit: Pipit): Set<string> =>
        new Set([first, pipit].flatMap(({ lines }) => lines.map((line) => JSON.parse(line).item)));
      await second.until((pipit) => [...acknowledged].every((id) => stored(pipit).has(id)));
      second.signal("SIGTERM");
      expect((await second.ended).status).toBe(0);

      const exported = await run(["export", "--store", store, "-f", "jsonl"]);
      const found = new Map<string, object[]>();
      for (const line of exported.stdout.trim().split("\n")) {
        const { item, service, node, device, channel, publisher, ...reading } = JSON.parse(line);
        found.set(item, [...(found.get(item) ?? []), reading]);
      }
      expect([...acknowledged].filter((id) => !found.has(id))).toEqual([]);
      for (const [id, readings] of taken)
        if (found.has(id)) expect(found.get(id)).toEqual(readings);
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
