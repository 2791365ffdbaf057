import { describe, expect, test } from "@jest/globals";
import type { XmppError } from "../../../firmware/xmpp/errors.js";
import { ping, sendPing } from "../../../firmware/xmpp/extensions/ping.js";
import { Session } from "../stanza/support.js";

describe("XEP-0199", () => {
  test("4.2: a ping from the server, or from anybody, is answered", () => {
    const session = new Session();
    ping.install(session.stanzas);
    expect(session.stanzas.features).toEqual(["urn:xmpp:ping"]);
    const question = "<ping xmlns='urn:xmpp:ping'/>";
    expect(session.receive(`<iq type='get' id='s2c1' from='example.org'>${question}</iq>`)).toEqual(
      ["<iq type='result' id='s2c1' to='example.org'/>"],
    );
    expect(session.receive(`<iq type='set' id='1'>${question}</iq>`)[0]).toContain(
      "service-unavailable",
    );
  });

  test.each([
    [undefined, "<iq type='get' id='ID'><ping xmlns='urn:xmpp:ping'/></iq>"],
    [
      "romeo@example.net/orchard",
      "<iq type='get' id='ID' to='romeo@example.net/orchard'><ping xmlns='urn:xmpp:ping'/></iq>",
    ],
  ])("4.1: a ping to %s", (to, sent) => {
    const session = new Session();
    const replies: (XmppError | undefined)[] = [];
    sendPing(session.stanzas, to, 5_000, (error) => replies.push(error));
    expect(session.sent).toEqual([sent.replace("ID", session.id)]);
    session.clock.advance(4_999);
    expect(replies).toEqual([]);
    session.clock.advance(1);
    expect(replies[0]).toMatchObject({ condition: "remote-server-timeout" });
  });
});
