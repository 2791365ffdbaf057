import { describe, expect, test } from "@jest/globals";
import { StanzaError, type XmppError } from "../../../firmware/xmpp/errors.js";
import {
  ensureNode,
  PubSub,
  type PubSubEvent,
  TELEMETRY_NODE,
} from "../../../firmware/xmpp/extensions/pubsub.js";
import { listItemIds, listNodes } from "../../../firmware/xmpp/extensions/pubsub-lists.js";
import { xml } from "../../../firmware/xmpp/xml/element.js";
import { write } from "../../../firmware/xmpp/xml/writer.js";
import { Session } from "../stanza/support.js";

const PUBSUB = "xmlns='http://jabber.org/protocol/pubsub'";
const OWNER = "xmlns='http://jabber.org/protocol/pubsub#owner'";
const EVENT = "xmlns='http://jabber.org/protocol/pubsub#event'";
const STANZAS = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
const DISCO = "xmlns='http://jabber.org/protocol/disco#items'";
const SERVICE = "pubsub.example.org";

/** Asks for a page (XEP-0059). */
const set = (before: string): string =>
  `<set xmlns='http://jabber.org/protocol/rsm'><max>100</max>${before}</set>`;

/** A session with a service, and what was done with it. */
class Service extends Session {
  readonly events: PubSubEvent[] = [];
  readonly results: unknown[] = [];
  readonly pubsub: PubSub;

  constructor(service = SERVICE) {
    super();
    this.pubsub = new PubSub(service, (event) => this.events.push(event));
    this.pubsub.install(this.stanzas);
  }

  readonly done = (error: XmppError | undefined, value?: unknown): void => {
    this.results.push(error ?? value);
  };

  /** What the last request asked for. */
  get asked(): string {
    const [, type, content] = /type='(.*?)'.*?>(.*)<\/iq>$/.exec(this.sent.at(-1) ?? "") ?? [];
    return `${type} ${content}`;
  }

  reply(content = ""): void {
    this.receive(`<iq id='${this.id}' type='result' from='${this.pubsub.service}'>${content}</iq>`);
  }

  refuse(content: string): void {
    this.receive(`<iq id='${this.id}' type='error' from='${this.pubsub.service}'>${content}</iq>`);
  }
}

const payload = xml("sensml", { xmlns: "urn:ietf:params:xml:ns:senml" });
const SENML = "<sensml xmlns='urn:ietf:params:xml:ns:senml'/>";

describe("XEP-0060 6.1: a subscription", () => {
  const stateOf = (reply: string): unknown => {
    const service = new Service();
    service.pubsub.subscribe("board", service.done);
    service.reply(reply);
    return service.results[0];
  };
  const subscription = (attributes: string) =>
    stateOf(`<pubsub ${PUBSUB}><subscription node='board' ${attributes}/></pubsub>`);

  test("stands when the service says so, or says nothing of its state", () => {
    for (const state of ["subscription='subscribed'", "", "subid='1'"])
      expect(subscription(state)).toBeUndefined();
    expect(stateOf("")).toBeUndefined();
  });

  test.each(["pending", "unconfigured", "none"])("that is %s is none yet", (state) => {
    expect(subscription(`subscription='${state}'`)).toMatchObject({
      condition: "not-authorized",
      text: `the subscription is ${state}, and brings no events yet`,
      retry: "never",
    });
  });
});

