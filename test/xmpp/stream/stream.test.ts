import { describe, expect, test } from "@jest/globals";
import {
  ConfigError,
  StreamError,
  TransportError,
  type XmppError,
} from "../../../firmware/xmpp/errors.js";
import type { SaslPolicy } from "../../../firmware/xmpp/sasl/mechanism.js";
import { ScramKeyCache } from "../../../firmware/xmpp/sasl/scram.js";
import { messageStanza } from "../../../firmware/xmpp/stanza/message.js";
import { Bind, LegacySession } from "../../../firmware/xmpp/stream/bind.js";
import { Sasl } from "../../../firmware/xmpp/stream/sasl.js";
import { StartTLS } from "../../../firmware/xmpp/stream/starttls.js";
import { Stream, type StreamEvents } from "../../../firmware/xmpp/stream/stream.js";
import { decode, encode } from "../../../firmware/xmpp/utf8.js";
import type { Element } from "../../../firmware/xmpp/xml/element.js";
import { LIMITS } from "../../../firmware/xmpp/xml/limits.js";
import { Names } from "../../../firmware/xmpp/xml/names.js";
import { write } from "../../../firmware/xmpp/xml/writer.js";
import { FakeClock } from "../../support/clock.js";
import { seeded } from "../../support/random.js";
import { fakeCrypto } from "../../support/world.js";

const HEADER =
  "<stream:stream version='1.0' xml:lang='fr' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const STARTTLS =
  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>";
const PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const PLAIN =
  "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>";
const SUCCESS = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
const BIND = "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>";
const BOUND =
  "<iq id='bind' type='result'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>user@example.org/board</jid></bind></iq>";

/** A stream whose owner writes down what it is told, and then does what `events` says. */
class Owner {
  readonly clock = new FakeClock();
  readonly keys = new ScramKeyCache();
  readonly sent: string[] = [];
  readonly elements: Element[] = [];
  readonly told: string[] = [];
  readonly tooBig: XmppError[] = [];
  error: XmppError | undefined;
  readonly stream: Stream;

  constructor(
    events: Partial<StreamEvents> = {},
    policy: Partial<SaslPolicy> = {},
    password: string | undefined = "pencil",
  ) {
    const crypto = fakeCrypto(seeded(1), this.clock);
    const { keys } = this;
    const credentials = { username: "user", keys, ...(password && { password }) };
    this.stream = new Stream(
      {
        domain: "example.org",
        lang: "en",
        limits: LIMITS,
        names: new Names(),
        steps: [
          new StartTLS(false),
          new Sasl(
            credentials,
            { floor: "PLAIN", maxIterations: 100_000, ...policy },
            crypto,
            false,
          ),
          new Bind("board", false),
          new LegacySession(),
        ],
        onTrace: (direction, element) => this.told.push(`${direction} ${element.name}`),
        onTooBig: (error) => this.tooBig.push(error),
      },
      {
        onSend: (bytes) => this.sent.push(decode(bytes)),
        onStartTLS: () => this.#tell("tls", () => events.onStartTLS?.()),
        onWritable: () => this.#tell("writable", () => events.onWritable?.()),
        onOnline: (jid) => this.#tell("online", () => events.onOnline?.(jid)),
        onElement: (element) => {
          this.elements.push(element);
          events.onElement?.(element);
        },
        onClosed: (error) => {
          this.error = error;
          this.#tell("closed", () => events.onClosed?.(error));
        },
      },
    );
  }

  #tell(what: string, then: () => void): void {
    this.told.push(what);
    then();
  }

  receive(...texts: string[]): this {
    for (const text of texts) this.stream.receive(encode(text));
    return this;
  }

  /** Goes online over direct TLS. */
  goOnline(): this {
    this.stream.open(true);
    this.receive(HEADER + PLAIN, SUCCESS, HEADER + BIND, BOUND);
    expect(this.told).toContain("online");
    this.sent.length = 0;
    this.told.length = 0;
    return this;
  }
}

