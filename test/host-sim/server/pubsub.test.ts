import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Server } from "../../../host-sim/server/server.js";
import { DOMAIN, newServer, Talk } from "./support.js";

const SERVICE = `pubsub.${DOMAIN}`;
const PUBSUB = "http://jabber.org/protocol/pubsub";
const OWNER = `${PUBSUB}#owner`;

let server: Server;
/** May create nodes. */
let owner: Talk;
/** May not. */
let sensor: Talk;

beforeEach(() => {
  server = newServer({ mayCreateNodes: (account) => account === `owner@${DOMAIN}` });
  owner = Talk.online(server, "owner", "laptop");
  sensor = Talk.online(server, "sensor", "board");
});

/** What the service answers, without what stands around it: the result's content, or the error's conditions. */
function ask(talk: Talk, type: "get" | "set", content: string, namespace = PUBSUB): string {
  const heard = talk.say(
    `<iq type='${type}' id='1' to='${SERVICE}'><pubsub xmlns='${namespace}'>${content}</pubsub></iq>`,
  );
  const result = new RegExp(
    `<iq type='result' id='1' from='${SERVICE}' to='[^']*'(?:/>|>(.*?)</iq>)`,
  ).exec(heard);
  if (result !== null)
    return (result[1] ?? "").replace(/^<pubsub xmlns='[^']*'>(.*)<\/pubsub>$/, "$1");
  const error = new RegExp(
    `<iq type='error' id='1' from='${SERVICE}' to='[^']*'><error type='(.*?)'>(.*?)</error></iq>`,
  ).exec(heard);
  const conditions = (error?.[2] ?? heard)
    .replace(/<text [^>]*>[^<]*<\/text>/, "")
    .replace(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'", "")
    .replace(` xmlns='${PUBSUB}#errors'`, "");
  return `${error?.[1]}: ${conditions}`;
}

const set = (talk: Talk, content: string) => ask(talk, "set", content);
const get = (talk: Talk, content: string) => ask(talk, "get", content);

const form = (type: "node_config" | "publish-options", fields: Readonly<Record<string, string>>) =>
  "<x xmlns='jabber:x:data' type='submit'>" +
  `<field var='FORM_TYPE' type='hidden'><value>${PUBSUB}#${type}</value></field>` +
  Object.entries(fields)
    .map(([name, value]) => `<field var='pubsub#${name}'><value>${value}</value></field>`)
    .join("") +
  "</x>";

const create = (node: string, fields: Readonly<Record<string, string>> = {}) =>
  set(owner, `<create node='${node}'/><configure>${form("node_config", fields)}</configure>`);

const reading = (value: number | string) => `<t xmlns='urn:t'>${value}</t>`;

const publish = (talk: Talk, node: string, id: string, value: number | string = id) =>
  set(talk, `<publish node='${node}'><item id='${id}'>${reading(value)}</item></publish>`);

const subscribe = (talk: Talk, username: string, node: string) =>
  set(talk, `<subscribe node='${node}' jid='${username}@${DOMAIN}'/>`);

/** The content of the events that have come in, without what stands around them. */
const events = (talk: Talk) =>
  [
    ...talk
      .hear()
      .matchAll(
        new RegExp(
          `<message type='headline' from='${SERVICE}' to='[^'/]*' id='[^']+'><event xmlns='${PUBSUB}#event'>(.*?)</event>`,
          "g",
        ),
      ),
  ].map(([, content]) => content);

const itemIds = (text: string) => [...text.matchAll(/<item id='(.*?)'/g)].map(([, id]) => id);

const OPEN = { publish_model: "open" };

describe("errors", () => {
  const HIDDEN = { access_model: "whitelist", publish_model: "publishers" };
  const SET_UP: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    open: OPEN,
    hidden: HIDDEN,
    transient: { ...OPEN, persist_items: "false" },
    signal: { ...OPEN, persist_items: "false", deliver_payloads: "false" },
    ids: { ...OPEN, deliver_payloads: "false" },
  };

  beforeEach(() => {
    for (const [node, fields] of Object.entries(SET_UP)) create(node, fields);
    publish(owner, "open", "theirs");
  });

  const item = `<item id='1'>${reading(1)}</item>`;
  const jid = `jid='sensor@${DOMAIN}'`;
  const closed = "cancel: <not-allowed/><closed-node/>";
  const missing = "cancel: <item-not-found/>";
  const forbidden = "auth: <forbidden/>";
  const noNode = "modify: <bad-request/><nodeid-required/>";
  const itemRequired = "modify: <bad-request/><item-required/>";
  const payloadRequired = "modify: <bad-request/><payload-required/>";
  const invalidPayload = "modify: <bad-request/><invalid-payload/>";
  const noPersistence =
    "cancel: <feature-not-implemented/><unsupported feature='persistent-items'/>";

  test.each([
    [
      "6.1.3.1",
      `<subscribe node='open' jid='romeo@${DOMAIN}'/>`,
      "modify: <bad-request/><invalid-jid/>",
    ],
    [
      "6.1.1",
      `<subscribe node='open' jid='sensor@${DOMAIN}/board'/>`,
      "modify: <bad-request/><invalid-jid/>",
    ],
    ["6.1.1", "<subscribe node='open'/>", "modify: <bad-request/><invalid-jid/>"],
    ["6.1.3.4", `<subscribe node='hidden' ${jid}/>`, closed],
    ["6.1.3.12", `<subscribe node='none' ${jid}/>`, missing],
    ["6.1", `<subscribe ${jid}/>`, noNode],
    [
      "6.2.3.2",
      `<unsubscribe node='open' ${jid}/>`,
      "cancel: <unexpected-request/><not-subscribed/>",
    ],
    ["6.2.3.3", `<unsubscribe node='open' jid='romeo@${DOMAIN}'/>`, forbidden],
    ["6.2.3.4", `<unsubscribe node='none' ${jid}/>`, missing],
    ["7.1.3.1", `<publish node='hidden'>${item}</publish>`, forbidden],
    ["7.1.3.3", `<publish node='none'>${item}</publish>`, missing],
    ["7.1.1", `<publish>${item}</publish>`, noNode],
    ["7.1.3.6, pitfall 58", `<publish node='open'><item><a/><b/></item></publish>`, invalidPayload],
    ["7.1.1", `<publish node='open'>${item}${item}</publish>`, invalidPayload],
    ["7.1.3.7", "<publish node='open'/>", itemRequired],
    ["7.1.3.7", "<publish node='ids'/>", itemRequired],
    ["7.1.3.7", "<publish node='open'><item id='1'/></publish>", payloadRequired],
    ["7.1.3.7", "<publish node='transient'/>", payloadRequired],
    [
      "7.1.3.7",
      `<publish node='signal'>${item}</publish>`,
      "modify: <bad-request/><item-forbidden/>",
    ],
    ["7.2.3.1", "<retract node='open'><item id='theirs'/></retract>", forbidden],
    ["7.2.3.2", "<retract node='none'><item id='1'/></retract>", missing],
    ["7.2.3.2", "<retract node='open'><item id='1'/></retract>", missing],
    ["7.2.3.3", "<retract><item id='1'/></retract>", noNode],
    ["7.2.3.4", "<retract node='open'/>", itemRequired],
    ["7.2.3.4", "<retract node='open'><item/></retract>", itemRequired],
    ["7.2.1", "<retract node='open'><item id='1'/><item id='2'/></retract>", itemRequired],
    ["7.2.3.5", "<retract node='transient'><item id='1'/></retract>", noPersistence],
    ["8.1.1", "<create node='mine'/>", forbidden],
    ["in general", "<paint node='open'/>", "modify: <bad-request/>"],
    ["in general", "", "modify: <bad-request/>"],
    ["in general", "<subscribe xmlns='urn:x'/>", "modify: <bad-request/>"],
    [
      "6.3",
      `<subscribe node='open' ${jid}/><options/>`,
      "cancel: <feature-not-implemented/><unsupported feature='subscription-options'/>",
    ],
  ])("%s: to a device that says %s", (_section, content, conditions) => {
    expect(set(sensor, content)).toBe(conditions);
  });

  test.each([
    ["6.5.9.8", "<items node='hidden'/>", closed],
    ["6.5.9.11", "<items node='none'/>", missing],
    ["6.5", "<items/>", noNode],
    ["6.5.9.4", "<items node='transient'/>", noPersistence],
    ["6.5.7", "<items node='open' max_items='0'/>", "modify: <bad-request/>"],
    ["6.5.7", "<items node='open' max_items='few'/>", "modify: <bad-request/>"],
    ["5.6", "<subscriptions node='none'/>", missing],
  ])("%s: to a device that asks for %s", (_section, content, conditions) => {
    expect(get(sensor, content)).toBe(conditions);
  });

  test.each([
    ["8.2.3.2", "get", "<configure node='open'/>", forbidden],
    ["8.2.3.3", "get", "<configure/>", noNode],
    ["8.2.3.5", "get", "<configure node='none'/>", missing],
    ["8.2.3.2", "set", "<configure node='open'/>", forbidden],
    ["8.4.3.1", "set", "<delete node='open'/>", forbidden],
    ["8.4.3.2", "set", "<delete node='none'/>", missing],
    ["8.5.3.2", "set", "<purge node='open'/>", forbidden],
    ["8.5.3.4", "set", "<purge node='none'/>", missing],
  ] as const)("%s: to a device that wants to %s %s", (_section, type, content, conditions) => {
    expect(ask(sensor, type, content, OWNER)).toBe(conditions);
  });

  test.each([
    ["8.1.1", "<create node='open'/>", "cancel: <conflict/>"],
    ["8.1.3", "<create node='x'/><configure node='x'/>", "modify: <bad-request/>"],
    ["8.1.3", "<configure/><create node='x'/>", "modify: <bad-request/>"],
    [
      "8.1.2",
      `<create node='x'/><configure>${form("node_config", { access_model: "roster" })}</configure>`,
      "modify: <not-acceptable/><unsupported-access-model/>",
    ],
    ...[
      { max_items: "0" },
      { max_items: "10001" },
      { max_items: "-1" },
      { max_items: "1e3" },
      { persist_items: "yes" },
      { publish_model: "subscribers" },
      { send_last_published_item: "on_sub_and_presence" },
      { colour: "blue" },
      { toString: "1" },
    ].map((fields): [string, string, string] => [
      "8.2.5.2",
      `<create node='x'/><configure>${form("node_config", fields)}</configure>`,
      "modify: <not-acceptable/>",
    ]),
    [
      "XEP-0068",
      `<create node='x'/><configure>${form("publish-options", {})}</configure>`,
      "modify: <bad-request/>",
    ],
  ])("%s: to an owner who says %s", (_section, content, conditions) => {
    expect(set(owner, content)).toBe(conditions);
    expect(publish(owner, "x", "1")).toBe(missing);
  });

  test("have the condition of RFC 6120 first, then that of XEP-0060, and a text", () => {
    const content = `<pubsub xmlns='${PUBSUB}'><publish node='open'><item><a/><b/></item></publish></pubsub>`;
    expect(sensor.say(`<iq type='set' id='1' to='${SERVICE}'>${content}</iq>`)).toBe(
      `<iq type='error' id='1' from='${SERVICE}' to='sensor@${DOMAIN}/board'><error type='modify'>` +
        "<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" +
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>an item has one payload element</text>" +
        `<invalid-payload xmlns='${PUBSUB}#errors'/></error></iq>`,
    );
  });

  test("8.5.3.3: to an owner who purges what is not kept", () => {
    expect(ask(owner, "set", "<purge node='transient'/>", OWNER)).toBe(noPersistence);
  });

  test.each([
    ["get", "options", PUBSUB, "subscription-options"],
    ["set", "options", PUBSUB, "subscription-options"],
    ["get", "default", PUBSUB, "retrieve-default-sub"],
    ["get", "subscriptions", OWNER, "manage-subscriptions"],
    ["set", "affiliations", OWNER, "modify-affiliations"],
  ] as const)("name the feature when somebody wants to %s %s", (type, name, namespace, feature) => {
    expect(ask(owner, type, `<${name} node='open'/>`, namespace)).toBe(
      `cancel: <feature-not-implemented/><unsupported feature='${feature}'/>`,
    );
  });
});

