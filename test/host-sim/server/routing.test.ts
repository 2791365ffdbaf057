import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Element } from "../../../firmware/xmpp/xml/element.js";
import { xml } from "../../../firmware/xmpp/xml/element.js";
import type { Server } from "../../../host-sim/server/server.js";
import { bindRequest, DOMAIN, HEADER, newServer, plain, Talk } from "./support.js";

const ROMEO = `romeo@${DOMAIN}`;
const JULIET = `juliet@${DOMAIN}`;

const available = (priority: number) => `<presence><priority>${priority}</priority></presence>`;

const stanzaError = (type: string, condition: string) =>
  new RegExp(
    `<error type='${type}'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>(<text [^>]*>[^<]*</text>)?</error>`,
  );

let server: Server;
let romeo: Talk;

beforeEach(() => {
  server = newServer();
  romeo = Talk.online(server, "romeo", "orchard");
});

describe("messages (RFC 6121 8.5)", () => {
  /** Resources of the addressee's account, by name and priority; without one they sent no presence. */
  type Resources = Readonly<Record<string, number | undefined>>;
  const BOTH: Resources = { balcony: 0, chamber: 5 };
  const DEVICE: Resources = { board: -1 };
  const SILENT: Resources = { board: undefined };

  const CASES: [string, Resources, string, string[] | "error" | "nothing"][] = [
    ["", BOTH, "", ["balcony", "chamber"]],
    ["chat", BOTH, "", ["balcony", "chamber"]],
    ["headline", BOTH, "", ["balcony", "chamber"]],
    ["chat", { ...BOTH, ...DEVICE }, "", ["balcony", "chamber"]],
    ["groupchat", BOTH, "", "error"],
    ["error", BOTH, "", "nothing"],
    ["", DEVICE, "", "error"],
    ["chat", DEVICE, "", "error"],
    ["headline", DEVICE, "", "nothing"],
    ["", SILENT, "", "error"],
    ["", {}, "", "error"],
    ["headline", {}, "", "nothing"],
    ["error", {}, "", "nothing"],
    ["", DEVICE, "/board", ["board"]],
    ["", SILENT, "/board", ["board"]],
    ["groupchat", DEVICE, "/board", ["board"]],
    ["error", DEVICE, "/board", ["board"]],
    ["", BOTH, "/board", "error"],
    ["groupchat", BOTH, "/board", "error"],
    ["headline", BOTH, "/board", "nothing"],
    ["error", BOTH, "/board", "nothing"],
    ["chat", BOTH, "/board", ["balcony", "chamber"]],
    ["chat", {}, "/board", "error"],
  ];

  test.each(CASES)("of type '%s' to %j, at '%s': %j", (type, resources, resource, expected) => {
    const talks = Object.entries(resources).map(([name, priority]): [string, Talk] => [
      name,
      Talk.online(server, "juliet", name, priority === undefined ? "" : available(priority)),
    ]);
    for (const [, talk] of talks) talk.hear();
    const attribute = type === "" ? "" : ` type='${type}'`;
    const answer = romeo.say(
      `<message id='m'${attribute} to='${JULIET}${resource}'><body>x</body></message>`,
    );
    const reached = talks.filter(([, talk]) => talk.hear().includes("<body>x</body>"));
    expect(reached.map(([name]) => name)).toEqual(Array.isArray(expected) ? expected : []);
    if (expected === "error") {
      expect(answer).toMatch(
        new RegExp(
          `^<message type='error' id='m' from='${JULIET}${resource}' to='${ROMEO}/orchard'>`,
        ),
      );
      expect(answer).toMatch(stanzaError("cancel", "service-unavailable"));
    } else {
      expect(answer).toBe("");
    }
  });

  test("come from who sent them, whatever they say", () => {
    const juliet = Talk.online(server, "juliet", "balcony");
    romeo.say(`<message from='tybalt@${DOMAIN}' to='${JULIET}/balcony'><body>x</body></message>`);
    expect(juliet.hear()).toBe(
      `<message to='${JULIET}/balcony' from='${ROMEO}/orchard'><body>x</body></message>`,
    );
  });

  test("without an address go to the sender's own account", () => {
    expect(romeo.say("<message><body>note</body></message>")).toContain("<body>note</body>");
  });

  test("keep the language of the stream they came by (pitfall 14)", () => {
    const juliet = Talk.online(server, "juliet", "balcony");
    const german = new Talk(server);
    const header = HEADER.replace(">", " xml:lang='de'>");
    german.say(header + plain("romeo") + header + bindRequest("garten"));
    german.say(`<message to='${JULIET}/balcony'><body>x</body></message>`);
    expect(juliet.hear()).toContain("xml:lang='de'");
    german.say(`<message to='${JULIET}/balcony' xml:lang='it'><body>x</body></message>`);
    expect(juliet.hear()).toContain("xml:lang='it'");
  });

  test.each([
    ["another domain", "juliet@elsewhere.test", "cancel", "remote-server-not-found"],
    ["nobody", "juliet@", "modify", "jid-malformed"],
    ["the server", DOMAIN, "cancel", "service-unavailable"],
    ["its pub/sub service", `pubsub.${DOMAIN}`, "cancel", "service-unavailable"],
  ])("to %s bounce", (_name, to, type, condition) => {
    expect(romeo.say(`<message to='${to}'><body>x</body></message>`)).toMatch(
      stanzaError(type, condition),
    );
    expect(romeo.say(`<message type='error' to='${to}'/>`)).toBe("");
  });
});