describe("pitfall 18: bytes behind <proceed/> end the connection", () => {
  const behind = ["\n", " ", "<", "<stream:features/>", "\x16\x03\x01"];

  function started(): Owner {
    const owner = new Owner();
    owner.stream.open(false);
    owner.receive(HEADER + STARTTLS);
    owner.sent.length = 0;
    return owner;
  }

  test.each(behind)("in the same piece: %j", (text) => {
    const owner = started().receive(PROCEED + text);
    expect(owner.error).toMatchObject({ condition: "policy-violation", retry: "later" });
    expect(owner.told).not.toContain("tls");
    expect(owner.sent).toEqual([]); // nothing more in the clear
  });

  test.each(behind)("in the next piece, while TLS begins: %j", (text) => {
    const owner = started().receive(PROCEED);
    expect(owner.told).toContain("tls");
    owner.receive(text);
    expect(owner.error).toMatchObject({ condition: "policy-violation" });
    expect(owner.sent).toEqual([]);
  });
});

describe("errors that the server sends", () => {
  const ns = "xmlns='urn:ietf:params:xml:ns:xmpp-streams'";

  test.each([
    [`<reset ${ns}/>`, "reset", ""],
    [`<text ${ns}>First</text><reset ${ns}/>`, "reset", "First"],
    [`<reset ${ns}/><text ${ns} xml:lang='en'>Later</text>`, "reset", "Later"],
    [`<reset ${ns}/><too-many xmlns='urn:example'/>`, "reset", ""],
    [`<too-many xmlns='urn:example'/>`, "undefined-condition", ""],
    ["", "undefined-condition", ""],
    [`<see-other-host ${ns}>h.example:1</see-other-host>`, "see-other-host", "h.example:1"],
  ])("%s", (content, condition, text) => {
    const owner = new Owner().goOnline().receive(`<stream:error>${content}</stream:error>`);
    expect(owner.error).toBeInstanceOf(StreamError);
    expect(owner.error).toMatchObject({ condition, text });
  });
});

describe("an owner that throws", () => {
  const failures: [string, () => never][] = [
    new Error("secret 42"),
    new ConfigError("stanza-too-big", "secret 42"),
    new TransportError("queue-full", "secret 42"),
    new StreamError("host-unknown", "secret 42"),
  ].map((error) => [
    error.name,
    () => {
      throw error;
    },
  ]);

  test.each(failures)("%s: the stream is over, and the server not told why", (_name, fail) => {
    const owner = new Owner({ onElement: fail }).goOnline().receive("<message/>");
    expect(owner.error).toMatchObject({ condition: "internal-server-error", retry: "now" });
    expect(owner.error?.text).toContain("secret 42");
    expect(owner.sent).toEqual([
      "<stream:error><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
      "</stream:stream>",
    ]);
  });

  test.each(["onWritable", "onOnline"] as const)("in %s", (name) => {
    const fail = (): never => {
      throw new ConfigError("some-mistake");
    };
    const owner = new Owner({ [name]: fail });
    owner.stream.open(true);
    owner.receive(HEADER + PLAIN, SUCCESS, HEADER + BIND, BOUND);
    expect(owner.error).toMatchObject({ condition: "internal-server-error", retry: "now" });
  });

  test("in onClosed is heard of by whoever fed the stream, for nobody else is left", () => {
    const fail = (): never => {
      throw new Error("a mistake");
    };
    const owner = new Owner({ onClosed: fail }).goOnline();
    expect(() => owner.receive("</stream:stream>")).toThrow("a mistake");
    expect(owner.told).toEqual(["closed"]);
  });
});