describe("XEP-0060: what is asked of the service", () => {
  const form = (type: string, fields: string): string =>
    `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>` +
    `<value>http://jabber.org/protocol/pubsub#${type}</value></field>${fields}</x>`;
  const most = "<field var='pubsub#max_items'><value>9</value></field>";

  test.each<[string, (service: Service) => void, string]>([
    [
      "7.1: publish",
      ({ pubsub, done }) => pubsub.publish("board", { id: "i1", payload }, done),
      `set <pubsub ${PUBSUB}><publish node='board'><item id='i1'>${SENML}</item></publish></pubsub>`,
    ],
    [
      "7.1.5: publish with options",
      ({ pubsub, done }) =>
        pubsub.publish("board", { id: "i1", payload }, done, { max_items: "9" }),
      `set <pubsub ${PUBSUB}><publish node='board'><item id='i1'>${SENML}</item></publish>` +
        `<publish-options>${form("publish-options", most)}</publish-options></pubsub>`,
    ],
    [
      "7.2: retract",
      ({ pubsub, done }) => pubsub.retract("board", "i1", false, done),
      `set <pubsub ${PUBSUB}><retract node='board'><item id='i1'/></retract></pubsub>`,
    ],
    [
      "7.2: retract, and tell the subscribers",
      ({ pubsub, done }) => pubsub.retract("board", "i1", true, done),
      `set <pubsub ${PUBSUB}><retract node='board' notify='true'><item id='i1'/></retract></pubsub>`,
    ],
    [
      "6.1: subscribe",
      ({ pubsub, done }) => pubsub.subscribe("board", done),
      `set <pubsub ${PUBSUB}><subscribe node='board' jid='juliet@example.org'/></pubsub>`,
    ],
    [
      "6.2: unsubscribe",
      ({ pubsub, done }) => pubsub.unsubscribe("board", done),
      `set <pubsub ${PUBSUB}><unsubscribe node='board' jid='juliet@example.org'/></pubsub>`,
    ],
    [
      "6.5: all items",
      ({ pubsub, done }) => pubsub.items("board", undefined, done),
      `get <pubsub ${PUBSUB}><items node='board'/></pubsub>`,
    ],
    [
      "6.5.7: the most recent items",
      ({ pubsub, done }) => pubsub.items("board", 3, done),
      `get <pubsub ${PUBSUB}><items node='board' max_items='3'/></pubsub>`,
    ],
    [
      "6.5.8: items by id",
      ({ pubsub, done }) => pubsub.items("board", ["i1", "i2"], done),
      `get <pubsub ${PUBSUB}><items node='board'><item id='i1'/><item id='i2'/></items></pubsub>`,
    ],
    [
      "8.1.3: create and configure",
      ({ pubsub, done }) => pubsub.createNode("board", { max_items: "9" }, done),
      `set <pubsub ${PUBSUB}><create node='board'/><configure>${form("node_config", most)}</configure></pubsub>`,
    ],
    [
      "8.2.1: the configuration",
      ({ pubsub, done }) => pubsub.getConfig("board", done),
      `get <pubsub ${OWNER}><configure node='board'/></pubsub>`,
    ],
    [
      "8.2.4: configure",
      ({ pubsub, done }) => pubsub.configure("board", { max_items: "9" }, done),
      `set <pubsub ${OWNER}><configure node='board'>${form("node_config", most)}</configure></pubsub>`,
    ],
    [
      "8.4: delete",
      ({ pubsub, done }) => pubsub.deleteNode("board", done),
      `set <pubsub ${OWNER}><delete node='board'/></pubsub>`,
    ],
    [
      "5.2: the nodes",
      ({ pubsub, done }) => listNodes(pubsub, done),
      `get <query ${DISCO}>${set("<before/>")}</query>`,
    ],
    [
      "5.5: the ids of the items on a node",
      ({ pubsub, done }) => listItemIds(pubsub, "board", done),
      `get <query ${DISCO} node='board'>${set("<before/>")}</query>`,
    ],
  ])("%s", (_clause, ask, asked) => {
    const service = new Service();
    ask(service);
    expect(service.sent[0]).toContain(`to='${SERVICE}'`);
    expect(service.asked).toBe(asked);
  });
});

