import { describe, expect, test } from "@jest/globals";
import { messageStanza } from "../../firmware/xmpp/stanza/message.js";
import { World } from "../support/world.js";

const STANZAS = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
const keepAlive = { interval: 60_000, timeout: 30_000 };

const pings = (world: World): number =>
  world.server.last.stanzas.filter((stanza) => stanza.name === "iq").length;

describe("a peer that says nothing", () => {
  test("is asked for a sign of life, and found alive", () => {
    const world = new World({ keepAlive }).online();
    world.clock.advance(59_999);
    expect(pings(world)).toBe(0);
    world.clock.advance(3_600_000);
    expect(pings(world)).toBeGreaterThan(29);
    expect(pings(world)).toBeLessThan(61);
    expect(world.client.state).toBe("online");
  });

  test("is asked by XEP-0199, in a way that any server must answer", () => {
    const world = new World({ keepAlive }).online();
    world.server.intercept = (event, session, element) => {
      if (event !== "iq") return false;
      session.send(
        `<iq id='${element?.attr("id")}' type='error'><error type='cancel'><service-unavailable ${STANZAS}/></error></iq>`,
      );
      return true;
    };
    world.clock.advance(3_600_000);
    expect(pings(world)).toBeGreaterThan(29);
    expect(world.errors).toEqual([]); // an error is as good an answer as any
  });

  test("is given up when it does not answer, and another connection made", () => {
    const world = new World({ keepAlive }).online();
    const { last } = world.server;
    world.server.intercept = (event) => event === "iq";
    world.clock.advance(89_999);
    expect(world.client.state).toBe("online");
    world.clock.advance(1);
    expect(world.errors).toMatchObject([{ condition: "remote-server-timeout", retry: "now" }]);
    expect(last.peer.isClosed).toBe(true);
    world.clock.advance(8_000);
    expect(world.client.state).toBe("online");
    expect(world.network.violations).toEqual([]);
  });

  test("may take ten seconds, as servers do that throttle", () => {
    const world = new World({ keepAlive }).online();
    world.server.intercept = (event, session, element) => {
      if (event !== "iq") return false;
      world.clock.later(10_000, () =>
        session.send(`<iq id='${element?.attr("id")}' type='result'/>`),
      );
      return true;
    };
    world.clock.advance(3_600_000);
    expect(world.errors).toEqual([]);
  });

  test("pitfall 60: what it says besides does not make up for an answer that is missing", () => {
    const world = new World({ keepAlive }).online();
    const { last } = world.server;
    world.server.intercept = (event, session) => {
      if (event === "iq") world.clock.later(1_000, () => session.send("<message/>"));
      return event === "iq";
    };
    world.clock.advance(90_000);
    expect(world.errors).toMatchObject([{ condition: "remote-server-timeout" }]);
    expect(last.peer.isClosed).toBe(true);
  });

  test("is noticed although it takes nothing, and the queue is full", () => {
    const world = new World({ keepAlive }).online();
    world.server.last.peer.takes = false;
    expect(() => {
      for (;;) world.client.stanzas.send(messageStanza("a@b", "x".repeat(1_000)));
    }).toThrow("queue-full");
    world.clock.advance(150_000);
    expect(world.errors).toMatchObject([{ condition: "remote-server-timeout" }]);
    expect(world.client.state).toBe("online");
  });
});

test("a peer that says something is not asked", () => {
  const world = new World({ keepAlive }).online();
  for (let second = 1; second < 3_600; second += 30)
    world.clock.later(second * 1_000, () => world.server.last.send(" "));
  world.clock.advance(3_600_000);
  expect(pings(world)).toBe(0);
});

test("nothing is asked before there is a session, nor after it", () => {
  const world = new World({ keepAlive }).online();
  world.server.intercept = (event) => event === "connect";
  world.server.last.peer.end();
  world.clock.advance(0);
  const timers: number[] = [];
  for (let minute = 0; minute < 30; minute++) {
    world.clock.advance(60_000);
    timers.push(world.clock.timers);
  }
  expect(new Set(timers)).toEqual(new Set([1])); // the wait, or the deadline of the connection
  expect(world.network.violations).toEqual([]);
});