describe("an owner that closes the stream while it is told something", () => {
  test("that stanzas may be sent: it is not told that it is online", () => {
    const owner = new Owner({ onWritable: () => owner.stream.close() });
    owner.stream.open(true);
    owner.receive(HEADER + PLAIN, SUCCESS, HEADER + BIND, BOUND);
    expect(owner.told.slice(-2)).toEqual(["in iq", "writable"]);
    expect(owner.sent.at(-1)).toBe("</stream:stream>");
    owner.receive("</stream:stream>");
    expect(owner.told.at(-1)).toBe("closed");
    expect(owner.error).toBeUndefined();
  });

  test("that a stanza has come: the next one is still handed over", () => {
    const owner = new Owner({ onElement: () => owner.stream.close() }).goOnline();
    owner.receive("<message id='1'/><message id='2'/></stream:stream>");
    expect(owner.elements.map((element) => element.attr("id"))).toEqual(["1", "2"]);
    expect(owner.sent).toEqual(["</stream:stream>"]);
    expect(owner.error).toBeUndefined();
  });
});

describe("sending", () => {
  test("before there is a session, and after the end, it throws not-connected", () => {
    const owner = new Owner();
    const send = (): void => owner.stream.sendStanza(messageStanza("a@b", "hello"));
    const notConnected = expect.objectContaining({ condition: "not-connected" });
    expect(send).toThrow(notConnected);
    owner.goOnline();
    send();
    owner.stream.close();
    expect(send).toThrow(notConnected);
    owner.receive("</stream:stream>");
    expect(send).toThrow(notConnected);
    expect(owner.sent).toEqual([expect.stringContaining("<message"), "</stream:stream>"]);
  });

  test("what is too big throws, and the stream goes on", () => {
    const owner = new Owner().goOnline();
    expect(() => owner.stream.sendStanza(messageStanza("a@b", "x".repeat(8192)))).toThrow(
      expect.objectContaining({ condition: "stanza-too-big", retry: "never" }),
    );
    owner.stream.sendStanza(messageStanza("a@b", "x"));
    expect(owner.sent).toHaveLength(1);
    expect(owner.error).toBeUndefined();
  });

  test("a trace sees every element, both ways", () => {
    const owner = new Owner().goOnline();
    owner.stream.sendStanza(messageStanza("a@b", "x"));
    owner.receive("<presence/>");
    expect(owner.told).toEqual(["out message", "in presence"]);
  });
});

test("RFC 6120 4.7.4, pitfall 14: the language of the stream is that of its last header", () => {
  const owner = new Owner();
  expect(owner.stream.lang).toBeUndefined();
  owner.stream.open(false);
  owner.receive(HEADER);
  expect(owner.stream.lang).toBe("fr");
  owner.receive(STARTTLS, PROCEED);
  owner.stream.secured();
  expect(owner.stream.lang).toBeUndefined();
  owner.receive(HEADER.replace("'fr'", "'eo'"));
  expect(owner.stream.lang).toBe("eo");
});

describe("pitfall 41: a stanza that comes back with an error costs no more than the error", () => {
  const echo = `<pubsub xmlns='http://jabber.org/protocol/pubsub'>${"21.5 ".repeat(28_000)}</pubsub>`;
  const error =
    "<error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

  test("an echo of 140 kB, though a stanza may have 10 kB", () => {
    const owner = new Owner().goOnline();
    owner.receive(`<iq type='error' id='1'>${echo}${error}</iq>`, "<message id='next'/>");
    expect(owner.elements.map((element) => write(element, "jabber:client"))).toEqual([
      `<iq type='error' id='1'>${error}</iq>`,
      "<message id='next'/>",
    ]);
  });

  test("there is a bound to that too", () => {
    const owner = new Owner().goOnline();
    owner.receive(`<iq type='error' id='1'>${echo.repeat(5)}${error}</iq>`);
    expect(owner.error).toMatchObject({ condition: "policy-violation" });
  });
});

