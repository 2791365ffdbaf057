import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { endAll, type Outcome, Pipit, run } from "../cli/support/pipit.js";
import { startEjabberd } from "./support/ejabberd.js";
import { startProsody } from "./support/prosody.js";
import { requireServers } from "./support/require-servers.js";
import type { XmppServer } from "./support/server.js";

const servers = [
  { name: "Prosody", start: startProsody },
  { name: "ejabberd", start: startEjabberd },
];

const PASSWORD = "pass word";

if (requireServers())
  describe.each(servers)("pipit with $name", ({ start }) => {
    let server: XmppServer;
    let folder: string;
    /** An ordinary account, and the options that make a command use it. */
    let me: string;
    let asMe: string[];
    let asOwner: string[];
    let here: string[];
    let environment: Record<string, string>;
    let ownersEnvironment: Record<string, string>;

    beforeAll(async () => {
      server = await start();
      folder = await mkdtemp(join(tmpdir(), "pipit-"));
      const ca = join(folder, "ca.pem");
      await writeFile(ca, server.ca);
      me = await server.addAccount("me", PASSWORD);
      for (const user of ["board1", "board2"]) await server.addAccount(user, PASSWORD);
      here = ["--server", `xmpp://127.0.0.1:${server.starttlsPort}`, "--ca", ca];
      asMe = ["--jid", me, ...here];
      asOwner = ["--jid", server.owner.jid, ...here];
      environment = { PIPIT_PASSWORD: PASSWORD };
      ownersEnvironment = { PIPIT_PASSWORD: server.owner.password };
    });
    afterEach(endAll);
    afterAll(async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    });

    const owner = (...args: string[]) => run([...args, ...asOwner], ownersEnvironment);
    const ordinary = (...args: string[]) => run([...args, ...asMe], environment);

    /** Starts `pipit watch`, and returns when it is subscribed. */
    async function watch(...args: string[]): Promise<Pipit> {
      const pipit = new Pipit(["watch", ...asMe, "--json", ...args], environment);
      await pipit.until(({ stderr }) => stderr.includes("watching"));
      return pipit;
    }

    const itemsIn = ({ stdout }: Outcome): string[] =>
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).item);

    const reading =
      /^board[12] {2}(temperature [0-9.]+ °C|humidity [0-9.]+ % RH|heap [0-9]+ B|rssi -[0-9]+ dBW)$/;

    test("demo, with boards that have accounts of their own", async () => {
      const accounts = ["--jid", `board%i@${server.domain}`, "--owner", server.owner.jid];
      const { status, stdout, stderr } = await run(
        ["demo", "-c", "2", "--im", "200", "--limit", "10", ...accounts, ...here],
        { ...environment, PIPIT_OWNER_PASSWORD: server.owner.password },
      );
      expect(stderr).not.toContain("error");
      expect(status).toBe(0);
      const lines = stdout.trim().split("\n");
      expect(lines.length).toBeGreaterThanOrEqual(10);
      for (const line of lines) expect(line).toMatch(reading);
      expect((await owner("node", "list")).stdout).toContain("pipit-demo\n");
    });

    test("demo, with one account, which makes the node on itself (XEP-0163)", async () => {
      const { status, stdout, stderr } = await ordinary(
        ...["demo", "-t", "solo", "-c", "2", "--im", "200", "--limit", "10"],
      );
      expect(stderr).not.toContain("error");
      expect(status).toBe(0);
      for (const line of stdout.trim().split("\n")) expect(line).toMatch(reading);
      expect((await ordinary("node", "list", "--service", me)).stdout).toBe("solo\n");
      expect((await owner("node", "list")).stdout).not.toContain("solo");
      expect(await ordinary("node", "delete", "solo", "--service", me)).toMatchObject({
        status: 0,
      });
    });

    test("simulate, with TLS from the first byte", async () => {
      await owner("node", "create", "direct");
      const direct = here.with(1, `xmpps://127.0.0.1:${server.directPort}`);
      const pipit = ["simulate", "--jid", `board%i@${server.domain}`, "-c", "2", "-t", "direct"];
      const { status, stdout, stderr } = await run(
        [...pipit, "--im", "100", "-L", "6", ...direct],
        environment,
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/ [6-9] published {2}/);
    });

    test("node, for its owner and for others", async () => {
      const [created, configured, list, deleted] = [
        await owner("node", "create", "weather", "--config", "max_items=7"),
        await owner("node", "configure", "weather", "--config", "max_items=9", "--json"),
        await owner("node", "list"),
        await owner("node", "delete", "weather"),
      ];
      expect(created.stdout).toBe(`created weather on ${server.pubsub}\n`);
      expect(JSON.parse(configured.stdout)).toMatchObject({
        max_items: ["9"],
        publish_model: ["open"],
      });
      expect(list.stdout).toContain("weather\n");
      expect(deleted).toEqual({ status: 0, stdout: "deleted weather\n", stderr: "" });
      const refused = await ordinary("node", "create", "weather");
      expect(refused.status).toBe(1);
      expect(refused.stderr).toMatch(/forbidden.*\. Log in as one who may/);
    });

    describe.each(["the pub/sub service", "the account itself"])(
      "publish and watch, on %s",
      (on) => {
        let service: string[];
        beforeAll(async () => {
          const own = on === "the account itself";
          service = own ? ["--service", me] : [];
          const create = ["node", "create", "shared", ...service];
          expect(own ? await ordinary(...create) : await owner(...create)).toMatchObject({
            status: 0,
          });
        });

        test("what one publishes the other prints, once and in order", async () => {
          const watcher = await watch("-t", "shared", "-L", "3", ...service);
          const publish = ["publish", "-t", "shared", "--json", ...service];
          const first = await ordinary(...publish, "temperature=21.5:Cel", "door=false");
          const lines = '{"name":"a","value":"Grüße & <mehr>"}\n{"name":"b","value":2}\n';
          const rest = await run([...publish, ...asMe], environment, lines);
          const watched = await watcher.ended;
          expect(watched.status).toBe(0);
          const [a, b] = itemsIn(rest);
          const [temperature] = itemsIn(first);
          expect(itemsIn(watched)).toEqual([temperature, temperature, a, b]);
          const readings = watched.stdout
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line));
          expect(readings).toMatchObject([
            { name: "temperature", unit: "Cel", value: 21.5 },
            { name: "door", value: false },
            { name: "a", value: "Grüße & <mehr>" },
            { name: "b", value: 2 },
          ]);
        });

        test("what is not there is told, and what to do", async () => {
          const missing = await ordinary("watch", "-t", "nowhere", ...service);
          expect(missing).toMatchObject({ status: 1, stdout: "" });
          expect(missing.stderr).toMatch(
            /item-not-found.*\. Make the node with: pipit node create/,
          );
        });
      },
    );

    test("publish to a node that is not there is an error with advice", async () => {
      const { status, stderr } = await ordinary("publish", "-t", "nowhere", "a=1");
      expect(status).toBe(1);
      // Prosody would make the node for those who may, and says that this account may not.
      expect(stderr).toMatch(
        /item-not-found.*\. Make the node with|forbidden.*\. Log in as one who/,
      );
    });

    test("watch goes on when the server was away, which it tells", async () => {
      await ordinary("node", "create", "steady", "--service", me);
      const watcher = await watch("-t", "steady", "-L", "1", "--service", me);
      await server.restart();
      await watcher.until(({ stderr }) => stderr.split("watching").length === 3);
      expect(watcher.stderr).toMatch(/; trying again in \d+ s\n/);
      await ordinary("publish", "-t", "steady", "--service", me, "a=1");
      expect(await watcher.ended).toMatchObject({ status: 0 });
    }, 120_000);

    test("a wrong password and a wrong authority have a status of their own", async () => {
      const wrong = await run(["node", "list", ...asMe], { PIPIT_PASSWORD: "wrong" });
      expect(wrong).toMatchObject({ status: 3, stdout: "" });
      expect(wrong.stderr).toContain("(not-authorized). Check the JID and the password");
      const untrusted = await run(["node", "list", ...asMe.slice(0, -2)], environment);
      expect(untrusted).toMatchObject({ status: 3, stdout: "" });
      expect(untrusted.stderr).toContain("(certificate-invalid). If the server has");
    });
  });