describe("nodes", () => {
  test("are created with a name, or get one", () => {
    expect(set(owner, "<create node='a'/>")).toBe("<create node='a'/>");
    const name = /^<create node='(.+)'\/>$/.exec(set(owner, "<create/>"))?.[1];
    expect(publish(owner, name ?? "", "1")).toContain("<item id='1'/>");
  });

  test("are created from within the process as well", () => {
    server.pubsub.createNode("a", `owner@${DOMAIN}`, { publish_model: "open" });
    expect(publish(sensor, "a", "1")).toContain("<item id='1'/>");
    expect(() => server.pubsub.createNode("a", `owner@${DOMAIN}`)).toThrow("a exists already");
  });

  test("are shown and configured by a form, of which the rest stays as it was", () => {
    create("a", { title: "Cellar", max_items: "max", notify_retract: "1" });
    const configure = (fields: Readonly<Record<string, string>>) =>
      ask(owner, "set", `<configure node='a'>${form("node_config", fields)}</configure>`, OWNER);
    expect(configure({ max_items: "7" })).toBe("");
    const shown = ask(owner, "get", "<configure node='a'/>", OWNER);
    const fields = [...shown.matchAll(/var='pubsub#(.*?)' type='(.*?)'><value>(.*?)<\/value>/g)];
    expect(fields.map(([, ...field]) => field)).toEqual([
      ["title", "text-single", "Cellar"],
      ["access_model", "list-single", "open"],
      ["publish_model", "list-single", "publishers"],
      ["persist_items", "boolean", "true"],
      ["max_items", "text-single", "7"],
      ["deliver_payloads", "boolean", "true"],
      ["send_last_published_item", "list-single", "never"],
      ["notify_retract", "boolean", "true"],
    ]);
    expect(ask(owner, "get", "<default/>", OWNER)).toMatch(/^<default><x [^>]*type='form'>/);
    const cancel = "<configure node='a'><x xmlns='jabber:x:data' type='cancel'/></configure>";
    expect(ask(owner, "set", cancel, OWNER)).toBe("");
    expect(ask(owner, "get", "<configure node='a'/>", OWNER)).toBe(shown);
  });

  test("are deleted with all that is in them, and subscribers hear of it", () => {
    create("a", OPEN);
    subscribe(sensor, "sensor", "a");
    expect(ask(owner, "set", "<delete node='a'/>", OWNER)).toBe("");
    expect(events(sensor)).toEqual(["<delete node='a'/>"]);
    create("a", OPEN);
    expect(get(sensor, "<items node='a'/>")).toBe("<items node='a'/>");
    expect(get(sensor, "<subscriptions/>")).toBe("<subscriptions/>");
  });

  test("are found, described and listed", () => {
    create("a", OPEN);
    create("b", { access_model: "whitelist" });
    publish(sensor, "a", "one");
    const discover = (kind: "info" | "items", node = "", rest = "") =>
      sensor.say(
        `<iq type='get' id='1' to='${SERVICE}'>` +
          `<query xmlns='http://jabber.org/protocol/disco#${kind}'${node}>${rest}</query></iq>`,
      );
    expect(discover("info")).toContain("<identity category='pubsub' type='service'/>");
    expect(discover("info")).toContain(`<feature var='${PUBSUB}#publish-options'/>`);
    expect(discover("info", " node='a'")).toContain("<identity category='pubsub' type='leaf'/>");
    expect(discover("info", " node='c'")).toContain("<item-not-found ");
    expect(discover("items")).toContain(
      `<item jid='${SERVICE}' node='a'/><item jid='${SERVICE}' node='b'/></query>`,
    );
    expect(discover("items", " node='a'")).toContain(
      ` node='a'><item jid='${SERVICE}' name='one'/></query>`,
    );
    expect(discover("items", " node='b'")).toContain("<closed-node ");
    expect(discover("items", " node='c'")).toContain("<item-not-found ");
    const page = "<set xmlns='http://jabber.org/protocol/rsm'><max>1</max></set>";
    expect(discover("items", "", page)).toContain(
      `<item jid='${SERVICE}' node='a'/><set xmlns='http://jabber.org/protocol/rsm'>` +
        "<first index='0'>a</first><last>a</last><count>2</count></set></query>",
    );
  });
});

