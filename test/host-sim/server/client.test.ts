import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Client, type ClientOptions } from "../../../firmware/client/client.js";
import type { XmppError } from "../../../firmware/xmpp/errors.js";
import type { Fields } from "../../../firmware/xmpp/extensions/data-forms.js";
import {
  PubSub,
  type PubSubEvent,
  TELEMETRY_NODE,
} from "../../../firmware/xmpp/extensions/pubsub.js";
import { listNodes } from "../../../firmware/xmpp/extensions/pubsub-lists.js";
import { parseMessage } from "../../../firmware/xmpp/stanza/message.js";
import { parsePresence } from "../../../firmware/xmpp/stanza/presence.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import { nodeProvider } from "../../../host-sim/node/provider.js";
import { type Authority, createAuthority } from "../../../host-sim/server/certificates.js";
import { Listener } from "../../../host-sim/server/listener.js";
import { accountsOf, DOMAIN, newServer } from "./support.js";

const SERVICE = `pubsub.${DOMAIN}`;
const accounts = accountsOf({ sensor: "pencil", collector: "paper", owner: "scissors" });

let authority: Authority;
let listener: Listener;
let ports: { port: number; directPort: number };
const clients: Client[] = [];

beforeAll(async () => {
  authority = await createAuthority("Pipit test authority");
});

beforeEach(async () => {
  const server = newServer({
    accounts: accounts.lookup,
    mayCreateNodes: (account) => account === `owner@${DOMAIN}`,
  });
  listener = new Listener({ server, authority, port: 0, directPort: 0 });
  ports = await listener.listen();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await listener.close();
});

type Security = "starttls" | "direct";

/** A client of the firmware's, on the sockets of the Node host. */
function connect(
  jid: string,
  password: string,
  options: Partial<ClientOptions> = {},
  security: Security = "starttls",
): Client {
  const { tcp, tls, timer, crypto } = nodeProvider();
  const client = new Client({
    jid: `${jid.replace("/", `@${DOMAIN}/`)}`,
    password,
    host: "127.0.0.1",
    port: security === "direct" ? ports.directPort : ports.port,
    security,
    tcp,
    tls: { ...tls, secure: { certificate: authority.certificate } },
    timer,
    crypto,
    backoff: { start: 0, base: 0 },
    ...options,
  });
  clients.push(client);
  return client;
}

function online(
  jid: string,
  password: string,
  options: Partial<ClientOptions> = {},
  security?: Security,
): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = connect(
      jid,
      password,
      { onOffline: reject, ...options, onOnline: () => resolve(client) },
      security,
    );
  });
}