describe("XEP-0060: what comes of it", () => {
  test("7.1.2, pitfall 53, pitfall 57: only the result says that an item is published, not its event", () => {
    const service = new Service();
    service.pubsub.publish("board", { id: "i1", payload }, service.done);
    // The event may overtake it, and proves nothing.
    service.receive(
      `<message from='${SERVICE}'><event ${EVENT}><items node='board'><item id='i1'/></items></event></message>`,
    );
    expect(service.results).toEqual([]);
    expect(service.events).toHaveLength(1);
    service.reply();
    expect(service.results).toEqual(["i1"]);
  });

  test("7.1.2: the service may name the item otherwise", () => {
    const service = new Service();
    service.pubsub.publish("board", { id: "i1", payload }, service.done);
    service.reply(`<pubsub ${PUBSUB}><publish node='board'><item id='other'/></publish></pubsub>`);
    expect(service.results).toEqual(["other"]);
  });

  test("7.1.2, pitfall 54: publishing again sends the same item under the same id", () => {
    const service = new Service();
    const item = { id: "i1", payload };
    const ids = [1, 2].map(() => {
      service.pubsub.publish("board", item, service.done);
      service.clock.advance(30_000); // no reply
      return service.asked;
    });
    expect(ids[0]).toBe(ids[1]);
    expect(service.results).toMatchObject([
      { condition: "remote-server-timeout" },
      { condition: "remote-server-timeout" },
    ]);
  });

  test("7.1.3.6, pitfall 58: an item carries one payload or none, and is sent alone", () => {
    const service = new Service();
    service.pubsub.publish("board", { id: "i1", payload: undefined }, service.done);
    expect(service.asked).toContain("<publish node='board'><item id='i1'/></publish>");
  });

  test("6.5: items, with and without payload and publisher", () => {
    const service = new Service();
    service.pubsub.items("board", undefined, service.done);
    service.reply(
      `<pubsub ${PUBSUB}><items node='board'><item id='i1' publisher='a@b'>\n${SENML}</item><item/></items></pubsub>`,
    );
    const [items] = service.results as [{ id: string; payload: typeof payload | undefined }[]];
    expect(items.map((item) => item.payload && write(item.payload, ""))).toEqual([
      SENML,
      undefined,
    ]);
    expect(items).toMatchObject([{ id: "i1", publisher: "a@b" }, { id: "" }]);
  });

  test("6.5: no items", () => {
    const service = new Service();
    service.pubsub.items("board", undefined, service.done);
    service.reply();
    expect(service.results).toEqual([[]]);
  });

  test("8.2.1: the configuration comes without what is no option of the node", () => {
    const service = new Service();
    service.pubsub.getConfig("board", service.done);
    service.reply(
      `<pubsub ${OWNER}><configure node='board'><x xmlns='jabber:x:data' type='form'>
       <field var='FORM_TYPE'><value>x</value></field>
       <field var='pubsub#max_items'><value>9</value></field></x></configure></pubsub>`,
    );
    expect(service.results).toEqual([new Map([["max_items", ["9"]]])]);
  });

  test("5.2: the names of the nodes, without what is none", () => {
    const service = new Service();
    listNodes(service.pubsub, service.done);
    service.reply(
      `<query xmlns='http://jabber.org/protocol/disco#items'><item jid='${SERVICE}' node='a'/><item jid='${SERVICE}'/></query>`,
    );
    expect(service.results).toEqual([["a"]]);
  });

  describe("5.5: the ids of the items, the oldest first,", () => {
    const list = (ids: readonly string[], rsm = ""): string =>
      `<query ${DISCO} node='board'>${ids.map((id) => `<item jid='${SERVICE}' name='${id}'/>`).join("")}${rsm}</query>`;
    const page = (first: string, count: string): string =>
      `<set xmlns='http://jabber.org/protocol/rsm'><first>${first}</first><last>z</last>${count}</set>`;
    const items = (id: string): string =>
      `<pubsub ${PUBSUB}><items node='board'><item id='${id}'>${SENML}</item></items></pubsub>`;
    const missing = `<error type='cancel'><item-not-found ${STANZAS}/></error>`;

    test.each<[string, readonly string[], readonly string[]]>([
      ["in one page", [list(["a", "b"], page("1", "<count>2</count>"))], ["a", "b"]],
      [
        "in pages, from the last to the first",
        [
          list(["c"], page("3", "<count>3</count>")),
          list(["b"], page("2", "<count>3</count>")),
          list(["a"], page("1", "<count>3</count>")),
        ],
        ["a", "b", "c"],
      ],
      [
        "in pages, though nobody says how many there are",
        [
          list(["b"], page("2", "")),
          list(["a"], page("1", "")),
          list([], "<set xmlns='http://jabber.org/protocol/rsm'/>"),
        ],
        ["a", "b"],
      ],
      ["in pages, the rest of which was cut off", [list(["b"], page("2", "")), missing], ["b"]],
      ["not in pages, and none", [list([])], []],
      ["not in pages, and one", [list(["a"])], ["a"]],
      ["not in pages, the oldest first", [list(["a", "b"]), items("b")], ["a", "b"]],
      ["not in pages, the newest first", [list(["b", "a"]), items("b")], ["a", "b"]],
      [
        "not in pages, while others publish",
        [list(["b", "a"]), items("c"), list(["d", "c", "b", "a"])],
        ["a", "b", "c", "d"],
      ],
    ])("%s", (_how, replies, ids) => {
      const service = new Service();
      listItemIds(service.pubsub, "board", service.done);
      for (const reply of replies)
        if (reply.startsWith("<error")) service.refuse(reply);
        else service.reply(reply);
      expect(service.results).toEqual([ids]);
    });

    test("by asking on from where a page began", () => {
      const service = new Service();
      listItemIds(service.pubsub, "board", service.done);
      service.reply(list(["c"], page("2026-01-02T03:04:05Z", "<count>2</count>")));
      expect(service.asked).toContain(set("<before>2026-01-02T03:04:05Z</before>"));
    });

    test("without end: an error", () => {
      const service = new Service();
      listItemIds(service.pubsub, "board", service.done);
      for (let i = 0; i < 1_000; i++) service.reply(list([`i${i}`], page(String(i), "")));
      expect(service.results).toMatchObject([{ condition: "resource-constraint" }]);
    });
  });

  test.each([
    [
      "7.1.3.3, no such node",
      `<error type='cancel'><item-not-found ${STANZAS}/></error>`,
      { condition: "item-not-found", retry: "never" },
    ],
    [
      "7.1.5, pitfall 55: the node is configured otherwise",
      `<error type='cancel'><conflict ${STANZAS}/><precondition-not-met xmlns='http://jabber.org/protocol/pubsub#errors'/></error>`,
      { condition: "conflict", specific: "precondition-not-met" },
    ],
    [
      "7.1.3.6, pitfall 58: a payload that is none",
      `<error type='modify'><bad-request ${STANZAS}/><invalid-payload xmlns='http://jabber.org/protocol/pubsub#errors'/></error>`,
      { condition: "bad-request", type: "modify", specific: "invalid-payload" },
    ],
    [
      "a service that is busy",
      `<error type='wait'><resource-constraint ${STANZAS}/><text ${STANZAS}>busy</text></error>`,
      { condition: "resource-constraint", retry: "later", text: "busy" },
    ],
    [
      "7.1.3.1, with the whole request sent back (pitfall 41)",
      `<pubsub ${PUBSUB}><publish node='board'><item id='i1'>${SENML}</item></publish></pubsub><error type='auth'><forbidden ${STANZAS}/></error>`,
      { condition: "forbidden", type: "auth" },
    ],
  ])("errors are values: %s", (_clause, content, error) => {
    const service = new Service();
    service.pubsub.publish("board", { id: "i1", payload }, service.done);
    service.refuse(content);
    expect(service.results[0]).toBeInstanceOf(StanzaError);
    expect(service.results).toMatchObject([error]);
    expect(service.events).toEqual([]);
  });
});

