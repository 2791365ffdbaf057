import { describe, expect, test } from "@jest/globals";
import { xml } from "../../../firmware/xmpp/xml/element.js";
import type { Server } from "../../../host-sim/server/server.js";
import { seeded } from "../../support/random.js";
import { bindRequest, DOMAIN, HEADER, newServer, PASSWORD, plain, Talk } from "./support.js";

/** The server's header, whose id is made of the bytes of the nth time that it asks for random ones. */
const header = (nth: number, to = "") =>
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client'" +
  " xmlns:stream='http://etherx.jabber.org/streams' version='1.0'" +
  ` from='${DOMAIN}' id='${Buffer.alloc(12, nth).toString("base64url")}'${to} xml:lang='en'>`;

const STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const OFFER_TLS =
  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>" +
  "</stream:features>";
const OFFER_SASL =
  "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" +
  "<mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism>" +
  "<mechanism>PLAIN</mechanism></mechanisms></stream:features>";
const OFFER_BIND =
  "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/></stream:features>";
const SUCCESS = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
const END = "</stream:stream>";

const bound = (jid: string) =>
  "<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>" +
  `<jid>${jid}</jid></bind></iq>`;

/** A stream error without its text, and the end that follows. */
const error = (condition: string) =>
  `<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>${END}`;

const withoutText = (heard: string) =>
  heard.replace(/<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>[^<]*<\/text>/g, "");

const LOGIN = HEADER + plain("juliet") + HEADER;

describe("a stream from its first byte to its last", () => {
  test("over STARTTLS", () => {
    const talk = new Talk(newServer(), false);
    expect(talk.say(HEADER)).toBe(header(1) + OFFER_TLS);
    expect(talk.say(STARTTLS)).toBe(PROCEED);
    expect(talk.startedTLS).toBe(true);
    talk.stream.secured();
    expect(talk.say(HEADER)).toBe(header(2) + OFFER_SASL);
    expect(talk.say(plain("juliet"))).toBe(SUCCESS);
    expect(talk.say(HEADER)).toBe(header(3) + OFFER_BIND);
    expect(talk.say(bindRequest("balcony"))).toBe(bound(`juliet@${DOMAIN}/balcony`));
    expect(talk.say(END)).toBe(END);
    expect(talk.closed).toBe(true);
  });

  test("over direct TLS, where there is no STARTTLS", () => {
    const talk = new Talk(newServer(), true);
    expect(talk.say(HEADER)).toBe(header(1) + OFFER_SASL);
  });

  test("with all that a client can say without waiting in one write (XEP-0305)", () => {
    const talk = new Talk(newServer(), false);
    expect(talk.say(HEADER + STARTTLS)).toBe(header(1) + OFFER_TLS + PROCEED);
    talk.stream.secured();
    const ping = "<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>";
    expect(talk.say(LOGIN + bindRequest("b") + ping + END)).toBe(
      header(2) +
        OFFER_SASL +
        SUCCESS +
        header(3) +
        OFFER_BIND +
        bound(`juliet@${DOMAIN}/b`) +
        `<iq type='result' id='p' to='juliet@${DOMAIN}/b'/>` +
        END,
    );
    expect(talk.closed).toBe(true);
  });

  test("cut at every byte, or anywhere", () => {
    const said = `<?xml version='1.0'?>${LOGIN} ${bindRequest("bä")}<presence/>${END}`;
    const whole = new Talk(newServer()).say(said);
    expect(whole).toContain(bound(`juliet@${DOMAIN}/bä`));
    const random = seeded();
    const cuts = [() => 1, ...Array.from({ length: 20 }, () => () => 1 + random.int(200))];
    for (const next of cuts) {
      const talk = new Talk(newServer());
      const bytes = Buffer.from(said);
      let heard = "";
      for (let at = 0; at < bytes.length; ) {
        const end = at + next();
        talk.stream.receive(bytes.subarray(at, end));
        heard += talk.hear();
        at = end;
      }
      expect({ seed: random.seed, heard }).toEqual({ seed: random.seed, heard: whole });
    }
  });

  test("where the server chooses the resource", () => {
    expect(new Talk(newServer()).say(LOGIN + bindRequest(""))).toContain(
      `<jid>juliet@${DOMAIN}/AwMDAwMDAwMD</jid>`,
    );
  });

  test("answers with the address that the client gives itself", () => {
    const talk = new Talk(newServer());
    const named = HEADER.replace(" to=", ` from='"&#39;@${DOMAIN}' to=`);
    expect(talk.say(named)).toBe(header(1, ` to='&quot;&apos;@${DOMAIN}'`) + OFFER_SASL);
  });

  test("with white space between stanzas, which keeps connections alive (pitfall 5)", () => {
    const talk = Talk.online(newServer(), "juliet", "b");
    expect(talk.say(" \n\t ")).toBe("");
    expect(talk.closed).toBe(false);
  });

  test("that is lost says nothing more", () => {
    const talk = Talk.online(newServer(), "juliet", "b");
    talk.stream.lost();
    expect(talk.closed).toBe(true);
    expect(talk.say("<presence/>")).toBe("");
  });
});