describe("a stanza that is too big is read over, and the stream goes on", () => {
  const content = `<x xmlns='u:1'>${"21.5 ".repeat(28_000)}</x>`;
  const received = (...texts: string[]): Owner =>
    new Owner().goOnline().receive(...texts, "<message id='next'/>");
  const shown = ({ elements }: Owner): string[] =>
    elements.map((element) => write(element, "jabber:client"));

  test.each([
    ["<message from='a@b' id='1'/>", "a@b"],
    ["<presence/>", "the server"],
    ["<iq type='get' from='a@b' id='1'/>", "a@b"],
    ["<iq type='error' id='1'/>", "the server"],
  ])("%s is told of without content", (stanza, from) => {
    const name = stanza.slice(1).split(" ")[0]?.replace("/>", "");
    const owner = received(`${stanza.slice(0, -2)}><error>${content}</error></${name}>`);
    expect(shown(owner)).toEqual([stanza, "<message id='next'/>"]);
    expect(owner.tooBig).toMatchObject([
      {
        condition: "policy-violation",
        text: `more than 10000 bytes in a stanza from ${from}, which was read over`,
      },
    ]);
    expect(owner.error).toBeUndefined();
  });

  test("a result becomes an error: without its content it would say that all is well", () => {
    const owner = received(`<iq type='result' from='a@b' id='1'>${content}</iq>`);
    expect(shown(owner)).toEqual([
      "<iq from='a@b' id='1' type='error'><error type='wait'>" +
        "<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" +
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>the reply is too big to be kept</text>" +
        "</error></iq>",
      "<message id='next'/>",
    ]);
  });

  test("what is no stanza ends it: negotiation cannot do without", () => {
    const owner = new Owner();
    owner.stream.open(true);
    owner.receive(HEADER, `<stream:features>${content}</stream:features>`);
    expect(owner.error).toMatchObject({ condition: "policy-violation", retry: "now" });
    expect(owner.tooBig).toEqual([]);
  });

  test("before an address is bound, it ends it too", () => {
    const owner = new Owner();
    owner.stream.open(true);
    owner.receive(HEADER + PLAIN, SUCCESS, HEADER + BIND);
    owner.receive(`<iq id='bind' type='result'>${content}</iq>`);
    expect(owner.error).toMatchObject({ condition: "policy-violation" });
  });
});

describe("while keys are being derived", () => {
  const SCRAM = PLAIN.replace("PLAIN", "SCRAM-SHA-1");
  const challenge = (owner: Owner): string => {
    const [, bare] = decodeAuth(owner).split("r=");
    const first = `r=${bare}more,s=QSXCR+Q6sek8bf92,i=4096`;
    return `<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${Buffer.from(first).toString("base64")}</challenge>`;
  };
  const decodeAuth = (owner: Owner): string => {
    const auth = owner.sent.find((text) => text.startsWith("<auth")) ?? "";
    return Buffer.from(/>(.*)</.exec(auth)?.[1] ?? "", "base64").toString();
  };

  function deriving(): Owner {
    const owner = new Owner();
    owner.stream.open(true);
    owner.receive(HEADER + SCRAM);
    owner.receive(challenge(owner));
    owner.sent.length = 0;
    return owner;
  }

  test("the response goes out when they are there", () => {
    const owner = deriving();
    expect(owner.sent).toEqual([]);
    owner.clock.advance(1000);
    expect(owner.sent).toEqual([expect.stringContaining("<response")]);
  });

  test("and are forgotten when they turn out to be wrong", () => {
    const owner = deriving();
    owner.clock.advance(1000);
    expect(owner.keys.has("sha-1")).toBe(true);
    owner.receive("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
    expect(owner.keys.has("sha-1")).toBe(false);
  });

  test("the server has nothing to say", () => {
    const owner = deriving().receive(SUCCESS);
    expect(owner.error).toMatchObject({ condition: "malformed-request" });
    owner.clock.advance(1000);
    expect(owner.sent).toEqual(["</stream:stream>"]);
  });

  test("the stream may be closed, and then nothing follows", () => {
    const owner = deriving();
    owner.stream.close();
    owner.clock.advance(1000);
    expect(owner.sent).toEqual(["</stream:stream>"]);
  });
});

test("credentials that allow no mechanism close the stream before anything is said", () => {
  const owner = new Owner({}, {}, "");
  owner.stream.open(true);
  owner.receive(HEADER + PLAIN);
  expect(owner.error).toMatchObject({ condition: "credentials", retry: "never" });
  expect(owner.sent.at(-1)).toBe("</stream:stream>");
});