describe("XEP-0060 7.1.2.1: events", () => {
  const event = (content: string): string => `<event ${EVENT}>${content}</event>`;
  const one = event(`<items node='board'><item id='i1' publisher='a@b'>${SENML}</item></items>`);

  test.each<[string, object[]]>([
    [one, [{ kind: "item", node: "board", item: { id: "i1", publisher: "a@b" } }]],
    [
      event("<items node='board'><item id='i1'/><retract id='i0'/><item id='i2'/></items>"),
      [
        { kind: "item", node: "board", item: { id: "i1", payload: undefined } },
        { kind: "retract", node: "board", id: "i0" },
        { kind: "item", node: "board", item: { id: "i2" } },
      ],
    ],
    [event("<purge node='board'/>"), [{ kind: "purge", node: "board" }]],
    [
      event("<delete node='board'><redirect uri='xmpp:x'/></delete>"),
      [{ kind: "delete", node: "board" }],
    ],
    [event("<configuration node='board'/>"), []],
    [event("<items node='board'/>"), []],
    [event("<items xmlns='urn:other' node='board'><item id='i1'/></items>"), []],
    [event(""), []],
    [`<pubsub ${PUBSUB}><items node='board'><item id='i1'/></items></pubsub>`, []],
  ])("%s", (content, events) => {
    const service = new Service();
    service.receive(`<message from='${SERVICE}' type='headline'>${content}</message>`);
    expect(service.events).toMatchObject(events);
    expect(service.events).toHaveLength(events.length);
  });

  test.each([
    "mallory@example.com",
    "mallory@example.com/pubsub.example.org",
    "pubsub.example.org.example.com",
    "pubsub.example.org/resource",
    "user@pubsub.example.org",
    "example.org",
    "juliet@example.org",
    "",
  ])("pitfall 39: from %j they are a stranger's claim", (from) => {
    const service = new Service();
    service.receive(`<message from='${from}'>${one}</message>`);
    expect(service.events).toEqual([]);
  });

  test("pitfall 39: from nobody they are our own account's, and count where that is the service (XEP-0163)", () => {
    const others = new Service();
    others.receive(`<message>${one}</message>`);
    expect(others.events).toEqual([]);
    const pep = new Service("juliet@example.org");
    pep.receive(`<message>${one}</message>`);
    expect(pep.events).toHaveLength(1);
  });

  test("pitfall 41: an event that came back with an error is not news", () => {
    const service = new Service();
    service.receive(
      `<message type='error' from='${SERVICE}'>${one}<error type='cancel'><gone ${STANZAS}/></error></message>`,
    );
    expect(service.events).toEqual([]);
  });

  test("pitfall 36: a service whose name is in capitals is the same service", () => {
    const service = new Service("PubSub.Example.ORG");
    expect(service.pubsub.service).toBe(SERVICE);
    service.receive(`<message from='${SERVICE}'>${one}</message>`);
    expect(service.events).toHaveLength(1);
  });
});