describe("presence (RFC 6121 section 4)", () => {
  test("is broadcast to the account's resources, and new ones hear of the others", () => {
    const balcony = Talk.online(server, "juliet", "balcony", "");
    const board = Talk.online(server, "juliet", "board", "");
    expect(balcony.say("<presence><status>here</status></presence>")).toBe(
      `<presence from='${JULIET}/balcony' to='${JULIET}'><status>here</status></presence>`,
    );
    expect(board.say(available(-1))).toBe(
      `<presence from='${JULIET}/board' to='${JULIET}'><priority>-1</priority></presence>` +
        `<presence from='${JULIET}/balcony' to='${JULIET}/board'><status>here</status></presence>`,
    );
    expect(balcony.hear()).toBe(
      `<presence from='${JULIET}/board' to='${JULIET}'><priority>-1</priority></presence>`,
    );
    expect(romeo.hear()).toBe("");
  });

  test("is told again when it changes, but not the others' with it", () => {
    const balcony = Talk.online(server, "juliet", "balcony");
    const chamber = Talk.online(server, "juliet", "chamber");
    balcony.hear();
    const heard = chamber.say("<presence><show>away</show></presence>");
    expect(balcony.hear()).toContain("<show>away</show>");
    expect(heard).not.toContain("balcony");
  });

  test.each([
    ["says so", (talk: Talk) => talk.say("<presence type='unavailable'/>")],
    ["ends its stream", (talk: Talk) => talk.say("</stream:stream>")],
    ["is lost", (talk: Talk) => talk.stream.lost()],
    ["breaks the rules", (talk: Talk) => talk.say("<!-- -->")],
  ])("becomes unavailable when the client %s", (_name, act) => {
    const balcony = Talk.online(server, "juliet", "balcony");
    const chamber = Talk.online(server, "juliet", "chamber");
    balcony.hear();
    act(chamber);
    expect(balcony.hear()).toBe(
      `<presence type='unavailable' from='${JULIET}/chamber' to='${JULIET}'/>`,
    );
    chamber.stream.lost();
    expect(balcony.hear()).toBe("");
  });

  test("that was never broadcast is not taken back", () => {
    const balcony = Talk.online(server, "juliet", "balcony");
    Talk.online(server, "juliet", "chamber", "").stream.lost();
    expect(balcony.hear()).toBe("");
  });

  test.each([JULIET, `${JULIET}/balcony`])("is directed to %s, and taken back", (to) => {
    const balcony = Talk.online(server, "juliet", "balcony");
    romeo.say(`<presence to='${to}'/>`);
    expect(balcony.hear()).toBe(`<presence to='${to}' from='${ROMEO}/orchard'/>`);
    romeo.stream.lost();
    expect(balcony.hear()).toBe(
      `<presence type='unavailable' from='${ROMEO}/orchard' to='${to}'/>`,
    );
  });

  test("is not taken back twice", () => {
    const balcony = Talk.online(server, "juliet", "balcony");
    romeo.say(`<presence to='${JULIET}'/><presence to='${JULIET}' type='unavailable'/>`);
    balcony.hear();
    romeo.stream.lost();
    expect(balcony.hear()).toBe("");
  });

  test("is directed to a hundred at most", () => {
    for (let i = 0; i < 100; i++) expect(romeo.say(`<presence to='p${i}@${DOMAIN}'/>`)).toBe("");
    expect(romeo.say(`<presence to='p0@${DOMAIN}'/>`)).toBe("");
    expect(romeo.say(`<presence to='p100@${DOMAIN}'/>`)).toMatch(
      stanzaError("wait", "resource-constraint"),
    );
  });

  test.each(["subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe"])(
    "of type %s is refused: there are no subscriptions",
    (type) => {
      const balcony = Talk.online(server, "juliet", "balcony");
      expect(romeo.say(`<presence type='${type}' to='${JULIET}'/>`)).toMatch(
        stanzaError("cancel", "feature-not-implemented"),
      );
      expect(balcony.hear()).toBe("");
    },
  );

  test("to nobody is dropped", () => {
    expect(romeo.say(`<presence to='${JULIET}'/><presence to='${JULIET}/x'/>`)).toBe("");
    expect(romeo.say("<presence to='a@elsewhere.test'/><presence to='@'/>")).toBe("");
    expect(romeo.say("<presence type='error'/>")).toBe("");
  });
});

