import { createConnection, createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { xml } from "../../firmware/xmpp/xml/element.js";
import { promised } from "../../host-sim/cli/session.js";
import { TestClient } from "./support/clients.js";
import { startEjabberd } from "./support/ejabberd.js";
import { startProsody } from "./support/prosody.js";
import { requireServers } from "./support/require-servers.js";
import type { XmppServer } from "./support/server.js";

if (requireServers())
  describe.each([
    { name: "Prosody", start: startProsody },
    { name: "ejabberd", start: startEjabberd },
  ])("stream management on $name", ({ start }) => {
    let server: XmppServer;
    let proxy: Server;
    let port: number;
    const sockets = new Set<Socket>();
    const account = { jid: "", password: "secret" };
    const open: TestClient[] = [];

    beforeAll(async () => {
      server = await start();
      account.jid = await server.addAccount("dev1", account.password);
      proxy = createServer((near) => {
        const far = createConnection(server.directPort, server.host);
        for (const [socket, other] of [
          [near, far],
          [far, near],
        ] as const) {
          sockets.add(socket);
          socket.on("close", () => {
            sockets.delete(socket);
            other.destroy();
          });
          socket.on("error", () => {});
        }
        near.pipe(far);
        far.pipe(near);
      });
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      port = (proxy.address() as { port: number }).port;
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((client) => client.close()));
    });
    afterAll(async () => {
      proxy.close();
      await server.stop();
    });

    const cut = (): void => {
      for (const socket of sockets) socket.resetAndDestroy();
    };

    test.each([true, false])("a cut connection is resumed, pipelining: %s", async (pipelining) => {
      const trace: string[] = [];
      const client = new TestClient(
        server,
        { ...account, jid: `${account.jid}/board` },
        {
          security: "direct",
          port,
          pipelining,
          onResumed: (jid) => client.tell(`resumed ${jid}`),
          onTrace: (direction, element) => trace.push(`${direction} ${element.name}`),
        },
      );
      open.push(client);
      const boss = new TestClient(server, server.owner, { presence: { priority: 0 } });
      open.push(boss);
      await Promise.all([client.tells("online"), boss.tells("online")]);
      const node = `sm-${pipelining}`;
      await promised((done) => boss.pubsub.createNode(node, TELEMETRY_NODE, done));
      await promised((done) => boss.pubsub.subscribe(node, done));
      const publish = (id: string): Promise<unknown> =>
        promised((done) =>
          client.pubsub.publish(node, { id, payload: xml("t", { xmlns: "urn:x" }) }, done),
        );
      await publish("1");
      const second = publish("2");
      cut();
      await client.tells("resumed");
      await second;
      await publish("3");
      await boss.until(() => boss.events.length === 3);
      expect(boss.events.map((event) => event.kind === "item" && event.item.id)).toEqual([
        "1",
        "2",
        "3",
      ]);
      expect(client.told.filter((word) => word.startsWith("online"))).toHaveLength(1);
      expect(trace.filter((word) => word === "out presence")).toHaveLength(1);
      expect(trace).toContain("in resumed");
    });

    test("a session that the server has forgotten is replaced by a new one", async () => {
      const client = new TestClient(
        server,
        { ...account, jid: `${account.jid}/board` },
        {
          session: {
            id: "nonsense",
            jid: `${account.jid}/board`,
            handled: 0,
            acknowledged: 0,
            location: "",
          },
        },
      );
      open.push(client);
      await client.tells("online");
    });
  });