/** The value that a callback of the firmware's gets, if it gets no error. */
function result<T>(start: (done: (error: XmppError | undefined, value?: T) => void) => void) {
  return new Promise<T | undefined>((resolve, reject) => {
    start((error, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}

describe.each(["starttls", "direct"] as const)("with TLS by %s", (security) => {
  test.each(["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"] as const)("logs in by %s", async (name) => {
    const server = newServer({ accounts: accounts.lookup, mechanisms: [name] });
    const other = new Listener({ server, authority, port: 0, directPort: 0 });
    const { port, directPort } = await other.listen();
    try {
      const options = { port: security === "direct" ? directPort : port, floor: name };
      const client = await online("sensor/board", "pencil", options, security);
      expect(client.jid.toString()).toBe(`sensor@${DOMAIN}/board`);
    } finally {
      await other.close();
    }
  });

  test.each([true, false])(
    "publishes what a subscriber sees, pipelining: %s",
    async (pipelining) => {
      const events: PubSubEvent[] = [];
      let seen = (): void => {};
      const arrived = new Promise<void>((resolve) => {
        seen = resolve;
      });
      const [owner, reader, sensor] = [
        new PubSub(SERVICE),
        new PubSub(SERVICE, (event) => {
          events.push(event);
          seen();
        }),
        new PubSub(SERVICE),
      ];
      const using = (pubsub: PubSub) => ({ extensions: [pubsub], pipelining });
      await online("owner/laptop", "scissors", using(owner), security);
      await result((done) => owner.createNode("readings", TELEMETRY_NODE, done));
      const reading = { ...using(reader), presence: { priority: 0 } };
      await online("collector/laptop", "paper", reading, security);
      await result((done) => reader.subscribe("readings", done));
      await online("sensor/board", "pencil", using(sensor), security);

      const payload = xml(
        "sensml",
        { xmlns: "urn:ietf:params:xml:ns:senml" },
        xml("senml", { v: "21" }),
      );
      const id = await result<string>((done) =>
        sensor.publish("readings", { id: "r1", payload }, done, { access_model: "open" }),
      );
      expect(id).toBe("r1");
      await arrived;
      expect(events).toMatchObject([
        {
          kind: "item",
          node: "readings",
          item: { id: "r1", publisher: `sensor@${DOMAIN}/board` },
        },
      ]);
      const stored = await result((done) => reader.items("readings", 1, done));
      expect(stored).toMatchObject([{ id: "r1" }]);
      expect(await result<string[]>((done) => listNodes(reader, done))).toEqual(["readings"]);
      expect(
        (await result<Fields>((done) => owner.getConfig("readings", done)))?.get("max_items"),
      ).toEqual(["100"]);
    },
  );

  test("refuses a wrong password, which the client does not try again", async () => {
    const [error, delay] = await new Promise<[XmppError, number | undefined]>((resolve) => {
      const onOffline: NonNullable<ClientOptions["onOffline"]> = (...args) => resolve(args);
      connect("sensor/board", "wrong", { onOffline }, security);
    });
    expect(error.condition).toBe("not-authorized");
    expect(delay).toBeUndefined();
  });

  test("goes down in good order, and is found again", async () => {
    const offline: string[] = [];
    let back = (): void => {};
    const returned = new Promise<void>((resolve) => {
      back = resolve;
    });
    let times = 0;
    await new Promise<void>((resolve) => {
      const options: Partial<ClientOptions> = {
        port: security === "direct" ? ports.directPort : ports.port,
        onOffline: (error) => offline.push(error.condition),
        onOnline: () => (++times === 1 ? resolve() : back()),
      };
      connect("sensor/board", "pencil", options, security);
    });
    const closed = listener.close();
    await closed;
    const server = newServer({ accounts: accounts.lookup });
    listener = new Listener({ server, authority, ...ports });
    await listener.listen();
    await returned;
    expect(offline[0]).toBe("system-shutdown");
  });
});

test("two resources of an account see each other's presence", async () => {
  const seen: string[] = [];
  let complete = (): void => {};
  const done = new Promise<void>((resolve) => {
    complete = resolve;
  });
  const watch = {
    install(stanzas: Client["stanzas"]): void {
      stanzas.onPresence((stanza: Element) => {
        const { from, available } = parsePresence(stanza);
        seen.push(`${from.slice(from.indexOf("/") + 1)} ${available ? "comes" : "goes"}`);
        if (!available) complete();
      });
    },
  };
  await online("sensor/one", "pencil", { extensions: [watch] });
  const other = await online("sensor/two", "pencil");
  other.close();
  await done;
  expect(seen).toEqual(["one comes", "two comes", "two goes"]);
});

test("a message reaches another account", async () => {
  const got = new Promise<Element>((resolve) => {
    const inbox = {
      install: (stanzas: Client["stanzas"]) =>
        stanzas.onMessage("body", "jabber:client", (_body, message) => resolve(message)),
    };
    void online("collector/laptop", "paper", { extensions: [inbox] }).then(async () => {
      const sensor = await online("sensor/board", "pencil", { lang: "de" });
      const to = `collector@${DOMAIN}/laptop`;
      sensor.stanzas.send(xml("message", { xmlns: "jabber:client", to }, xml("body", {}, "Grüße")));
    });
  });
  expect(parseMessage(await got, "en")).toMatchObject({
    from: `sensor@${DOMAIN}/board`,
    body: "Grüße",
    lang: "de",
  });
});