describe("iq stanzas", () => {
  const ask = (to: string, payload: string, type = "get") =>
    romeo.say(`<iq type='${type}' id='1'${to === "" ? "" : ` to='${to}'`}>${payload}</iq>`);
  const PING = "<ping xmlns='urn:xmpp:ping'/>";

  test.each([
    ["the server", DOMAIN],
    ["its pub/sub service", `pubsub.${DOMAIN}`],
    ["the own account", ""],
    ["the own account by name", ROMEO],
  ])("ping %s", (_name, to) => {
    const from = to === "" ? "" : ` from='${to}'`;
    expect(ask(to, PING)).toBe(`<iq type='result' id='1'${from} to='${ROMEO}/orchard'/>`);
  });

  const discoInfo = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
  test.each([
    [DOMAIN, discoInfo, "<identity category='server' type='im' name='Pipit'/>"],
    [DOMAIN, discoInfo, "<feature var='urn:xmpp:ping'/>"],
    ["", discoInfo, "<identity category='account' type='registered'/>"],
    [
      DOMAIN,
      "<query xmlns='http://jabber.org/protocol/disco#items'/>",
      `<query xmlns='http://jabber.org/protocol/disco#items'><item jid='pubsub.${DOMAIN}'/></query>`,
    ],
    ["", "<query xmlns='jabber:iq:roster'/>", "<query xmlns='jabber:iq:roster'/></iq>"],
  ])("to '%s' with %s are answered", (to, payload, answer) => {
    expect(ask(to, payload)).toContain(answer);
  });

  test.each([
    ["unknown to the server", DOMAIN, "<a xmlns='urn:a'/>", "cancel", "service-unavailable"],
    ["unknown to the account", "", "<a xmlns='urn:a'/>", "cancel", "service-unavailable"],
    ["to another's account", JULIET, PING, "cancel", "service-unavailable"],
    ["to nobody's resource", `${JULIET}/x`, PING, "cancel", "service-unavailable"],
    ["to another domain", "elsewhere.test", PING, "cancel", "remote-server-not-found"],
    ["to a bad address", "a b@c", PING, "modify", "jid-malformed"],
    [
      "for a node there is not",
      DOMAIN,
      discoInfo.replace("/>", " node='x'/>"),
      "cancel",
      "item-not-found",
    ],
    ["with nothing in it", DOMAIN, "", "modify", "bad-request"],
    ["with too much in it", DOMAIN, PING + PING, "modify", "bad-request"],
  ])("%s get an error", (_name, to, payload, type, condition) => {
    expect(ask(to, payload)).toMatch(stanzaError(type, condition));
    expect(ask(to, payload, "result")).toBe(""); // pitfall 37
  });

  test.each([
    ["without a type", `<iq id='1'>${PING}</iq>`],
    ["of an unknown type", `<iq id='1' type='ask'>${PING}</iq>`],
    ["without an id", `<iq type='get'>${PING}</iq>`],
  ])("%s are refused", (_name, said) => {
    expect(romeo.say(said)).toMatch(stanzaError("modify", "bad-request"));
  });

  test("go from client to client and back", () => {
    const board = Talk.online(server, "juliet", "board");
    ask(`${JULIET}/board`, PING);
    expect(board.hear()).toBe(
      `<iq type='get' id='1' to='${JULIET}/board' from='${ROMEO}/orchard'>` +
        "<ping xmlns='urn:xmpp:ping'/></iq>",
    );
    board.say(`<iq type='result' id='1' to='${ROMEO}/orchard'/>`);
    expect(romeo.hear()).toBe(
      `<iq type='result' id='1' to='${ROMEO}/orchard' from='${JULIET}/board'/>`,
    );
  });

  test("with another name are none", () => {
    expect(romeo.say("<ping to='a'/>")).toContain("<unsupported-stanza-type ");
  });
});