describe("a header is refused", () => {
  const without = (text: string) => HEADER.replace(text, "");
  test.each([
    ["without a version", without(" version='1.0'"), "unsupported-version"],
    ["of an old version", HEADER.replace("1.0", "0.9"), "unsupported-version"],
    ["of no version", HEADER.replace("'1.0'", "'one'"), "unsupported-version"],
    ["for another host", HEADER.replace(DOMAIN, "other.test"), "host-unknown"],
    ["for no host", without(` to='${DOMAIN}'`), "host-unknown"],
    [
      "in another stream namespace",
      HEADER.replace("etherx.jabber.org", "example.org"),
      "invalid-namespace",
    ],
    ["of another name", HEADER.replace("stream:stream", "stream:flow"), "bad-format"],
    ["that is no XML", "GET / HTTP/1.1\r\n", "not-well-formed"],
    ["behind a document type", `<!DOCTYPE a>${HEADER}`, "restricted-xml"],
  ])("%s", (_name, said, condition) => {
    const talk = new Talk(newServer());
    expect(withoutText(talk.say(said))).toBe(header(1) + error(condition));
    expect(talk.closed).toBe(true);
  });

  test("but not of a later version", () => {
    expect(new Talk(newServer()).say(HEADER.replace("'1.0'", "'1.7'"))).toBe(
      header(1) + OFFER_SASL,
    );
  });
});

