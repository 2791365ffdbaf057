import { describe, expect, test } from "@jest/globals";
import type { ClientOptions } from "../../firmware/client/client.js";
import { messageStanza } from "../../firmware/xmpp/stanza/message.js";
import { xml } from "../../firmware/xmpp/xml/element.js";
import { World } from "../support/world.js";
import type { Session } from "../support/xmpp-server.js";

const SM = "xmlns='urn:xmpp:sm:3'";
const FEATURES = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm ${SM}/>`;
const HEADER =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' " +
  "version='1.0' from='example.org' id='s'>";

/** Where the server would like sessions to be resumed. */
const LOCATION = "location='192.0.2.9:5300'";

/** Milliseconds that the server takes to answer `<enable/>` and `<r/>`. */
const SLOWNESS = 500;

/**
 * A client whose server offers stream management.
 * @param onResume answers `<resume/>`; the server has counted `h` stanzas
 */
function managed(
  onResume: (session: Session, h: number) => void,
  options: Partial<ClientOptions> = {},
): World {
  const world = new World({ ...options, backoff: { base: 1_000 } });
  const authenticated = new Set<Session>();
  let counted = 0;
  world.server.intercept = (event, session) => {
    switch (event) {
      case "auth":
        authenticated.add(session);
        return false;
      case "stream":
        if (!authenticated.has(session)) return false;
        session.send(`${HEADER}<stream:features>${FEATURES}</stream:features>`);
        return true;
      case "enable":
        counted = 0;
        world.clock.later(SLOWNESS, () =>
          session.send(`<enabled ${SM} id='1' resume='true' ${LOCATION}/>`),
        );
        return true;
      case "r":
        world.clock.later(SLOWNESS, () => session.send(`<a ${SM} h='${counted}'/>`));
        return true;
      case "resume":
        onResume(session, counted);
        return true;
      case "iq":
      case "message":
      case "presence":
        counted++;
        return false;
      default:
        return false;
    }
  };
  world.online().clock.advance(10_000);
  return world;
}

function cut(world: World): void {
  world.server.last.peer.end(new Error("reset"));
  world.until(() => world.client.state !== "online");
}

test.each(["undefined-condition", "policy-violation"])(
  "where the server ends the stream for <resume/>, with %s, a new session is begun before long",
  (condition) => {
    const error = `<${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>`;
    const world = managed((session) => session.send(`<stream:error>${error}</stream:error>`));
    const { length } = world.server.sessions;
    cut(world);
    world.until(() => world.client.state === "online");
    expect(world.server.sessions.length - length).toBeLessThanOrEqual(3);
  },
);

test("what is sent while a session is being resumed does not end it", () => {
  let answer: (() => void) | undefined;
  const world = managed((session, h) => {
    answer = () => session.send(`<resumed ${SM} previd='1' h='${h}'/>`);
  });
  const send = (): void => world.client.stanzas.send(messageStanza("a@b", ""));
  for (let i = 0; i < 16; i++) send();
  world.clock.advance(0);
  cut(world);
  while (answer === undefined) {
    expect(send).toThrow("not-connected");
    world.clock.step();
  }
  expect(send).toThrow("not-connected");
  answer();
  world.clock.advance(0);
  expect(world.network.violations).toEqual([]);
  expect(world.client.state).toBe("online");
  expect(send).not.toThrow();
});

test("what is sent before the server has agreed to count waits when it is much, and is counted", () => {
  let toSend = 0;
  const talk = (): void => {
    for (; toSend > 0; toSend--) world.client.stanzas.send(messageStanza("a@b", ""));
  };
  const world: World = managed((session) => session.send(`<failed ${SM}/>`), {
    onWritable: () => {
      try {
        talk();
      } catch {
        // Later.
      }
    },
  });
  toSend = 40;
  cut(world);
  world.clock.advance(300_000);
  expect(world.server.last.summary.filter((name) => name === "message")).toHaveLength(40);
  expect(world.log.filter((line) => line.startsWith("offline"))).toEqual([
    "offline connection-lost",
  ]);
});

test("a session is resumed where the server would like it, and where it was if that is no good", () => {
  const world = managed((session, h) => session.send(`<resumed ${SM} previd='1' h='${h}'/>`));
  const { peers, onConnect: connect } = world.network;
  world.network.onConnect = (peer) => {
    if (peer.address === "192.0.2.9") peer.end(new Error("refused"));
    else connect(peer);
  };
  const { length } = peers;
  cut(world);
  world.until(() => world.client.state === "online");
  expect(peers.slice(length).map(({ address, port }) => `${address}:${port}`)).toEqual([
    "192.0.2.9:5300",
    "192.0.2.1:5222",
  ]);
});

test("a stanza that is too big counts as handled, so that no server gives it to us again", () => {
  const counts: (string | undefined)[] = [];
  const world = managed(() => {});
  const { intercept } = world.server;
  world.server.intercept = (event, session, element) => {
    if (event === "a") counts.push(element?.attr("h"));
    return intercept(event, session, element);
  };
  const big = `<message><x xmlns='u:1'>${"x".repeat(20_000)}</x></message>`;
  world.server.last.send(`<message/>${big}<r ${SM}/>`);
  world.clock.advance(0);
  expect(counts).toEqual(["2"]);
});

test("pitfall 47: what the server had of a session that failed is not believed to be carried out", () => {
  const world = managed((session, h) => session.send(`<failed ${SM} h='${h}'/>`));
  const { intercept } = world.server;
  world.server.intercept = (event, session, element) =>
    intercept(event, session, element) || element?.child("q", "urn:q") !== undefined;
  const replies: unknown[] = [];
  world.client.stanzas.request("set", undefined, xml("q", { xmlns: "urn:q" }), (error) =>
    replies.push(error?.condition),
  );
  world.clock.advance(5_000); // it is acknowledged, and not answered
  cut(world);
  expect(replies).toEqual([]);
  world.until(() => world.client.state === "online");
  expect(replies).toEqual(["session-lost"]);
});

describe("what the server does not acknowledge is bounded", () => {
  /** A session in which the server acknowledges nothing until it is told to, and what that does. */
  const unacknowledged = (options: Partial<ClientOptions> = {}) => {
    const world = managed(() => {}, options);
    const { intercept } = world.server;
    let acknowledge = (): void => {};
    let count = 0;
    world.server.intercept = (event, session, element) => {
      if (event === "iq" || event === "message") count++;
      if (event !== "r") return intercept(event, session, element);
      acknowledge = () => session.send(`<a ${SM} h='${count + 1}'/>`); // and the presence
      return true;
    };
    return {
      world,
      acknowledge: () => {
        world.clock.advance(0);
        acknowledge();
        world.clock.advance(0);
      },
    };
  };

  test.each([
    ["16 stanzas", 10, 16],
    ["8 kB of them", 3_000, 3],
  ])("by %s", (_what, length, most) => {
    let writable = 0;
    const { world, acknowledge } = unacknowledged({ onWritable: () => writable++ });
    const send = (): void => {
      world.client.stanzas.send(messageStanza("a@b", "x".repeat(length)));
      world.clock.advance(0);
    };
    for (let i = 0; i < most; i++) send();
    expect(send).toThrow("queue-full");
    const before = writable;
    acknowledge();
    expect(writable).toBe(before + 1);
    expect(send).not.toThrow();
  });

  test("with as many answers again: a flood of questions is answered as far as that", () => {
    const { world, acknowledge } = unacknowledged();
    const answers = (): number =>
      world.server.last.summary.filter((name) => name === "iq error").length;
    const ask = (): void => {
      world.server.last.send("<iq type='get' id='q' from='a@b/c'><q xmlns='urn:q'/></iq>");
      world.clock.advance(0);
    };
    for (let i = 0; i < 100; i++) ask();
    expect(answers()).toBe(32);
    acknowledge();
    ask();
    expect(answers()).toBe(33);
    expect(world.client.state).toBe("online");
  });
});