describe("a published item", () => {
  beforeEach(() => {
    create("a", OPEN);
    subscribe(owner, "owner", "a");
  });

  const notified = (id: string, value: number | string) =>
    `<items node='a'><item id='${id}' publisher='sensor@${DOMAIN}/board'>${reading(value)}</item></items>`;

  test("is confirmed, told of, and kept", () => {
    expect(publish(sensor, "a", "1", 21.5)).toBe("<publish node='a'><item id='1'/></publish>");
    expect(events(owner)).toEqual([notified("1", 21.5)]);
    expect(get(owner, "<items node='a'/>")).toBe(notified("1", 21.5));
  });

  test("takes the place of the one with the same id, and is told of again (pitfall 54)", () => {
    publish(sensor, "a", "1", "old");
    publish(sensor, "a", "2");
    events(owner);
    publish(sensor, "a", "1", "new");
    expect(events(owner)).toEqual([notified("1", "new")]);
    expect(itemIds(get(owner, "<items node='a'/>"))).toEqual(["2", "1"]);
  });

  test("without an id gets one", () => {
    const once = () =>
      itemIds(set(sensor, `<publish node='a'><item>${reading(1)}</item></publish>`))[0];
    const ids = [once(), once()];
    expect(new Set(ids).size).toBe(2);
    expect(itemIds(get(owner, "<items node='a'/>"))).toEqual(ids);
  });

  test("does not name its publisher itself", () => {
    set(
      sensor,
      `<publish node='a'><item id='1' publisher='owner@${DOMAIN}'>${reading(1)}</item></publish>`,
    );
    expect(events(owner)).toEqual([notified("1", 1)]);
  });

  test.each([
    [
      { deliver_payloads: "0" },
      [`<items node='b'><item id='1' publisher='owner@${DOMAIN}/laptop'/></items>`],
    ],
    [
      { persist_items: "0" },
      [
        `<items node='b'><item id='1' publisher='owner@${DOMAIN}/laptop'>${reading(1)}</item></items>`,
      ],
    ],
  ] as [Record<string, string>, string[]][])("on a node with %j", (fields, told) => {
    create("b", fields);
    subscribe(sensor, "sensor", "b");
    publish(owner, "b", "1");
    expect(events(sensor)).toEqual(told);
  });

  test("need not be, to tell of an event", () => {
    create("b", { persist_items: "0", deliver_payloads: "0" });
    subscribe(sensor, "sensor", "b");
    expect(set(owner, "<publish node='b'/>")).toBe("<publish node='b'/>");
    expect(events(sensor)).toEqual(["<items node='b'/>"]);
  });

  test("is taken on conditions (pitfall 55)", () => {
    const options = (fields: Readonly<Record<string, string>>) =>
      set(
        sensor,
        `<publish node='a'><item id='1'>${reading(1)}</item></publish>` +
          `<publish-options>${form("publish-options", fields)}</publish-options>`,
      );
    const notMet = "cancel: <conflict/><precondition-not-met/>";
    expect(options({ access_model: "whitelist" })).toBe(notMet);
    expect(options({ access_model: "open", max_items: "99" })).toBe(notMet);
    expect(options({ colour: "blue" })).toBe(notMet);
    expect(events(owner)).toEqual([]);
    expect(options({ access_model: "open", persist_items: "1", max_items: "100" })).toBe(
      "<publish node='a'><item id='1'/></publish>",
    );
  });
});

