import { describe, expect, test } from "@jest/globals";
import { StanzaError, TransportError, type XmppError } from "../../../firmware/xmpp/errors.js";
import { xml } from "../../../firmware/xmpp/xml/element.js";
import { write } from "../../../firmware/xmpp/xml/writer.js";
import { Session } from "./support.js";

const STANZAS = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";

/** A session that has asked `to` something. */
class Asked extends Session {
  readonly replies: (string | XmppError)[] = [];

  constructor(to?: string, timeout?: number) {
    super();
    const question = xml("query", { xmlns: "urn:example" });
    this.stanzas.request(
      "get",
      to,
      question,
      (error, reply) => {
        this.replies.push(error ?? (reply === undefined ? "" : write(reply, "jabber:client")));
      },
      timeout,
    );
  }
}

describe("a request", () => {
  test("goes out with an id that nobody can guess, and another one each time", () => {
    const asked = new Asked("pubsub.example.org");
    expect(asked.sent[0]).toBe(
      `<iq type='get' id='${asked.id}' to='pubsub.example.org'><query xmlns='urn:example'/></iq>`,
    );
    expect(asked.id).toMatch(/^[A-Za-z0-9+/]{12}0$/);
    asked.stanzas.request("set", undefined, xml("x", { xmlns: "urn:y" }), () => {});
    expect(asked.sent[1]).toBe(`<iq type='set' id='${asked.id}'><x xmlns='urn:y'/></iq>`);
    expect(asked.id).toMatch(/^[A-Za-z0-9+/]{12}1$/);
  });

  test("gets the result, once", () => {
    const asked = new Asked("pubsub.example.org");
    const reply = `<iq id='${asked.id}' type='result' from='pubsub.example.org'/>`;
    asked.receive(reply + reply);
    expect(asked.replies).toEqual([reply]);
    expect(asked.clock.timers).toBe(0);
  });

  test("gets an error as a value", () => {
    const asked = new Asked("pubsub.example.org");
    asked.receive(
      `<iq id='${asked.id}' type='error' from='pubsub.example.org'><error type='cancel'>` +
        `<item-not-found ${STANZAS}/><text ${STANZAS}>no such node</text></error></iq>`,
    );
    expect(asked.replies).toEqual([new StanzaError("item-not-found", "cancel", "no such node")]);
  });

  test("gives up after 30 s, well above the ten for which servers fall silent", () => {
    const asked = new Asked("pubsub.example.org");
    asked.clock.advance(29_999);
    expect(asked.replies).toEqual([]);
    asked.clock.advance(1);
    expect(asked.replies).toEqual([
      new TransportError("remote-server-timeout", "no reply from pubsub.example.org"),
    ]);
    asked.receive(`<iq id='${asked.id}' type='result' from='pubsub.example.org'/>`);
    expect(asked.replies).toHaveLength(1);
  });

  test("gives up when it was told to", () => {
    const asked = new Asked(undefined, 500);
    asked.clock.advance(500);
    expect(asked.replies).toEqual([
      new TransportError("remote-server-timeout", "no reply from the server"),
    ]);
  });

  test("ends with the connection, for whether it was carried out is not known", () => {
    const asked = new Asked();
    const lost = new TransportError("connection-lost");
    asked.stanzas.disconnected(lost);
    expect(asked.replies).toEqual([lost]);
    expect(asked.clock.timers).toBe(0);
    const closed = new Asked();
    closed.stanzas.disconnected(undefined);
    expect(closed.replies).toEqual([new TransportError("not-connected", "the stream was closed")]);
  });

  test("that cannot be sent throws, and nothing waits for a reply", () => {
    const asked = new Session();
    asked.failure = new TransportError("queue-full");
    const request = (): void =>
      asked.stanzas.request("get", undefined, xml("x"), () => {
        throw new Error("must not be called");
      });
    expect(request).toThrow("queue-full");
    expect(asked.clock.timers).toBe(0);
    asked.stanzas.disconnected(undefined);
  });

  test("to what is no address throws, and is not sent", () => {
    const asked = new Session();
    const request = (): void => asked.stanzas.request("get", "@@", xml("x"), () => {});
    expect(request).toThrow(expect.objectContaining({ condition: "jid-malformed" }));
    expect(asked.sent).toEqual([]);
    expect(asked.clock.timers).toBe(0);
  });

  test("to an address in capitals is answered from the address as the server writes it", () => {
    const asked = new Asked("PubSub.Example.ORG");
    expect(asked.sent[0]).toContain("to='pubsub.example.org'");
    asked.receive(`<iq id='${asked.id}' type='result' from='pubsub.example.org'/>`);
    expect(asked.replies).toHaveLength(1);
  });

  test("whose asker throws does not keep the others waiting for ever", () => {
    const session = new Asked();
    session.stanzas.request("get", undefined, xml("x"), () => {
      throw new Error("a mistake");
    });
    expect(() => session.stanzas.disconnected(undefined)).toThrow("a mistake");
    session.clock.advance(30_000);
    expect(session.replies).toHaveLength(1);
  });
});

