import { expect, test } from "@jest/globals";
import { PlainProgram } from "../../firmware/sensors/program.js";
import { ProgramRunner } from "../../firmware/sensors/program-runner.js";
import { StreamError, StanzaError } from "../../firmware/xmpp/errors.js";
import { verdictOn } from "../../firmware/telemetry/verdict.js";
import { messageStanza } from "../../firmware/xmpp/stanza/message.js";
import { World } from "../support/world.js";
import { FakeClock } from "../support/clock.js";
import * as smoothing from "../../firmware/programs/smoothing.js";
import { takeSession } from "../../firmware/client/session-store.js";
import { encode } from "../../firmware/xmpp/utf8.js";
import { Flash } from "../outbox/support/flash.js";

const SM = "urn:xmpp:sm:3";

test("A verdict on a stream error", () => {
  expect(verdictOn(new StreamError("system-shutdown"))).toBe("offline");
});
test.each(["redirect", "jid-malformed", "gone"])("A2 %s", (c) => {
  expect(verdictOn(new StanzaError(c, "modify"))).toBe("wait");
});

function resumable(answer: (session: any, n: number) => void, options = {}) {
  const world = new World({ backoff: { base: 1000 }, ...options } as never);
  let n = 0;
  world.server.intercept = (event, session) => {
    if (event === "stream" && (session as any).peer.authed) {
      session.send(
        `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' from='example.org' id='s' xml:lang='en'><stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='${SM}'/></stream:features>`,
      );
      return true;
    }
    if (event === "auth") (session as any).peer.authed = true;
    if (event === "enable") {
      session.send(`<enabled xmlns='${SM}' id='x' resume='true'/>`);
      return true;
    }
    if (event === "resume") {
      answer(session, ++n);
      return true;
    }
    return event === "r";
  };
  return world;
}

test("B a resume refused by a stream error is not tried for ever", () => {
  const world = resumable((session) => {
    session.send(
      "<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
    );
  });
  world.online();
  expect(world.client.saveSession()).toBeDefined();
  world.server.last.peer.end(new Error("reset"));
  world.clock.advance(1);
  expect(world.client.state).not.toBe("online");
  const before = world.server.sessions.length;
  for (let i = 0; i < 600 && world.client.state !== "online"; i++) world.clock.advance(1000);
  console.log("B sessions", world.server.sessions.length - before, world.client.state, world.log.slice(-4));
  expect(world.client.state).toBe("online");
});

test("C what is sent while a session is being resumed does not end it", () => {
  let resume: any;
  const world = resumable((session) => { resume = session; });
  world.online();
  for (let i = 0; i < 15; i++) world.client.stanzas.send(messageStanza("a@b", String(i)));
  world.server.last.peer.end(new Error("reset"));
  for (let i = 0; i < 60 && resume === undefined; i++) world.clock.advance(1000);
  expect(resume).toBeDefined();
  let error: any;
  try { world.client.stanzas.send(messageStanza("a@b", "x")); } catch (e) { error = e; }
  console.log("C", String(error));
  expect(world.client.saveSession()).toBeDefined();
});

test.each([true, false])("C2 many stanzas before <enabled/>, again %s", (again) => {
  let sent = 0;
  let full = 0;
  let world: any;
  const talk = (): void => {
    try {
      while (sent < 40) { world.client.stanzas.send(messageStanza("a@b", String(sent))); sent++; }
    } catch (e) { full++; }
  };
  let on = !again;
  world = resumable((session) => { session.send(`<failed xmlns='${SM}'/>`); }, { onWritable: () => on && talk() });
  const base = world.server.intercept;
  const count = new Map<any, number>();
  world.server.intercept = (event: string, session: any, element: any) => {
    if (event === "enable") { count.set(session, 0); setImmediate; world.clock.later(500, () => session.send(`<enabled xmlns='${SM}' id='y' resume='true'/>`)); return true; }
    if (["message", "presence", "iq"].includes(event) && count.has(session)) count.set(session, count.get(session)! + 1);
    if (event === "r") { world.clock.later(600, () => session.send(`<a xmlns='${SM}' h='${count.get(session)}'/>`)); return true; }
    return base(event, session, element);
  };
  world.online();
  world.clock.advance(5000);
  if (again) { on = true; world.server.last.peer.end(new Error("reset")); }
  world.clock.advance(400_000);
  console.log("C2", again, sent, full, world.log, world.server.last.stanzas.length);
  expect(sent).toBe(40);
  expect(world.log.filter((x: string) => x.startsWith("offline"))).toHaveLength(again ? 1 : 0);
});

test("D a program at boot, with a clock that was never set", () => {
  const clock = new FakeClock();
  console.log("clock", clock.now());
});

test.each(['{"jid":"juliet@example.org/x"}', '{"jid":"juliet@example.org/x","id":"a","handled":"b"}'])("E session %s", (text) => {
  const flash = new Flash([["session", encode(text)]]);
  expect(takeSession(flash, "juliet@example.org")).toBeUndefined();
});