describe("limits", () => {
  test("the oldest items make room for new ones", () => {
    create("a", { max_items: "2" });
    for (const id of ["1", "2", "3", "4"]) publish(owner, "a", id);
    expect(itemIds(get(owner, "<items node='a'/>"))).toEqual(["3", "4"]);
  });

  test("one that is published again is young again", () => {
    create("a", { max_items: "2" });
    for (const id of ["1", "2", "1", "3"]) publish(owner, "a", id);
    expect(itemIds(get(owner, "<items node='a'/>"))).toEqual(["1", "3"]);
  });

  test.each([
    ["false", []],
    ["true", ["<items node='a'><retract id='1'/></items>"]],
  ])("with notify_retract %s, %j is told of it", (notify, told) => {
    create("a", { max_items: "1", notify_retract: notify });
    publish(owner, "a", "1");
    subscribe(sensor, "sensor", "a");
    publish(owner, "a", "2");
    expect(events(sensor).slice(1)).toEqual(told);
  });

  test.each([
    [{ max_items: "1" }, ["3"]],
    [{ max_items: "2" }, ["2", "3"]],
    [{ persist_items: "false" }, []],
  ])("a node that is configured anew as %j keeps %j", (fields, kept) => {
    create("a");
    for (const id of ["1", "2", "3"]) publish(owner, "a", id);
    const configure = (now: Readonly<Record<string, string>>) =>
      ask(owner, "set", `<configure node='a'>${form("node_config", now)}</configure>`, OWNER);
    configure(fields as Record<string, string>);
    configure({ persist_items: "true" });
    expect(itemIds(get(owner, "<items node='a'/>"))).toEqual(kept);
  });

  test("hold over thousands of publishes", () => {
    create("a", { max_items: "1000" });
    for (let i = 0; i < 5_000; i++) publish(owner, "a", `i${i}`);
    const ids = itemIds(get(owner, "<items node='a'/>"));
    expect([ids.length, ids[0], ids[999]]).toEqual([1000, "i4000", "i4999"]);
  });
});