test("a filter sees stanzas both ways, and may change or lose them", () => {
  const seen: string[] = [];
  const filtered = newServer({
    filter(stanza: Element, direction, session) {
      seen.push(`${session.jid.resource} ${direction} ${stanza.name}`);
      if (stanza.childText("body") === "lose me") return undefined;
      return direction === "out" && stanza.name === "message"
        ? stanza.with({ id: "changed" })
        : stanza;
    },
  });
  const talk = Talk.online(filtered, "juliet", "b", "");
  const to = `${JULIET}/b`;
  expect(talk.say(`<message to='${to}'><body>lose me</body></message>`)).toBe("");
  expect(talk.say(`<message id='m' to='${to}'><body>x</body></message>`)).toContain("id='changed'");
  expect(seen).toEqual(["b in message", "b in message", "b out message"]);
});

test("what is in the process can send, too", () => {
  const attributes = { xmlns: "jabber:client", from: DOMAIN, to: ROMEO };
  server.router.route(xml("message", attributes, xml("body", {}, "maintenance at noon")));
  expect(romeo.hear()).toContain("<body>maintenance at noon</body>");
});

test.each([
  [{ domain: "127.0.0.1" }, "127.0.0.1 is not a domain name"],
  [{ domain: "[::1]" }, "[::1] is not a domain name"],
  [{ domain: "juliet@pipit.test" }, "juliet@pipit.test is not a domain name"],
  [{ domain: "a b" }, "the domain has the label"],
  [{ stanzaBytes: 9_999 }, "stanzaBytes is 10000 or more"],
  [{ stanzaBytes: Number.NaN }, "stanzaBytes is 10000 or more"],
])("a server cannot be made with %j", (options, reason) => {
  expect(() => newServer(options)).toThrow(reason);
});
