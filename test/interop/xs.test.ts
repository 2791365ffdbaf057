import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { ensureNode, TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { promised } from "../../host-sim/cli/session.js";
import { compile, requireXS, runBesides } from "../xs/host.js";
import type { DeviceEvent, DeviceSettings } from "../xs/programs/device.js";
import { TestClient } from "./support/clients.js";
import { startProsody } from "./support/prosody.js";
import { requireServers } from "./support/require-servers.js";
import type { XmppServer } from "./support/server.js";

const NODE = "boards";
const COUNT = 20;
const BOARDS = ["esp32c3", "esp32"];
const SECURITIES = ["none"] as const;

if (requireServers() && requireXS())
  describe("Prosody, and the firmware in XS", () => {
    const program = compile("device");
    const account = { jid: "", password: "secret & <safe>" };
    let server: XmppServer;
    let directory: string;
    let owner: TestClient;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "pipit-xs-"));
      server = await startProsody({ unencrypted: true });
      account.jid = await server.addAccount("board", account.password);
      owner = new TestClient(server, server.owner, { presence: { priority: 0 } });
      await owner.tells("online");
      await promised((done) => ensureNode(owner.pubsub, NODE, TELEMETRY_NODE, done));
      await promised((done) => owner.pubsub.subscribe(NODE, done));
    });
    afterAll(async () => {
      await owner.close();
      await server.stop();
      await rm(directory, { recursive: true });
    });
    afterEach(() => {
      owner.events.length = 0;
    });

    /** Runs a device to its end. */
    async function run(board: string, changes: Partial<DeviceSettings>) {
      const settings: DeviceSettings = {
        ...account,
        host: "localhost",
        port: server.starttlsPort,
        security: "none",
        service: server.pubsub,
        node: NODE,
        count: COUNT,
        directory: await mkdtemp(join(directory, "flash-")),
        ...changes,
      };
      const { stdout, ...ending } = await runBesides(board, program, JSON.stringify(settings));
      const lines: Partial<DeviceEvent & { label: string }>[] = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      return { ...ending, events: lines.filter(({ event }) => event !== undefined) };
    }

    describe.each(BOARDS)("on an %s", (board) => {
      test.each(SECURITIES)("publishes what arrives, with security: %s", async (security) => {
        const { status, stderr, events } = await run(board, { security });
        expect(stderr).toBe("");
        const told = events.map(({ event }) => event);
        expect([told[0], told.at(-1)]).toEqual(["online", "closed"]);
        const published = told.filter((event) => event === "published").length;
        expect(published).toBeGreaterThanOrEqual(COUNT); // others may still have been under way
        expect(told).toHaveLength(published + 2);
        expect(status).toBe(0);
        await owner.until(() => owner.events.length >= published);
      });
    });

    test("a wrong password ends it, with the server's reason", async () => {
      const { status, events } = await run("esp32c3", { password: "wrong" });
      expect(events).toEqual([
        { event: "error", error: expect.stringContaining("not-authorized") },
        { event: "closed" },
      ]);
      expect(status).toBe(0);
    });
  });
