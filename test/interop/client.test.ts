import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { ClientOptions } from "../../firmware/client/client.js";
import type { Crypto } from "../../firmware/io.js";
import { takeReadings } from "../../firmware/sensors/sensor.js";
import { SimulatedSensor } from "../../firmware/sensors/simulated.js";
import { encodeSenml } from "../../firmware/telemetry/senml.js";
import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import { StanzaError, TransportError } from "../../firmware/xmpp/errors.js";
import type { Fields } from "../../firmware/xmpp/extensions/data-forms.js";
import { sendPing } from "../../firmware/xmpp/extensions/ping.js";
import { ensureNode, type Item, TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { listNodes } from "../../firmware/xmpp/extensions/pubsub-lists.js";
import { NS_CLIENT } from "../../firmware/xmpp/namespaces.js";
import { MECHANISMS } from "../../firmware/xmpp/sasl/mechanism.js";
import { ScramKeyCache, type ScramKeys } from "../../firmware/xmpp/sasl/scram.js";
import type { Extension } from "../../firmware/xmpp/stanza/dispatcher.js";
import { type Message, messageStanza, parseMessage } from "../../firmware/xmpp/stanza/message.js";
import { parsePresence } from "../../firmware/xmpp/stanza/presence.js";
import { type Element, xml } from "../../firmware/xmpp/xml/element.js";
import { promised } from "../../host-sim/cli/session.js";
import { nodeProvider } from "../../host-sim/node/provider.js";
import { badCertificates } from "../support/bad-certificates.js";
import { TestClient } from "./support/clients.js";
import { startEjabberd } from "./support/ejabberd.js";
import { startProsody } from "./support/prosody.js";
import { requireServers } from "./support/require-servers.js";
import type { XmppServer } from "./support/server.js";

const servers = [
  { name: "Prosody", start: startProsody },
  { name: "ejabberd", start: startEjabberd },
];

if (requireServers())
  describe.each(servers)("$name", ({ start }) => {
    let server: XmppServer;
    const account = { jid: "", password: "secret & <safe>" };
    const open: TestClient[] = [];

    beforeAll(async () => {
      server = await start();
      account.jid = await server.addAccount("dev1", account.password);
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((client) => client.close()));
    });
    afterAll(() => server.stop());

    function connect(options: Partial<ClientOptions> = {}, who = account): TestClient {
      const client = new TestClient(server, who, options);
      open.push(client);
      return client;
    }

    async function online(options?: Partial<ClientOptions>, who = account): Promise<TestClient> {
      const client = connect(options, who);
      await client.tells("online");
      return client;
    }

    function owner(): Promise<TestClient> {
      // Services send events to the bare address, where a negative priority does not get them (RFC 6121 8.5.2).
      return online({ presence: { priority: 0 } }, server.owner);
    }

    describe.each(["starttls", "direct"] as const)("over TLS by %s", (security) => {
      test.each([true, false])("negotiates, with pipelining: %s", async (pipelining) => {
        const client = await online({ security, pipelining, jid: `${account.jid}/board` });
        expect(client.told).toEqual([`online ${account.jid}/board`]);
        await promised((done) => sendPing(client.client.stanzas, undefined, 5_000, done));
        await client.close();
        expect(client.told).toEqual([`online ${account.jid}/board`, "closed"]);
      });

      test("a wrong password is one clear error, and the end of it (pitfall 32)", async () => {
        const client = connect({ security }, { ...account, password: "wrong" });
        await client.tells("given up");
        expect(client.told).toEqual(["given up: not-authorized"]);
        expect(client.client.state).toBe("closed");
      });

      test("an authority that is not trusted is refused", async () => {
        const client = connect({ security, tls: nodeProvider().tls });
        await client.tells("certificate-invalid");
        expect(client.errors[0]?.retry).toBe("later");
      });
    });

    test("presence is seen by another resource, and its end too (pitfall 40)", async () => {
      const seen: string[] = [];
      const watcher: Extension = {
        install: (stanzas) =>
          stanzas.onPresence((stanza) => {
            const { from, available, show, status, priority } = parsePresence(stanza);
            if (from.endsWith("/board"))
              seen.push(available ? `${show} ${priority} ${status}` : "unavailable");
            second.changed();
          }),
      };
      const second: TestClient = new TestClient(server, account, { also: [watcher] });
      open.push(second);
      await second.tells("online");
      const board = await online({
        jid: `${account.jid}/board`,
        presence: { show: "dnd", status: "sampling" },
      });
      await second.until(() => seen.length === 1);
      board.client.setPresence({ status: "idle", priority: -5 });
      await second.until(() => seen.length === 2);
      await board.close();
      // ejabberd tells the end twice: once for the presence, once for the stream.
      await second.until(() => seen.length >= 3);
      expect(seen.slice(0, 3)).toEqual(["dnd -1 sampling", "available -5 idle", "unavailable"]);
    });

    test("a message arrives, with its language (pitfall 14)", async () => {
      const received: Message[] = [];
      const inbox: Extension = {
        install: (stanzas) =>
          stanzas.onMessage("body", NS_CLIENT, (_, stanza) => {
            received.push(parseMessage(stanza, client.client.lang));
            client.changed();
          }),
      };
      const client: TestClient = new TestClient(
        server,
        { ...account, jid: `${account.jid}/inbox` },
        { also: [inbox] },
      );
      open.push(client);
      await client.tells("online");
      const text = "Grüß Gott & <hello> 🐦";
      client.client.stanzas.send(messageStanza(`${account.jid}/inbox`, text, { lang: "de" }));
      await client.until(() => received.length === 1);
      expect(received).toMatchObject([
        { body: text, lang: "de", from: `${account.jid}/inbox`, type: "normal" },
      ]);
    });

    test("an unknown iq gets service-unavailable, a ping its pong (pitfall 37)", async () => {
      const board = await online({ jid: `${account.jid}/board` });
      const other = await online({ jid: `${account.jid}/other` });
      const to = board.client.jid.toString();
      await promised((done) => sendPing(other.client.stanzas, to, 5_000, done));
      const unknown = promised((done) =>
        other.client.stanzas.request("get", to, xml("query", { xmlns: "urn:x" }), done),
      );
      await expect(unknown).rejects.toMatchObject({ condition: "service-unavailable" });
    });

    describe("pub/sub", () => {
      const readings = takeReadings(new SimulatedSensor(1), "urn:dev:ops:1:", 1_700_000_000);
      const item: Item = { id: "reading-1", payload: encodeSenml(readings) };

      test("a reading that is published reaches a subscriber and stays on the node", async () => {
        const boss = await owner();
        const config = { ...TELEMETRY_NODE, notify_retract: "true" };
        await promised((done) => boss.pubsub.createNode("weather", config, done));
        await promised((done) => boss.pubsub.subscribe("weather", done));
        const board = await online();
        const id = await promised<string>((done) => board.pubsub.publish("weather", item, done));
        expect(id).toBe(item.id);
        await boss.until(() => boss.events.length === 1);
        const [event] = boss.events;
        expect(event).toMatchObject({ kind: "item", node: "weather", item: { id: item.id } });
        if (event?.kind !== "item") throw new Error("not an item");
        expect(decodeSenml(event.item.payload as Element, 0)).toEqual(readings);

        const stored = await promised<Item[]>((done) =>
          board.pubsub.items("weather", [item.id], done),
        );
        expect(stored.map(({ id }) => id)).toEqual([item.id]);

        // Pitfall 54: the same id again overwrites, and is told again.
        await promised((done) => board.pubsub.publish("weather", item, done));
        await boss.until(() => boss.events.length === 2);
        const all = await promised<Item[]>((done) =>
          board.pubsub.items("weather", undefined, done),
        );
        expect(all).toHaveLength(1);

        await promised((done) => boss.pubsub.retract("weather", item.id, true, done));
        await boss.until(() => boss.events.length === 3);
        expect(boss.events[2]).toEqual({ kind: "retract", node: "weather", id: item.id });
      });

      test("its errors are values", async () => {
        const boss = await owner();
        const board = await online();
        const missing = promised((done) => boss.pubsub.items("nowhere", undefined, done));
        await expect(missing).rejects.toMatchObject({ condition: "item-not-found" });
        await promised((done) => boss.pubsub.createNode("taken", TELEMETRY_NODE, done));
        const again = promised((done) => boss.pubsub.createNode("taken", TELEMETRY_NODE, done));
        await expect(again).rejects.toMatchObject({ condition: "conflict" });
        const foreign = promised((done) => board.pubsub.deleteNode("taken", done));
        await expect(foreign).rejects.toMatchObject({ condition: "forbidden" });
        // Pitfall 55.
        const strict = promised((done) =>
          board.pubsub.publish("taken", item, done, { access_model: "whitelist" }),
        );
        await expect(strict).rejects.toMatchObject({
          condition: "conflict",
          specific: "precondition-not-met",
        });
        // Pitfall 58.
        const empty = promised((done) =>
          board.pubsub.publish("taken", { id: "x", payload: undefined }, done),
        );
        await expect(empty).rejects.toBeInstanceOf(StanzaError);
      });

      test("a node is configured, listed and deleted by its owner", async () => {
        const boss = await owner();
        await promised((done) => boss.pubsub.createNode("mine", TELEMETRY_NODE, done));
        await promised((done) => boss.pubsub.configure("mine", { max_items: "7" }, done));
        const config = await promised<Fields>((done) => boss.pubsub.getConfig("mine", done));
        expect(config.get("max_items")).toEqual(["7"]);
        expect(await promised<string[]>((done) => listNodes(boss.pubsub, done))).toContain("mine");
        await promised((done) => boss.pubsub.deleteNode("mine", done));
        expect(await promised<string[]>((done) => listNodes(boss.pubsub, done))).not.toContain(
          "mine",
        );
      });

      test("a node that is made sure of is there, configured, and not made twice", async () => {
        const boss = await owner();
        const make = (): Promise<void> =>
          promised((done) =>
            ensureNode(boss.pubsub, "sure", { ...TELEMETRY_NODE, max_items: "5" }, done),
          );
        await make();
        await make();
        const config = await promised<Fields>((done) => boss.pubsub.getConfig("sure", done));
        expect(config.get("max_items")).toEqual(["5"]);
      });

      test("an error that echoes a big request costs nothing, and the stream goes on", async () => {
        const board = await online();
        const big = xml("x", { xmlns: "urn:x" }, "'\"&<".repeat(300));
        const refused = promised((done) =>
          board.pubsub.publish("nowhere-either", { id: "big", payload: big }, done),
        );
        await expect(refused).rejects.toBeInstanceOf(StanzaError);
        await promised((done) => sendPing(board.client.stanzas, undefined, 5_000, done));
        expect(board.errors).toEqual([]);
      });
    });

    test("a second session with the same resource waits long (conflict)", async () => {
      const first = await online({ jid: `${account.jid}/twin` });
      await online({ jid: `${account.jid}/twin` });
      await first.tells("conflict");
      expect(first.client.state).toBe("waiting");
      expect(first.errors[0]?.retry).toBe("later");
    });

    test("a server that stops in mid-stream is found again when it is back", async () => {
      const board = await online();
      const lost = expect(
        promised((done) =>
          board.client.stanzas.request(
            "get",
            `${account.jid}/nobody`,
            xml("q", { xmlns: "x" }),
            done,
          ),
        ),
      ).rejects;
      await server.kill("SIGKILL");
      await board.until(() => board.client.state !== "online");
      await server.start();
      await board.tells("online", 2);
      // The request is lost with the session, or with the connection if there was no session yet.
      await lost.toBeInstanceOf(TransportError);
      await server.restart();
      await board.tells("online", 3);
    });
  });

