import { describe, expect, test } from "@jest/globals";
import { ConfigError, StanzaError, TransportError } from "../../../firmware/xmpp/errors.js";
import { xml } from "../../../firmware/xmpp/xml/element.js";
import { write } from "../../../firmware/xmpp/xml/writer.js";
import { Session, stanza } from "./support.js";

const STANZAS = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
const UNAVAILABLE = `<error type='cancel'><service-unavailable ${STANZAS}/></error>`;
const BAD = `<error type='modify'><bad-request ${STANZAS}/></error>`;

/** A session that answers `<query xmlns='urn:example'/>` by `answer`. */
function answering(answer: () => ReturnType<typeof xml> | undefined): Session {
  const session = new Session();
  session.stanzas.onIq("get", "query", "urn:example", answer);
  return session;
}

describe("pitfall 37: every get and set is answered, once, to whoever sent it", () => {
  const from = "from='romeo@example.net/orchard'";
  const to = "to='romeo@example.net/orchard'";

  test.each([
    [
      `<iq type='get' id='1' ${from}><query xmlns='urn:unknown'/></iq>`,
      `<iq type='error' id='1' ${to}>${UNAVAILABLE}</iq>`,
    ],
    [
      `<iq type='set' id='1' ${from}><query xmlns='urn:example'/></iq>`,
      `<iq type='error' id='1' ${to}>${UNAVAILABLE}</iq>`,
    ],
    [
      `<iq type='get' id='1' ${from}><other xmlns='urn:example'/></iq>`,
      `<iq type='error' id='1' ${to}>${UNAVAILABLE}</iq>`,
    ],
    [
      `<iq type='get' id='1'><query xmlns='urn:unknown'/></iq>`,
      `<iq type='error' id='1'>${UNAVAILABLE}</iq>`,
    ],
    [`<iq type='get' id='1' ${from}/>`, `<iq type='error' id='1' ${to}>${BAD}</iq>`],
    [`<iq type='get' id='1' ${from}>text</iq>`, `<iq type='error' id='1' ${to}>${BAD}</iq>`],
    [
      `<iq type='get' id='1' ${from}><query xmlns='urn:example'/><query xmlns='urn:example'/></iq>`,
      `<iq type='error' id='1' ${to}>${BAD}</iq>`,
    ],
    [
      `<iq type='put' id='1' ${from}><query xmlns='urn:example'/></iq>`,
      `<iq type='error' id='1' ${to}>${BAD}</iq>`,
    ],
    [
      `<iq id='1' ${from}><query xmlns='urn:example'/></iq>`,
      `<iq type='error' id='1' ${to}>${BAD}</iq>`,
    ],
    [
      `<iq type='get' id='1' ${from}><query xmlns='urn:example'/></iq>`,
      `<iq type='result' id='1' ${to}><answer xmlns='urn:example'/></iq>`,
    ],
    [
      `<iq type='get' id='' ${from}><query xmlns='urn:example'/></iq>`,
      `<iq type='result' id='' ${to}><answer xmlns='urn:example'/></iq>`,
    ],
    [
      `<iq type='get' id='&lt;&apos;&amp;' ${from}><query xmlns='urn:example'/></iq>`,
      `<iq type='result' id='&lt;&apos;&amp;' ${to}><answer xmlns='urn:example'/></iq>`,
    ],
  ])("%s", (question, answer) => {
    const session = answering(() => xml("answer", { xmlns: "urn:example" }));
    expect(session.receive(question)).toEqual([answer]);
    expect(session.urgent).toEqual([answer]);
  });

  test.each([
    "<iq type='result' id='1' from='romeo@example.net/orchard'><query xmlns='urn:example'/></iq>",
    "<iq type='error' id='1' from='romeo@example.net/orchard'/>",
    "<iq type='get' from='romeo@example.net/orchard'><query xmlns='urn:example'/></iq>",
    "<message type='error' id='1' from='romeo@example.net/orchard'/>",
    "<message id='1' from='romeo@example.net/orchard'><body>Hello</body></message>",
    "<presence type='subscribe' from='mallory@example.com'/>",
    "<iq xmlns='jabber:server' type='get' id='1'><query xmlns='urn:example'/></iq>",
    "<unknown id='1' type='get'/>",
  ])("never answered: %s", (text) => {
    const session = answering(() => xml("answer", { xmlns: "urn:example" }));
    expect(session.receive(text)).toEqual([]);
  });

  test("a handler may have nothing to say", () => {
    const session = answering(() => undefined);
    expect(session.receive("<iq type='get' id='1'><query xmlns='urn:example'/></iq>")).toEqual([
      "<iq type='result' id='1'/>",
    ]);
  });

  test("a handler may answer with an error", () => {
    const session = answering(() => {
      throw new StanzaError("forbidden", "auth", "not you");
    });
    expect(session.receive("<iq type='get' id='1'><query xmlns='urn:example'/></iq>")).toEqual([
      `<iq type='error' id='1'><error type='auth'><forbidden ${STANZAS}/><text ${STANZAS}>not you</text></error></iq>`,
    ]);
  });

  test("a handler that fails is not hushed up", () => {
    const session = answering(() => {
      throw new TypeError("a mistake");
    });
    expect(() =>
      session.receive("<iq type='get' id='1'><query xmlns='urn:example'/></iq>"),
    ).toThrow("a mistake");
  });

  test.each([
    ["its id", `<iq type='get' id='${"x".repeat(9_000)}'><query xmlns='urn:example'/></iq>`],
    [
      "its id, once it is escaped",
      `<iq type='get' id='${"&lt;".repeat(2_400)}'><query xmlns='urn:example'/></iq>`,
    ],
    [
      "its sender",
      `<iq type='get' id='1' from='a@b/${"&apos;".repeat(1_600)}'><query xmlns='urn:example'/></iq>`,
    ],
  ])("one that cannot be answered because of %s does no harm", (_why, text) => {
    expect(answering(() => undefined).receive(text)).toEqual([]);
  });

  test.each([new TransportError("not-connected"), new ConfigError("stanza-too-big")])(
    "one that comes when nothing can be sent does no harm: %s",
    (error) => {
      const session = answering(() => undefined);
      session.failure = error;
      expect(session.receive("<iq type='get' id='1'><query xmlns='urn:example'/></iq>")).toEqual(
        [],
      );
    },
  );
});

