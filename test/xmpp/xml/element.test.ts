import { describe, expect, test } from "@jest/globals";
import { Element, xml } from "../../../firmware/xmpp/xml/element.js";

const stanza = xml(
  "message",
  { xmlns: "jabber:client", to: "juliet@example.org", type: undefined },
  xml("body", {}, "a", "b"),
  undefined,
  "text",
  xml("body", { xmlns: "u:1" }, "c"),
  xml("x", { xmlns: "u:1" }, xml("y"), xml("y", {}, "2"), xml("z", { xmlns: "u:2" })),
);

describe("xml()", () => {
  test("leaves out undefined attributes and children", () => {
    expect(stanza.attributes).toEqual(["to", "juliet@example.org"]);
    expect(stanza.children).toHaveLength(4);
  });

  test("has elements without xmlns take that of the one they are put into, whatever the order", () => {
    const inner = xml("c");
    const outer = xml("a", { xmlns: "u:1" }, xml("b", {}, inner));
    expect(outer.child("b")?.namespace).toBe("u:1");
    expect(inner.namespace).toBe("u:1");
    expect(
      xml("a", { xmlns: "u:1" }, xml("b", { xmlns: "" }, xml("c")))
        .child("b", "")
        ?.child("c")?.namespace,
    ).toBe("");
  });

  test("gives an element that is in none no namespace", () => {
    expect(xml("a").namespace).toBe("");
  });
});

describe("what an element tells", () => {
  test.each<[string, unknown, unknown]>([
    ["is()", stanza.is("message", "jabber:client"), true],
    ["is() of another namespace", stanza.is("message", "jabber:server"), false],
    ["is() of another name", stanza.is("iq", "jabber:client"), false],
    ["attr()", stanza.attr("to"), "juliet@example.org"],
    ["attr() that is not there", stanza.attr("from"), undefined],
    ["attr() of a value", stanza.attr("juliet@example.org"), undefined],
    ["attr() that objects have", stanza.attr("constructor"), undefined],
    ["elements()", stanza.elements().map(({ name }) => name), ["body", "body", "x"]],
    ["child(), in its own namespace", stanza.child("body")?.text(), "ab"],
    ["child(), in another", stanza.child("body", "u:1")?.text(), "c"],
    ["child() that is not there", stanza.child("x"), undefined],
    ["childrenNamed()", stanza.child("x", "u:1")?.childrenNamed("y").length, 2],
    [
      "childrenNamed(), in another namespace",
      stanza.child("x", "u:1")?.childrenNamed("z", "u:2").length,
      1,
    ],
    ["text(), without that of children", stanza.text(), "text"],
    ["childText()", stanza.childText("body"), "ab"],
    ["childText() that is empty", stanza.child("x", "u:1")?.childText("y"), ""],
    ["childText() that is not there", stanza.childText("subject"), undefined],
  ])("%s", (_name, told, expected) => {
    expect(told).toEqual(expected);
  });
});

describe("with()", () => {
  test("gives another element with attributes set, replaced and removed", () => {
    const original = new Element("a", "u:1", ["b", "1", "c", "2"], ["text"]);
    const changed = original.with({ b: undefined, c: "3", d: "4" });
    expect(changed.attributes).toEqual(["c", "3", "d", "4"]);
    expect(changed.is("a", "u:1")).toBe(true);
    expect(changed.text()).toBe("text");
    expect(original.attributes).toEqual(["b", "1", "c", "2"]);
  });

  test("does not touch an attribute that is named like something objects have", () => {
    const original = new Element("a", "u:1", ["constructor", "1", "toString", "2"], []);
    expect(original.with({ b: "3" }).attributes).toEqual([
      "constructor",
      "1",
      "toString",
      "2",
      "b",
      "3",
    ]);
  });
});
