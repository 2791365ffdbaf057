/** What outlives a connection, and what outlives the server. */

import { expect, test } from "@jest/globals";
import { FakeClock } from "../../support/clock.js";
import { DOMAIN, HEADER, newServer, plain, Talk } from "./support.js";

const SERVICE = `pubsub.${DOMAIN}`;
const PUBSUB = "xmlns='http://jabber.org/protocol/pubsub'";

// Found by pipit chaos: after power was back, no reply reached the device once its old connection had gone.
test("a session that was replaced does not end its successor when its connection is lost", () => {
  const server = newServer();
  const old = Talk.online(server, "juliet", "board");
  const successor = Talk.online(server, "juliet", "board");
  expect(old.hear()).toContain("<conflict");
  old.stream.lost();
  const romeo = Talk.online(server, "romeo", "orchard");
  romeo.say(`<message to='juliet@${DOMAIN}/board' type='normal'><body>hello</body></message>`);
  expect(successor.hear()).toContain("<body>hello</body>");
  expect(romeo.hear()).not.toContain("service-unavailable");
});

test("nodes that one server saved are there on another, with their subscribers", () => {
  const before = newServer();
  before.pubsub.createNode("readings", `owner@${DOMAIN}`, { publish_model: "open" });
  const subscriber = Talk.online(before, "watcher", "eye");
  subscriber.say(
    `<iq type='set' id='1' to='${SERVICE}'><pubsub ${PUBSUB}><subscribe node='readings' jid='watcher@${DOMAIN}'/></pubsub></iq>`,
  );
  const publish = (id: string): string =>
    `<iq type='set' id='${id}' to='${SERVICE}'><pubsub ${PUBSUB}><publish node='readings'><item id='${id}'><t xmlns='urn:x'/></item></publish></pubsub></iq>`;
  Talk.online(before, "device", "board").say(publish("first"));
  const saved = before.pubsub.save();

  const after = newServer();
  after.pubsub.restore(saved);
  const again = Talk.online(after, "watcher", "eye");
  Talk.online(after, "device", "board").say(publish("second"));
  expect(again.hear()).toContain("<item id='second'");
  const items = again.say(
    `<iq type='get' id='2' to='${SERVICE}'><pubsub ${PUBSUB}><items node='readings'/></pubsub></iq>`,
  );
  expect(items).toMatch(/<item id='first'.*<item id='second'/);
});

test("sessions that are forgotten cannot be resumed", () => {
  const server = newServer({ timer: new FakeClock() });
  const device = Talk.online(server, "device", "board");
  const enabled = device.say("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
  const id = / id='([^']+)'/.exec(enabled)?.[1];
  device.stream.lost();
  server.forgetSessions();
  const again = new Talk(server);
  const resume = `<resume xmlns='urn:xmpp:sm:3' previd='${id}' h='0'/>`;
  expect(again.say(HEADER + plain("device") + HEADER + resume)).toContain("<item-not-found");
});