describe("pitfall 36: a reply without a sender is our own account's, and our server has two names", () => {
  test.each([
    [undefined, undefined],
    [undefined, "juliet@example.org"],
    [undefined, "juliet@example.org/board"],
    [undefined, "example.org"],
    ["juliet@example.org", undefined],
    ["juliet@example.org", "juliet@example.org"],
    ["example.org", "example.org"],
    ["romeo@example.net/orchard", "romeo@example.net/orchard"],
  ])("asked %s, answered by %s", (to, from) => {
    const asked = new Asked(to);
    const sender = from === undefined ? "" : ` from='${from}'`;
    asked.receive(`<iq id='${asked.id}' type='result'${sender}/>`);
    expect(asked.replies).toHaveLength(1);
  });
});

describe("pitfall 35: a reply is one only if id, sender and kind fit", () => {
  const service = "pubsub.example.org";

  test.each([
    // CVE-2014-0364: the sender
    [service, "<iq id='ID' type='result' from='mallory@example.com/x'/>"],
    [service, "<iq id='ID' type='result' from='pubsub.example.org.example.com'/>"],
    [service, "<iq id='ID' type='result' from='example.org'/>"],
    [service, "<iq id='ID' type='result' from='pubsub.example.org/resource'/>"],
    [service, "<iq id='ID' type='result'/>"],
    [undefined, "<iq id='ID' type='result' from='mallory@example.com'/>"],
    [undefined, "<iq id='ID' type='result' from='juliet@example.org/other'/>"],
    [undefined, "<iq id='ID' type='result' from=''/>"],
    ["romeo@example.net", "<iq id='ID' type='result' from='romeo@example.net/orchard'/>"],
    ["romeo@example.net/orchard", "<iq id='ID' type='result' from='romeo@example.net'/>"],
    // CVE-2024-46957: the kind
    [service, "<message id='ID' type='result' from='pubsub.example.org'/>"],
    [service, "<presence id='ID' type='result' from='pubsub.example.org'/>"],
    [service, "<iq id='ID' type='get' from='pubsub.example.org'><q xmlns='u'/></iq>"],
    [service, "<iq id='ID' from='pubsub.example.org'/>"],
    [service, "<iq xmlns='jabber:server' id='ID' type='result' from='pubsub.example.org'/>"],
    // the id
    [service, "<iq id='0' type='result' from='pubsub.example.org'/>"],
    [service, "<iq type='result' from='pubsub.example.org'/>"],
    [service, "<iq id='constructor' type='error' from='pubsub.example.org'/>"],
  ])("asked %s, it is not %s", (to, text) => {
    const asked = new Asked(to);
    asked.receive(text.replace("ID", asked.id));
    expect(asked.replies).toEqual([]);
    // and the true reply still is
    const sender = to === undefined ? "" : ` from='${to}'`;
    asked.receive(`<iq id='${asked.id}' type='result'${sender}/>`);
    expect(asked.replies).toHaveLength(1);
  });
});