describe("items are retrieved", () => {
  beforeEach(() => {
    create("a", OPEN);
    for (const id of ["1", "2", "3", "4", "5"]) publish(owner, "a", id);
  });

  test.each([
    ["all", "<items node='a'/>", ["1", "2", "3", "4", "5"]],
    ["the newest", "<items node='a' max_items='2'/>", ["4", "5"]],
    ["more than there are", "<items node='a' max_items='9'/>", ["1", "2", "3", "4", "5"]],
    ["by id", "<items node='a'><item id='4'/><item id='2'/></items>", ["4", "2"]],
    ["by an id asked for twice", "<items node='a'><item id='4'/><item id='4'/></items>", ["4"]],
    ["by an id that is not there", "<items node='a'><item id='9'/></items>", []],
  ])("%s", (_name, content, ids) => {
    expect(itemIds(get(sensor, content))).toEqual(ids);
  });

  const set59 = (content: string) => `<set xmlns='http://jabber.org/protocol/rsm'>${content}</set>`;
  const result = (first: number, last: number) =>
    set59(`<first index='${first - 1}'>${first}</first><last>${last}</last><count>5</count>`);

  test.each([
    ["the first page", "<max>2</max>", ["1", "2"], result(1, 2)],
    ["the next page", "<max>2</max><after>2</after>", ["3", "4"], result(3, 4)],
    ["the page behind the last", "<after>5</after>", [], set59("<count>5</count>")],
    ["the last page", "<max>2</max><before/>", ["4", "5"], result(4, 5)],
    ["the page before", "<max>2</max><before>4</before>", ["2", "3"], result(2, 3)],
    ["the page before the second", "<max>2</max><before>2</before>", ["1"], result(1, 1)],
    ["their number", "<max>0</max>", [], set59("<count>5</count>")],
    ["all of them", "", ["1", "2", "3", "4", "5"], result(1, 5)],
  ])("in pages (XEP-0059): %s", (_name, request, ids, page) => {
    const answer = get(sensor, `<items node='a'/>${set59(request)}`);
    expect(itemIds(answer)).toEqual(ids);
    expect(answer.endsWith(page)).toBe(true);
  });

  test("but a thousand at once at most, whatever is asked for", () => {
    create("b", { ...OPEN, max_items: "1001" });
    for (let i = 1; i <= 1_001; i++) publish(owner, "b", `${i}`);
    for (const request of ["", set59(""), set59("<max>2000</max>")]) {
      const answer = get(sensor, `<items node='b'/>${request}`);
      expect(itemIds(answer)).toHaveLength(1_000);
      expect(answer).toContain("<first index='0'>1</first><last>1000</last><count>1001</count>");
    }
  });

  test.each([
    ["<after>9</after>", "cancel: <item-not-found/>"],
    ["<max>-1</max>", "modify: <bad-request/>"],
    ["<max>1</max><index>2</index>", "cancel: <feature-not-implemented/>"],
  ])("but not in pages by %s", (request, conditions) => {
    expect(get(sensor, `<items node='a'/>${set59(request)}`)).toBe(conditions);
  });
});

