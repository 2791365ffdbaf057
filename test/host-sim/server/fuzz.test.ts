import { expect, test } from "@jest/globals";
import { seeded } from "../../support/random.js";
import { bindRequest, DOMAIN, HEADER, newServer, plain, Talk } from "./support.js";

const PUBSUB = `<pubsub xmlns='http://jabber.org/protocol/pubsub'>`;

const iq = (type: string, to: string, payload: string) =>
  `<iq type='${type}' id='1' to='${to}'>${payload}</iq>`;

const pubsub = (type: string, payload: string, namespace = "") =>
  iq(
    type,
    `pubsub.${DOMAIN}`,
    `${PUBSUB.replace("pubsub'>", `pubsub${namespace}'>`)}${payload}</pubsub>`,
  );

const form =
  "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>" +
  "<value>http://jabber.org/protocol/pubsub#node_config</value></field>" +
  "<field var='pubsub#max_items'><value>3</value></field></x>";

const SAID = [
  bindRequest("board"),
  "<presence><priority>1</priority></presence>",
  `<presence to='romeo@${DOMAIN}/a'/>`,
  `<message to='juliet@${DOMAIN}' type='chat'><body>&lt;°C&#x20ac;</body></message>`,
  iq("get", DOMAIN, "<query xmlns='http://jabber.org/protocol/disco#items'/>"),
  iq("get", `juliet@${DOMAIN}`, "<query xmlns='jabber:iq:roster'/>"),
  pubsub("set", `<create node='n'/><configure>${form}</configure>`),
  pubsub("set", `<subscribe node='n' jid='juliet@${DOMAIN}'/>`),
  pubsub("set", "<publish node='n'><item id='1'><t xmlns='urn:t'>1</t></item></publish>"),
  pubsub("get", "<items node='n'/><set xmlns='http://jabber.org/protocol/rsm'><max>1</max></set>"),
  pubsub("set", `<configure node='n'>${form}</configure>`, "#owner"),
  pubsub("set", "<retract node='n' notify='1'><item id='1'/></retract>"),
  iq("get", `pubsub.${DOMAIN}`, "<query xmlns='http://jabber.org/protocol/disco#info' node='n'/>"),
  pubsub("set", "<delete node='n'/>", "#owner"),
];

test("whatever a client says, the server answers without a fault of its own", () => {
  const random = seeded();
  const counts = { closed: 0, open: 0 };
  for (let run = 0; run < 1_000; run++) {
    const said = [...SAID];
    // What is said gets lost, comes twice, or in another order.
    for (let i = random.int(3); i > 0; i--) said.splice(random.int(said.length), 1);
    for (let i = random.int(3); i > 0; i--)
      said.splice(random.int(said.length), 0, random.pick(SAID));
    const bytes = Buffer.from(said.join(""));
    // And bytes change, most of them into such as mean something.
    for (let i = random.int(4); i > 0; i--)
      bytes[random.int(bytes.length)] =
        random.int(2) === 0 ? random.int(256) : random.pick([...Buffer.from("<>/'\"&; =:x1")]);

    const talk = new Talk(newServer({ mayCreateNodes: () => true }));
    talk.say(HEADER + plain("juliet") + HEADER);
    talk.stream.receive(bytes);
    const heard = talk.hear();
    expect({ seed: random.seed, run, heard }).not.toMatchObject({
      heard: expect.stringContaining("<internal-server-error"),
    });
    expect({ seed: random.seed, run, ended: heard.endsWith("</stream:stream>") }).toEqual({
      seed: random.seed,
      run,
      ended: talk.closed,
    });
    counts[talk.closed ? "closed" : "open"]++;
  }
  // Both happen, or the changes are too few or too many to find anything.
  expect(Math.min(counts.closed, counts.open)).toBeGreaterThan(100);
});