test("pitfall 38: a roster push from anybody at all is refused", () => {
  const push =
    "<query xmlns='jabber:iq:roster'><item jid='mallory@example.com' subscription='both'/></query>";
  for (const from of ["", " from='juliet@example.org'", " from='mallory@example.com/x'"])
    expect(new Session().receive(`<iq type='set' id='1'${from}>${push}</iq>`)[0]).toContain(
      "service-unavailable",
    );
});

describe("messages", () => {
  function listening(): { session: Session; heard: string[] } {
    const session = new Session();
    const heard: string[] = [];
    session.stanzas.onMessage("event", "urn:example", (event, message) => {
      heard.push(`${message.attr("from") ?? "nobody"}: ${event.text()}`);
    });
    return { session, heard };
  }

  const event = (text: string): string => `<event xmlns='urn:example'>${text}</event>`;

  test.each([
    [`<message from='a@b'>${event("1")}</message>`, ["a@b: 1"]],
    [`<message>${event("1")}</message>`, ["nobody: 1"]],
    [
      `<message from='a@b' type='headline'><body>text</body>${event("1")}<x xmlns='urn:x'/></message>`,
      ["a@b: 1"],
    ],
    [`<message from='a@b'><event xmlns='urn:other'>1</event></message>`, []],
    [`<message from='a@b'><wrapper xmlns='urn:example'>${event("1")}</wrapper></message>`, []],
    [`<message from='a@b'>${event("1")}${event("2")}</message>`, ["a@b: 1"]],
  ])("%s", (text, expected) => {
    const { session, heard } = listening();
    session.receive(text);
    expect(heard).toEqual(expected);
  });

  test("pitfall 41: one that came back with an error is not news", () => {
    const { session, heard } = listening();
    const error = `<error type='cancel'><service-unavailable ${STANZAS}/></error>`;
    session.receive(`<message type='error' from='a@b'>${event("1")}${error}</message>`);
    expect(heard).toEqual([]);
  });

  test("pitfall 38: what is forwarded in a carbon copy is not taken for a message", () => {
    const { session, heard } = listening();
    const inner = `<message xmlns='jabber:client' from='romeo@example.net'>${event("1")}</message>`;
    for (const from of ["juliet@example.org", "mallory@example.com"])
      session.receive(
        `<message from='${from}'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>${inner}</forwarded></received></message>`,
      );
    expect(heard).toEqual([]);
  });
});

describe("registration", () => {
  test("there is one handler for each payload", () => {
    const { stanzas } = new Session();
    stanzas.onIq("get", "q", "urn:x", () => undefined);
    stanzas.onIq("set", "q", "urn:x", () => undefined);
    stanzas.onMessage("q", "urn:x", () => {});
    expect(() => stanzas.onIq("get", "q", "urn:x", () => undefined)).toThrow("iq get q urn:x");
    expect(() => stanzas.onMessage("q", "urn:x", () => {})).toThrow("message q urn:x");
  });

  test("features are kept once, in order", () => {
    const { stanzas } = new Session();
    for (const feature of ["urn:b", "urn:a", "urn:b"]) stanzas.addFeature(feature);
    expect(stanzas.features).toEqual(["urn:b", "urn:a"]);
  });
});

test("presence goes to all who want it, and those who decorate ours do so in order", () => {
  const { stanzas } = new Session();
  const seen: string[] = [];
  stanzas.onPresence((presence) => seen.push(`1 ${presence.attr("from")}`));
  stanzas.onPresence((presence) => seen.push(`2 ${presence.attr("from")}`));
  stanzas.receive(stanza("<presence from='a@b' type='unavailable'/>"));
  expect(seen).toEqual(["1 a@b", "2 a@b"]);
  stanzas.onSendPresence(() => xml("c", { xmlns: "urn:1" }));
  stanzas.onSendPresence(() => xml("c", { xmlns: "urn:2" }));
  expect(write(stanzas.presence({}, [xml("show", {}, "away")]), "jabber:client")).toBe(
    "<presence><show>away</show><c xmlns='urn:1'/><c xmlns='urn:2'/></presence>",
  );
});
