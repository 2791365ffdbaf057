import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { sendPing } from "../../firmware/xmpp/extensions/ping.js";
import { ensureNode, TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { promised } from "../../host-sim/cli/session.js";
import type { BoardEvent, BoardSettings } from "../../host-sim/emulator/board.js";
import { createAuthority } from "../../host-sim/server/certificates.js";
import { budget, CHIP, excessOf } from "../../scripts/budget.mjs";
import { budgeted, figuresOf, stagesOf } from "../../scripts/chip-figures.mjs";
import { Chip, type ChipOptions, FIRMWARE, SERVER } from "../../scripts/emulator.mjs";
import { compileProgram, type Program } from "../../scripts/xs-program.mjs";
import { servePeers } from "../xs/peers.js";
import { TestClient } from "./support/clients.js";
import { startProsody } from "./support/prosody.js";
import { requireServers } from "./support/require-servers.js";
import type { XmppServer } from "./support/server.js";

/** Whether the chip can be run; else this adds a skipped test, or under `CI=true` fails. */
function requireEmulator(): boolean {
  if (existsSync(FIRMWARE) && spawnSync("qemu-system-riscv32", ["--version"]).status === 0) {
    jest.setTimeout(60_000);
    return true;
  }
  const reason = "the emulated chip is not built; node scripts/setup.mjs --emulator would do it";
  if (process.env.CI === "true") throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  test.skip(`skipped: ${reason}`, () => {});
  return false;
}

const NODE = "emulated";

if (requireServers() && requireEmulator()) {
  const chips: Chip[] = [];
  const boot = (options: ChipOptions): Chip => {
    const chip = new Chip(options);
    chips.push(chip);
    return chip;
  };
  afterEach(async () => {
    for (const chip of chips.splice(0)) {
      chip.stop();
      await chip.ended;
    }
  });

  describe("the firmware on an emulated microcontroller, with Prosody", () => {
    let server: XmppServer;
    let program: Program;
    let owner: TestClient;
    const account = { jid: "", password: "secret & <safe>" };

    beforeAll(async () => {
      program = compileProgram("host-sim/emulator/board");
      server = await startProsody();
      account.jid = await server.addAccount("board", account.password);
      owner = new TestClient(server, server.owner, { presence: { priority: 0 } });
      await owner.tells("online");
      await promised((done) => ensureNode(owner.pubsub, NODE, TELEMETRY_NODE, done));
      await promised((done) => owner.pubsub.subscribe(NODE, done));
    });
    afterAll(async () => {
      await owner.close();
      await server.stop();
    });

    function bootBoard(changes: Partial<BoardSettings>, clock?: string): Chip {
      const settings: BoardSettings = {
        ...SERVER,
        jid: `${account.jid}/chip`,
        password: account.password,
        security: "starttls",
        certificate: server.ca,
        service: server.pubsub,
        node: NODE,
        count: 1,
        interval: 60_000,
        ...changes,
      };
      const port = settings.security === "direct" ? server.directPort : server.starttlsPort;
      const reach = { host: server.host, port };
      return boot({ program, settings, server: reach, ...(clock === undefined ? {} : { clock }) });
    }

    const eventOf = (line: string): BoardEvent => JSON.parse(line);

    test.each(["starttls", "direct"] as const)(
      "it logs in by TLS (%s), publishes, and answers",
      async (security) => {
        const before = owner.events.length;
        const chip = bootBoard({ security, count: 1_000, interval: 500 });
        await chip.printed('"event":"online"');
        const jid = `${account.jid}/chip`;
        await promised((done) => sendPing(owner.client.stanzas, jid, 20_000, done));
        await owner.until(() => owner.events.length >= before + 2);
        for (const event of owner.events.slice(before))
          expect(event).toMatchObject({ kind: "item", node: NODE });
      },
    );

    test("it ends in good order, and what it took keeps to its budget", async () => {
      const chip = bootBoard({});
      expect(await chip.ended).toBe(0);
      expect(chip.lines.filter((line) => line.includes('"event"')).map(eventOf)).toMatchObject([
        { event: "online", jid: `${account.jid}/chip` },
        { event: "published" },
        { event: "closed" },
      ]);
      const figures = budgeted(figuresOf({ stages: stagesOf(chip.lines), program }));
      const names = Object.keys(budget).filter((name) => name.startsWith(CHIP));
      expect(names.sort()).toEqual(Object.keys(figures).sort());
      const excesses = Object.entries(figures).map(([name, figure]) => excessOf(name, figure));
      expect(excesses.filter((excess) => excess !== undefined)).toEqual([]);
    });

    test.each(["starttls", "direct"] as const)(
      "it refuses an authority that it does not trust (%s)",
      async (security) => {
        const { certificate } = await createAuthority("Authority of somebody else");
        const chip = bootBoard({ security, certificate });
        expect(eventOf(await chip.printed('"event":"error"'))).toMatchObject({
          name: "TransportError",
          condition: "certificate-invalid",
        });
      },
    );

    test("it trusts no certificate before its clock is set (pitfall 21)", async () => {
      const chip = bootBoard({}, "1970-01-01T00:00:00");
      expect(eventOf(await chip.printed('"event":"error"'))).toMatchObject({
        name: "TransportError",
        condition: "certificate-invalid",
        text: expect.stringContaining("is the clock right?"),
      });
    });
  });

  describe("the emulated microcontroller", () => {
    test("its sockets, storage, timers and cryptography do what they should", async () => {
      const peers = await servePeers();
      const program = compileProgram("test/interop/programs/chip-conformance");
      const chip = boot({ program, settings: { port: peers.port } });
      expect(await chip.ended).toBe(0);
      peers.close();
      const results = chip.lines.filter((line) => line.startsWith('{"name"'));
      expect(results.filter((line) => line.includes('"problem"'))).toEqual([]);
      expect(results.length).toBeGreaterThan(60);
    });

    test("what is stored is there after a restart", async () => {
      const folder = mkdtempSync(join(tmpdir(), "pipit-chip-storage-"));
      const program = compileProgram("test/interop/programs/chip-counter");
      for (const times of [1, 2]) {
        const chip = boot({ program, settings: {}, folder });
        await chip.printed(`starts: ${times}`);
        expect(await chip.ended).toBe(0);
      }
      rmSync(folder, { recursive: true });
    });
  });
}