describe("a stream ends with an error", () => {
  test.each([
    ["at a stanza before authentication", HEADER, "<presence/>", "not-authorized"],
    ["at a stanza before a resource is bound", LOGIN, "<presence/>", "not-authorized"],
    [
      "at another iq before a resource is bound",
      LOGIN,
      "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
      "not-authorized",
    ],
    ["at STARTTLS inside TLS", HEADER, STARTTLS, "policy-violation"],
    ["at authentication after authentication", LOGIN, plain("romeo"), "policy-violation"],
    ["at an unknown element", HEADER, "<a xmlns='urn:a'/>", "unsupported-stanza-type"],
    ["at <proceed/> from a client", HEADER, PROCEED, "unsupported-stanza-type"],
    ["at a stanza of servers", HEADER, "<iq xmlns='jabber:server'/>", "invalid-namespace"],
    ["at a comment (pitfall 6)", HEADER, "<!-- -->", "restricted-xml"],
    ["at a processing instruction (pitfall 6)", HEADER, "<?a b?>", "restricted-xml"],
    ["at an entity (pitfall 7)", HEADER, "<a xmlns='urn:a'>&a;</a>", "restricted-xml"],
    ["at a wrong end tag (pitfall 8)", HEADER, "<a></b>", "not-well-formed"],
    ["at an unbound prefix (pitfall 8)", HEADER, "<a:a/>", "bad-namespace-prefix"],
    ["at text between stanzas", HEADER, "hello", "bad-format"],
    [
      "at 10,001 bytes before authentication (pitfall 10)",
      HEADER,
      `<a>${"a".repeat(10_001)}`,
      "policy-violation",
    ],
    [
      "at 65,537 bytes after it (pitfall 10)",
      LOGIN,
      `<a>${"a".repeat(65_537)}`,
      "policy-violation",
    ],
    ["at 30 levels (pitfall 10)", LOGIN, "<a>".repeat(30), "policy-violation"],
  ])("%s", (_name, before, said, condition) => {
    const talk = new Talk(newServer());
    talk.say(before);
    expect(withoutText(talk.say(said))).toBe(error(condition));
    expect(talk.closed).toBe(true);
    expect(talk.say("<presence/>")).toBe("");
  });

  test.each([
    ["a stanza", STARTTLS + HEADER],
    ["white space", `${STARTTLS} `],
  ])("when %s stands behind <starttls/> (pitfall 18)", (_name, said) => {
    const talk = new Talk(newServer(), false);
    talk.say(HEADER);
    expect(withoutText(talk.say(said))).toBe(error("policy-violation"));
    expect(talk.startedTLS).toBe(false);
  });

  test("but says nothing in the clear once TLS is to begin", () => {
    const talk = new Talk(newServer(), false);
    expect(talk.say(HEADER + STARTTLS)).toContain(PROCEED);
    expect(talk.say(HEADER)).toBe("");
    expect(talk.closed).toBe(true);
  });

  test("when the server goes down", () => {
    const server = newServer();
    const talks = [new Talk(server), new Talk(server), Talk.online(server, "juliet", "b")];
    for (const talk of talks) talk.hear();
    server.shutDown();
    // Even one that has not begun gets a header around the error (RFC 6120 4.9.1.2).
    expect(talks[0]?.hear()).toBe(header(3) + error("system-shutdown"));
    expect(talks[2]?.hear()).toBe(error("system-shutdown"));
    expect(talks.every((talk) => talk.closed)).toBe(true);
  });

  test("when the server goes down between two streams on one connection", () => {
    const server = newServer();
    const talk = new Talk(server);
    talk.say(HEADER + plain("juliet"));
    server.shutDown();
    expect(talk.hear()).toBe(header(2) + error("system-shutdown"));
  });

  test("only for the older one, when two bind the same resource (pitfall 52)", () => {
    const server = newServer();
    const first = Talk.online(server, "juliet", "balcony");
    const other = Talk.online(server, "juliet", "orchard");
    first.hear();
    const second = Talk.online(server, "juliet", "balcony");
    expect(withoutText(first.hear())).toMatch(new RegExp(`${error("conflict")}$`));
    expect(first.closed).toBe(true);
    expect([other.closed, second.closed]).toEqual([false, false]);
    const message = `<message to='juliet@${DOMAIN}/balcony'><body>x</body></message>`;
    second.hear();
    other.say(message);
    expect(second.hear()).toContain("<body>x</body>");
  });
});

describe("a resource is refused", () => {
  test.each([
    ["with control characters", "a\tb"],
    ["that is too long", "a".repeat(1024)],
  ])("%s", (_name, resource) => {
    const talk = new Talk(newServer());
    talk.say(LOGIN);
    expect(talk.say(bindRequest(resource))).toMatch(
      /^<iq type='error' id='bind'><error type='modify'><bad-request /,
    );
    expect(talk.say(bindRequest("b"))).toBe(bound(`juliet@${DOMAIN}/b`));
  });
});

test("features can be added, with elements of their own", () => {
  const server: Server = newServer({
    features: () => [
      {
        namespace: "urn:x",
        offer: (stream) =>
          stream.username === undefined ? undefined : xml("x", { xmlns: "urn:x" }),
        receive: (element, stream) => stream.send(xml("y", { xmlns: "urn:x" }, element.text())),
      },
    ],
  });
  const talk = new Talk(server);
  expect(talk.say(HEADER)).toBe(header(1) + OFFER_SASL);
  expect(talk.say(plain("juliet", PASSWORD) + HEADER)).toContain(
    "<x xmlns='urn:x'/></stream:features>",
  );
  expect(talk.say("<x xmlns='urn:x'>a</x>")).toBe("<y xmlns='urn:x'>a</y>");
});