describe("a service that cannot be used", () => {
  test("for it is no address", () => {
    expect(() => new PubSub("@")).toThrow(expect.objectContaining({ condition: "jid-malformed" }));
  });

  test("for it is not installed", () => {
    const pubsub = new PubSub(SERVICE);
    expect(() => pubsub.publish("board", { id: "i", payload }, () => {})).toThrow("not-installed");
    expect(() => pubsub.subscribe("board", () => {})).toThrow("not-installed");
    expect(() => listNodes(pubsub, () => {})).toThrow("not-installed");
  });
});

describe("pitfall 55: a node is made before the first publish", () => {
  test.each([
    ["it was not there", "", undefined],
    ["it is there already", `<error type='cancel'><conflict ${STANZAS}/></error>`, undefined],
    ["we may not", `<error type='auth'><forbidden ${STANZAS}/></error>`, "forbidden"],
  ])("%s", (_case, refusal, condition) => {
    const service = new Service();
    ensureNode(service.pubsub, "board", TELEMETRY_NODE, service.done);
    expect(service.asked).toContain("<create node='board'/>");
    if (refusal === "") service.reply();
    else service.refuse(refusal);
    expect(service.results).toHaveLength(1);
    expect((service.results[0] as XmppError | undefined)?.condition).toBe(condition);
  });

  test("pitfall 56: it keeps more than the last value", () => {
    const service = new Service();
    ensureNode(service.pubsub, "board", TELEMETRY_NODE, service.done);
    expect(service.asked).toContain("<field var='pubsub#max_items'><value>100</value></field>");
    expect(service.asked).toContain(
      "<field var='pubsub#persist_items'><value>true</value></field>",
    );
  });
});