describe("items are retracted", () => {
  beforeEach(() => {
    create("a", OPEN);
    publish(sensor, "a", "1");
    subscribe(sensor, "sensor", "a");
  });

  const retract = (talk: Talk, notify = "") =>
    set(talk, `<retract node='a'${notify}><item id='1'/></retract>`);

  test.each([
    ["without a word", "", []],
    ["without a word when that is asked for", " notify='false'", []],
    ["and told of", " notify='true'", ["<items node='a'><retract id='1'/></items>"]],
    ["and told of", " notify='1'", ["<items node='a'><retract id='1'/></items>"]],
  ])("%s", (_name, notify, told) => {
    expect(retract(owner, notify)).toBe("");
    expect(events(sensor)).toEqual(told);
    expect(get(sensor, "<items node='a'/>")).toBe("<items node='a'/>");
  });

  test("by the account that published them, from any of its resources", () => {
    expect(retract(Talk.online(server, "sensor", "spare"))).toBe("");
  });

  test("all at once by a purge, of which subscribers hear once", () => {
    publish(sensor, "a", "2");
    events(sensor);
    expect(ask(owner, "set", "<purge node='a'/>", OWNER)).toBe("");
    expect(events(sensor)).toEqual(["<purge node='a'/>"]);
    expect(get(sensor, "<items node='a'/>")).toBe("<items node='a'/>");
  });
});

