import { describe, expect, test } from "@jest/globals";
import { NS_SM, StreamManagement } from "../../../firmware/xmpp/stream/stream-management.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import { seeded } from "../../support/random.js";

const ack = (h: number | string): Element => xml("a", { xmlns: NS_SM, h: String(h) });
const resumed = (h: number): Element =>
  xml("resumed", { xmlns: NS_SM, h: String(h), previd: "s1" });
const enabled = xml("enabled", { xmlns: NS_SM, id: "s1", resume: "true", location: "[::1]:5222" });

function started(): StreamManagement<string> {
  const state = new StreamManagement<string>();
  state.enable();
  state.enabled(enabled, "a@b/c");
  return state;
}

describe("counting (XEP-0198 section 4)", () => {
  test("begins with <enable/> for what is sent, with <enabled/> for what is received (pitfall 42)", () => {
    const state = new StreamManagement<string>();
    state.sent("before");
    state.handledOne();
    expect(state.enable().attr("resume")).toBe("true");
    state.sent("behind <enable/>");
    state.handledOne();
    state.enabled(enabled, "a@b/c");
    state.handledOne();
    expect(state.unacknowledged).toEqual(["behind <enable/>"]);
    expect(state.answer().attr("h")).toBe("1");
  });

  test("counts what was handled, not what was received (pitfall 43)", () => {
    const state = started();
    expect(state.answer().attr("h")).toBe("0"); // received, and being handled
    state.handledOne();
    expect(state.answer().attr("h")).toBe("1");
  });

  test("an acknowledgement releases what it covers, in order", () => {
    const state = started();
    for (const stanza of ["one", "two", "three"]) state.sent(stanza);
    expect(state.request().is("r", NS_SM)).toBe(true);
    expect(state.isRequested).toBe(true);
    expect(state.acknowledge(ack(2))).toEqual(["one", "two"]);
    expect(state.isRequested).toBe(false);
    expect(state.acknowledge(ack(2))).toEqual([]);
    expect(state.unacknowledged).toEqual(["three"]);
  });

  test("both counters wrap at 2^32 (pitfall 44)", () => {
    const saved = { id: "s1", jid: "a@b/c", location: "" };
    const near = 2 ** 32 - 2;
    const state = StreamManagement.restore<string>({ ...saved, handled: near, acknowledged: near });
    state.resume();
    state.resumed(resumed(near));
    for (const stanza of ["one", "two", "three"]) state.sent(stanza);
    expect(state.acknowledge(ack(1))).toEqual(["one", "two", "three"]);
    for (let i = 0; i < 3; i++) state.handledOne();
    expect(state.answer().attr("h")).toBe("1");
  });

  test.each([
    ["more than was sent (pitfall 45)", ack(3)],
    ["less than before", ack(0)],
    ["nothing at all", xml("a", { xmlns: NS_SM })],
    ["no number", ack("two")],
    ["a number out of range", ack(2 ** 32)],
    ["a negative number", ack("-1")],
  ])("a server that acknowledges %s has lost count", (_, element) => {
    const state = started();
    state.sent("one");
    state.sent("two");
    state.acknowledge(ack(1));
    expect(() => state.acknowledge(element)).toThrow("undefined-condition");
  });
});

describe("resuming (section 5)", () => {
  test("goes on with the counters, and sends again what the server does not have (pitfall 48)", () => {
    const state = started();
    for (const stanza of ["one", "two", "three"]) state.sent(stanza);
    state.handledOne();
    const request = state.resume();
    expect(request.attr("previd")).toBe("s1");
    expect(request.attr("h")).toBe("1");
    expect(state.isEnabled).toBe(false);
    expect(state.resumed(resumed(1))).toEqual(["two", "three"]);
    expect(state.acknowledge(ack(3))).toEqual(["two", "three"]);
    state.handledOne();
    expect(state.answer().attr("h")).toBe("2");
  });

  test("a new session begins to count anew", () => {
    const state = started();
    state.sent("one");
    state.handledOne();
    state.enable();
    state.sent("two");
    state.enabled(enabled, "a@b/c");
    expect(state.answer().attr("h")).toBe("0");
    expect(state.acknowledge(ack(1))).toEqual(["two"]);
  });

  test("a server that does not offer it is taken at its word", () => {
    const state = new StreamManagement<string>();
    state.enable();
    state.enabled(xml("enabled", { xmlns: NS_SM, id: "s1" }), "a@b/c");
    expect(state.isEnabled).toBe(true);
    expect(state.isResumable).toBe(false);
    expect(state.save()).toBeUndefined();
  });

  test("a session that was saved is resumed after a reboot, whatever was sent since", () => {
    const saved = started().save();
    expect(saved).toEqual({
      id: "s1",
      jid: "a@b/c",
      handled: 0,
      acknowledged: 0,
      location: "[::1]:5222",
    });
    const state = StreamManagement.restore<string>(JSON.parse(JSON.stringify(saved)));
    state.resume();
    // It sent seven stanzas before the power went; the server has five of them.
    expect(state.resumed(resumed(5))).toEqual([]);
    state.sent("one");
    expect(state.acknowledge(ack(6))).toEqual(["one"]);
  });
});

test("property: over any cuts, the other side gets every stanza once and in order", () => {
  for (let run = 0; run < 500; run++) {
    const random = seeded(run);
    const state = started();
    const received: number[] = [];
    let next = 0;
    const send = (stanza: number): void => {
      // The last words before a cut may not arrive.
      if (!cutting) received.push(stanza);
    };
    let cutting = false;
    const numbers = state as unknown as StreamManagement<number>;
    for (let step = 0; step < 60; step++) {
      const what = random.int(10);
      if (what < 6) {
        numbers.sent(next);
        send(next++);
      } else if (what < 8 && !cutting) {
        numbers.acknowledge(ack(received.length));
      } else if (what === 8) {
        cutting = true;
      } else {
        cutting = false;
        numbers.resume();
        for (const stanza of numbers.resumed(resumed(received.length))) send(stanza);
      }
    }
    cutting = false;
    numbers.resume();
    for (const stanza of numbers.resumed(resumed(received.length))) send(stanza);
    expect({ run, received }).toEqual({ run, received: Array.from({ length: next }, (_, i) => i) });
  }
});
