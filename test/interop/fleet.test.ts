/** Fleets on installed servers: accounts made in-band, a node for each device, trouble, and bad passwords. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { startEjabberd } from "../../host-sim/servers/ejabberd.js";
import { startProsody } from "../../host-sim/servers/prosody.js";
import type { XmppServer } from "../../host-sim/servers/server.js";
import { endAll, type Outcome, run } from "../cli/support/pipit.js";
import { requireServers } from "./support/require-servers.js";

const PASSWORD = "pass word";

if (requireServers()) {
  jest.setTimeout(180_000);
  describe.each([
    { name: "Prosody", start: startProsody },
    { name: "ejabberd", start: startEjabberd },
  ])("a fleet on $name", ({ name, start }) => {
    let server: XmppServer;
    let folder: string;

    beforeAll(async () => {
      server = await start({ registration: true });
      folder = await mkdtemp(join(tmpdir(), "pipit-"));
      await writeFile(join(folder, "ca.pem"), server.ca);
    });
    afterEach(endAll);
    afterAll(async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    });

    /** Runs a fleet file. */
    async function simulate(file: object, ...args: string[]): Promise<Outcome> {
      const path = join(folder, "fleet.yaml");
      const place = { uri: `xmpps://127.0.0.1:${server.directPort}`, ca: "ca.pem" };
      const nodes = { name: "fleet/%t/%i", owner: server.owner, service: server.pubsub };
      const accounts = { jid: `dev%i@${server.domain}`, password: PASSWORD, create: "in-band" };
      await writeFile(path, JSON.stringify({ server: place, nodes, accounts, ...file }));
      return run(["simulate", "-f", path, ...args]);
    }

    test("two hundred devices, half of them cut off, and nothing is lost", async () => {
      const { status, stdout, stderr } = await simulate(
        {
          start: { rate: 50 },
          devices: [{ type: "meter", count: 200, interval: "2s", outbox: { settle: "0s" } }],
          scenario: [
            { expect: { online: "100%", published: 1, within: "60s" } },
            { cut: { share: "50%" } },
            { expect: { resumed: "40%", online: "100%", published: 2, lost: 0, within: "60s" } },
          ],
        },
        "--processes",
        "2",
      );
      expect(`${status} ${stderr}`).toMatch(/^0 /);
      expect(stdout).toMatch(/^200 connects, 100 resumes, 100 faults$/m);
      expect(stdout).toMatch(/, 0 lost;/);
    });

    test("some have a wrong password: they are told of, and the rest goes on", async () => {
      const login = (i: number) => ({
        jid: `dev${i}@${server.domain}`,
        password: i > 6 ? "wrong" : PASSWORD,
      });
      const { status, stdout, stderr } = await simulate(
        {
          accounts: { list: Array.from({ length: 8 }, (_, i) => login(i + 1)) },
          devices: [{ type: "meter", count: 8, interval: "1s" }],
          scenario: [{ expect: { online: "75%", within: "30s" } }, { wait: "1s" }],
        },
        "--json",
      );
      expect(`${status} ${stderr}`).toMatch(/^0 /);
      const { summary } = JSON.parse(stdout.trim().split("\n").at(-1) as string);
      expect(summary).toMatchObject({ failed: 2, troubles: { "not-authorized": 2 } });
      expect(stderr).toContain("meter8: ");
    });

    test("revoked accounts are gone", async () => {
      const { status, stdout, stderr } = await simulate(
        {
          devices: [{ type: "meter", count: 5, interval: "1s" }],
          scenario: [
            { expect: { online: "100%", within: "30s" } },
            { revoke: { share: "20%" } },
            { wait: "9s" },
          ],
        },
        "--json",
      );
      expect(`${status} ${stderr}`).toMatch(/^0 /);
      const { summary } = JSON.parse(stdout.trim().split("\n").at(-1) as string);
      // ejabberd ends the session of an account that goes, and says so.
      const trouble = name === "Prosody" ? "not-authorized" : "conflict";
      expect(summary.troubles).toMatchObject({ [trouble]: 1 });
    });
  });
}