describe("subscriptions", () => {
  beforeEach(() => {
    create("a", OPEN);
  });

  test("are an account's, and listed for it", () => {
    create("b", OPEN);
    const one = `<subscription node='a' jid='sensor@${DOMAIN}' subscription='subscribed'/>`;
    expect(subscribe(sensor, "sensor", "a")).toBe(one);
    expect(subscribe(sensor, "sensor", "a")).toBe(one);
    expect(get(sensor, "<subscriptions/>")).toBe(`<subscriptions>${one}</subscriptions>`);
    expect(get(sensor, "<subscriptions node='b'/>")).toBe("<subscriptions node='b'/>");
    expect(get(owner, "<subscriptions/>")).toBe("<subscriptions/>");
  });

  test("end", () => {
    subscribe(sensor, "sensor", "a");
    expect(set(sensor, `<unsubscribe node='a' jid='sensor@${DOMAIN}'/>`)).toBe(
      `<subscription node='a' jid='sensor@${DOMAIN}' subscription='none'/>`,
    );
    publish(owner, "a", "1");
    expect(events(sensor)).toEqual([]);
  });

  test("reach every resource that takes messages for the account, and outlast them (pitfall 40)", () => {
    subscribe(sensor, "sensor", "a");
    const second = Talk.online(server, "sensor", "second");
    const device = "<presence><priority>-1</priority></presence>";
    const negative = Talk.online(server, "sensor", "negative", device);
    const silent = Talk.online(server, "sensor", "silent", "");
    sensor.hear();
    publish(owner, "a", "1");
    const talks = [sensor, second, negative, silent];
    expect(talks.map((talk) => events(talk).length)).toEqual([1, 1, 0, 0]);
    for (const talk of talks) talk.stream.lost();
    publish(owner, "a", "2");
    const back = Talk.online(server, "sensor", "board");
    publish(owner, "a", "3");
    expect(events(back)).toHaveLength(1);
  });

  test.each([
    ["never", 0],
    ["on_sub", 1],
  ])("with send_last_published_item %s, bring %i item at their start", (send, count) => {
    create("b", { send_last_published_item: send });
    publish(owner, "b", "1");
    publish(owner, "b", "2");
    const request = `<subscribe node='b' jid='sensor@${DOMAIN}'/>`;
    const say = () =>
      sensor.say(
        `<iq type='set' id='1' to='${SERVICE}'><pubsub xmlns='${PUBSUB}'>${request}</pubsub></iq>`,
      );
    const delay = "<delay xmlns='urn:xmpp:delay' stamp='2026-01-02T03:04:05.000Z'/></message>";
    const heard = say();
    expect(heard.split("<message ")).toHaveLength(count + 1);
    expect(itemIds(heard)).toEqual(count === 0 ? [] : ["2"]);
    expect(heard.endsWith(delay)).toBe(count > 0);
    expect(say()).not.toContain("<message ");
  });

  test("say which nodes are one's own", () => {
    create("b");
    expect(get(owner, "<affiliations/>")).toBe(
      "<affiliations><affiliation node='a' affiliation='owner'/>" +
        "<affiliation node='b' affiliation='owner'/></affiliations>",
    );
    expect(get(owner, "<affiliations node='b'/>")).toBe(
      "<affiliations node='b'><affiliation node='b' affiliation='owner'/></affiliations>",
    );
    expect(get(sensor, "<affiliations/>")).toBe("<affiliations/>");
  });
});

test("an error that comes back from a subscriber is not answered", () => {
  expect(sensor.say(`<message type='error' to='${SERVICE}'/>`)).toBe("");
  expect(sensor.say(`<iq type='error' id='x' to='${SERVICE}'/>`)).toBe("");
  expect(sensor.say(`<presence to='${SERVICE}'/>`)).toBe("");
});