if (requireServers()) {
  describe.each(servers)("$name offers what its keeper lets it", ({ start }) => {
    test.each(MECHANISMS)("%s alone", async (mechanism) => {
      const server = await start({ mechanisms: [mechanism] });
      try {
        const jid = await server.addAccount("dev1", "secret");
        const client = new TestClient(server, { jid, password: "secret" }, { floor: "PLAIN" });
        await client.tells("online");
        await client.close();
        if (mechanism !== "PLAIN") return;
        const strict = new TestClient(server, { jid, password: "secret" });
        await strict.tells("given up: invalid-mechanism");
      } finally {
        await server.stop();
      }
    });

    test.each(["for another name", "expired"] as const)(
      "a certificate that is %s, and is refused",
      async (fault) => {
        const server = await start({ certificate: badCertificates[fault] });
        try {
          const jid = await server.addAccount("dev1", "secret");
          for (const security of ["starttls", "direct"] as const) {
            const client = new TestClient(server, { jid, password: "secret" }, { security });
            await client.tells("certificate-invalid");
            await client.close();
          }
        } finally {
          await server.stop();
        }
      },
    );
  });

  test("Prosody with hashed passwords: PBKDF2 runs once for each password, not for each login", async () => {
    const server = await startProsody({ authentication: "hashed-sha-256", iterations: 10_000 });
    try {
      const account = { jid: await server.addAccount("dev1", "secret"), password: "secret" };
      const { crypto } = nodeProvider();
      let derivations = 0;
      const counting: Crypto = {
        ...crypto,
        pbkdf2: (...parameters) => {
          derivations++;
          crypto.pbkdf2(...parameters);
        },
      };
      const proven: ScramKeys[] = [];
      const keys = new ScramKeyCache([], (derived) => proven.push(derived));
      for (let i = 0; i < 3; i++) {
        const client = new TestClient(server, account, { crypto: counting, keys });
        await client.tells("online");
        await client.close();
      }
      expect(derivations).toBe(1);
      // And a device that was given nothing but those keys logs in with them.
      expect(proven).toHaveLength(1);
      const bare = { jid: account.jid, keys: new ScramKeyCache(proven) };
      const client = new TestClient(server, bare);
      await client.tells("online");
      await client.close();
    } finally {
      await server.stop();
    }
  });
}
