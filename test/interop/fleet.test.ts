/** Fleets on installed servers: accounts made in every way, a node for each device, trouble, and bad passwords. */

import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { startEjabberd } from "../../host-sim/servers/ejabberd.js";
import { nodeName, type Seat } from "../../host-sim/servers/erlang.js";
import { loopbackAddress } from "../../host-sim/servers/federation.js";
import { freePort } from "../../host-sim/servers/ports.js";
import { isRoot } from "../../host-sim/servers/process.js";
import { startProsody } from "../../host-sim/servers/prosody.js";
import type { XmppServer } from "../../host-sim/servers/server.js";
import { endAll, type Outcome, run } from "../cli/support/pipit.js";
import { requireServers } from "./support/require-servers.js";

const PASSWORD = "pass word";

/** A server that its own command line can reach, and the configuration of that. */
interface Controlled {
  readonly server: XmppServer;
  readonly config: string;
}

async function prosody(): Promise<Controlled> {
  const server = await startProsody({ registration: true });
  const config = join(server.folder, "prosodyctl.cfg.lua");
  // Started by root, it becomes the user whose the data are.
  const user = 'prosody_user = "nobody"; prosody_group = "nogroup"';
  await writeFile(config, `${isRoot ? user : ""}\nInclude "${server.folder}/prosody.cfg.lua"\n`);
  return { server, config };
}

async function ejabberd(): Promise<Controlled> {
  const cookie = randomBytes(16).toString("hex");
  const seat: Seat = { address: loopbackAddress(), port: await freePort(), cookie };
  const server = await startEjabberd({ registration: true, seat });
  const config = join(server.folder, "ejabberdctl.cfg");
  await writeFile(
    config,
    `
      EXEC_CMD=as_current_user
      ERLANG_NODE=${nodeName(seat)}
      ERL_DIST_PORT=${seat.port}
      ERL_OPTIONS="-setcookie ${seat.cookie}"
      EJABBERD_CONFIG_PATH=${server.folder}/ejabberd.yml
      SPOOL_DIR=${server.folder}/data
      LOGS_DIR=${server.folder}
      export HOME=${server.folder}
    `,
  );
  return { server, config };
}

if (requireServers()) {
  jest.setTimeout(180_000);
  describe.each([
    { name: "Prosody", command: "prosody", start: prosody },
    { name: "ejabberd", command: "ejabberd", start: ejabberd },
  ])("a fleet on $name", ({ name, command, start }) => {
    let server: XmppServer;
    /** The configuration of the server's command line. */
    let config: string;
    let folder: string;

    beforeAll(async () => {
      ({ server, config } = await start());
      folder = await mkdtemp(join(tmpdir(), "pipit-"));
      await writeFile(join(folder, "ca.pem"), server.ca);
    });
    afterEach(endAll);
    afterAll(async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    });

    // ejabberd ends the session of an account that goes, and says so.
    const revoked = name === "Prosody" ? "not-authorized" : "conflict";

    const summaryOf = ({ stdout }: Pick<Outcome, "stdout">) =>
      JSON.parse(stdout.trim().split("\n").at(-1) as string).summary;

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
      expect(summaryOf({ stdout })).toMatchObject({ failed: 2, troubles: { "not-authorized": 2 } });
      expect(stderr).toContain("meter8: ");
    });

    // As others than root and the user ejabberd, ejabberdctl does nothing.
    const ways = command === "ejabberd" && !isRoot ? ["in-band"] : ["in-band", command];

    test.each(ways)("accounts are made and taken away: %s", async (create) => {
      const accounts = (password: string) => ({
        ...{ jid: `${create}%i@${server.domain}`, password, create },
        ...(create === command ? { config } : {}),
      });
      const devices = [{ type: "meter", count: 4, interval: "1s" }];
      const online = (share: string) => ({
        expect: { online: share, within: "30s" },
      });
      const revoke = [online("100%"), { revoke: { share: "25%" } }, { wait: "9s" }, online("75%")];
      const first = await simulate(
        { accounts: accounts(PASSWORD), devices, scenario: revoke },
        "--json",
      );
      expect(`${first.status} ${first.stderr}`).toMatch(/^0 accounts and 4 nodes are there/);
      expect(summaryOf(first)).toMatchObject({ connects: 4, troubles: { [revoked]: 1 } });

      // The one that was taken away is made again. The others are left, with the passwords that they had.
      const other = "another word";
      const second = await simulate(
        { accounts: accounts(other), devices, scenario: [online("25%"), { wait: "2s" }] },
        "--json",
      );
      expect(`${second.status} ${second.stderr}`).toMatch(/^0 /);
      expect(summaryOf(second)).toMatchObject({ connects: 1, troubles: { "not-authorized": 3 } });
      for (const { stdout, stderr } of [first, second])
        expect(stdout + stderr).not.toMatch(new RegExp(`${PASSWORD}|${other}`));
    });

    test("a command line that fails is told of, without the password", async () => {
      const { status, stderr } = await simulate({
        accounts: {
          jid: `own%i@${server.domain}`,
          password: PASSWORD,
          create: command,
          config: join(folder, "none"),
        },
        devices: [{ type: "meter", count: 40 }],
      });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^error: (prosodyctl adduser|ejabberdctl register) failed: .+\n$/);
      expect(stderr).not.toContain(PASSWORD);
    });
  });
}
