import { describe, expect, test } from "@jest/globals";
import type { XmppError } from "../../../firmware/xmpp/errors.js";
import { Disco, type DiscoInfo, discoverInfo } from "../../../firmware/xmpp/extensions/disco.js";
import { discoverItems } from "../../../firmware/xmpp/extensions/disco-items.js";
import { ping } from "../../../firmware/xmpp/extensions/ping.js";
import { write } from "../../../firmware/xmpp/xml/writer.js";
import { seeded } from "../../support/random.js";
import { fakeCrypto } from "../../support/world.js";
import { Session } from "../stanza/support.js";

const crypto = fakeCrypto(seeded(1));

describe("XEP-0030: what the device says of itself", () => {
  const identity = { category: "client", type: "bot", name: "Pipit" };
  const INFO = "xmlns='http://jabber.org/protocol/disco#info'";

  function device(): Session {
    const session = new Session();
    new Disco({ identity, node: "urn:pipit:device", crypto }).install(session.stanzas);
    ping.install(session.stanzas); // after it, and told of all the same
    return session;
  }

  const version = (session: Session): string =>
    /ver='([^']*)'/.exec(write(session.stanzas.presence({}, []), "jabber:client"))?.[1] ?? "";

  const content =
    "<identity category='client' type='bot' name='Pipit'/>" +
    "<feature var='http://jabber.org/protocol/disco#info'/>" +
    "<feature var='http://jabber.org/protocol/caps'/><feature var='urn:xmpp:ping'/>";

  test("to whoever asks", () => {
    expect(device().receive(`<iq type='get' id='1' from='a@b/c'><query ${INFO}/></iq>`)).toEqual([
      `<iq type='result' id='1' to='a@b/c'><query ${INFO}>${content}</query></iq>`,
    ]);
  });

  test("XEP-0115 6.2: to whoever has seen the digest, under the node that it names", () => {
    const session = device();
    const node = `urn:pipit:device#${version(session)}`;
    expect(session.receive(`<iq type='get' id='1'><query ${INFO} node='${node}'/></iq>`)).toEqual([
      `<iq type='result' id='1'><query ${INFO} node='${node}'>${content}</query></iq>`,
    ]);
  });

  test.each(["urn:pipit:device", "urn:pipit:device#", "urn:pipit:device#old", "other", ""])(
    "and not of node %j, which is not there",
    (node) => {
      const [answer] = device().receive(
        `<iq type='get' id='1'><query ${INFO} node='${node}'/></iq>`,
      );
      expect(answer).toContain("item-not-found");
    },
  );

  test("XEP-0115 5.2: the digest of what is said", () => {
    const session = new Session();
    const exodus = { category: "client", type: "pc", name: "Exodus 0.9.1" };
    new Disco({ identity: exodus, node: "http://code.google.com/p/exodus", crypto }).install(
      session.stanzas,
    );
    session.stanzas.addFeature("http://jabber.org/protocol/muc");
    session.stanzas.addFeature("http://jabber.org/protocol/disco#items");
    expect(version(session)).toBe("QgayPKawpkPSDYmwT/WM94uAlu0=");
  });

  test("the digest is in every presence", () => {
    const session = device();
    expect(write(session.stanzas.presence({}, []), "jabber:client")).toMatch(
      /<c xmlns='http:\/\/jabber.org\/protocol\/caps' hash='sha-1' node='urn:pipit:device' ver='[^']+'\/>/,
    );
  });
});

describe("XEP-0030: what others say of themselves", () => {
  const INFO = "xmlns='http://jabber.org/protocol/disco#info'";
  const ITEMS = "xmlns='http://jabber.org/protocol/disco#items'";

  test("identities and features", () => {
    const session = new Session();
    let info: DiscoInfo | undefined;
    discoverInfo(session.stanzas, "pubsub.example.org", "board", (_error, found) => {
      info = found;
    });
    expect(session.sent[0]).toContain(`<query ${INFO} node='board'/>`);
    session.receive(
      `<iq id='${session.id}' type='result' from='pubsub.example.org'><query ${INFO} node='board'>
       <identity category='pubsub' type='leaf' name='Board'/><identity/><feature var='urn:a'/><feature/></query></iq>`,
    );
    expect(info).toEqual({
      identities: [
        { category: "pubsub", type: "leaf", name: "Board" },
        { category: "", type: "", name: "" },
      ],
      features: ["urn:a", ""],
    });
  });

  test("items", () => {
    const session = new Session();
    let items: unknown;
    discoverItems(session.stanzas, "example.org", undefined, undefined, (_error, found) => {
      items = found;
    });
    session.receive(
      `<iq id='${session.id}' type='result' from='example.org'><query ${ITEMS}>
       <item jid='pubsub.example.org' name='Service'/><item jid='pubsub.example.org' node='n'/></query></iq>`,
    );
    expect(items).toEqual([
      { jid: "pubsub.example.org", name: "Service" },
      { jid: "pubsub.example.org", node: "n" },
    ]);
  });

  test("nothing, when the reply holds nothing", () => {
    const session = new Session();
    const found: unknown[] = [];
    discoverInfo(session.stanzas, "a.example", undefined, (_error, info) => found.push(info));
    session.receive(`<iq id='${session.id}' type='result' from='a.example'/>`);
    discoverItems(session.stanzas, "a.example", undefined, undefined, (_error, items) =>
      found.push(items),
    );
    session.receive(`<iq id='${session.id}' type='result' from='a.example'/>`);
    expect(found).toEqual([{ identities: [], features: [] }, []]);
  });

  test("an error is handed on", () => {
    const session = new Session();
    const errors: (XmppError | undefined)[] = [];
    discoverInfo(session.stanzas, "a.example", undefined, (error) => errors.push(error));
    session.receive(
      `<iq id='${session.id}' type='error' from='a.example'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
    );
    discoverItems(session.stanzas, "a.example", undefined, undefined, (error) =>
      errors.push(error),
    );
    session.clock.advance(30_000);
    expect(errors.map((error) => error?.condition)).toEqual([
      "service-unavailable",
      "remote-server-timeout",
    ]);
  });
});
