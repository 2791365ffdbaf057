import { describe, expect, test } from "@jest/globals";
import { parseStanzaError } from "../../../firmware/xmpp/stanza/error.js";
import { messageStanza, parseMessage } from "../../../firmware/xmpp/stanza/message.js";
import {
  type Presence,
  parsePresence,
  presenceChildren,
} from "../../../firmware/xmpp/stanza/presence.js";
import { xml } from "../../../firmware/xmpp/xml/element.js";
import { write } from "../../../firmware/xmpp/xml/writer.js";
import { stanza } from "./support.js";

describe("messages", () => {
  test.each([
    ["<message to='a@b'><body>Hello</body></message>", messageStanza("a@b", "Hello")],
    [
      "<message to='a@b' type='chat' xml:lang='eo'><body>Saluton</body></message>",
      messageStanza("a@b", "Saluton", { type: "chat", lang: "eo" }),
    ],
    [
      "<message to='a@b'><body>1 &lt; 2 &amp; </body></message>",
      messageStanza("a@b", "1 < 2 & \u0007"),
    ],
  ])("are built: %s", (text, element) => {
    expect(write(element, "jabber:client")).toBe(text);
  });

  test.each([
    [
      "<message from='a@b/c' type='chat'><body>Hi</body></message>",
      { from: "a@b/c", type: "chat", body: "Hi", lang: "en" },
    ],
    ["<message><body>Hi</body></message>", { from: "", type: "normal", body: "Hi", lang: "en" }],
    ["<message type='riddle'><body>Hi</body></message>", { type: "normal" }],
    ["<message xml:lang='eo'><body>Saluton</body></message>", { lang: "eo" }],
    ["<message xml:lang='eo'><body xml:lang='de'>Hallo</body></message>", { lang: "de" }],
    [
      "<message><body xml:lang='de'>Hallo</body><body>Hi</body></message>",
      { body: "Hallo", lang: "de" },
    ],
    ["<message/>", { body: "" }],
    ["<message><body xmlns='urn:other'>no</body></message>", { body: "" }],
  ])("pitfall 14: %s", (text, expected) => {
    expect(parseMessage(stanza(text), "en")).toMatchObject(expected);
  });
});

describe("presence", () => {
  test.each<[Presence, string]>([
    [{}, "<priority>-1</priority>"],
    [{ priority: 0 }, ""],
    [{ priority: 127, show: "available" }, "<priority>127</priority>"],
    [
      { show: "away", status: "asleep" },
      "<show>away</show><status>asleep</status><priority>-1</priority>",
    ],
    [{ status: "", priority: -128 }, "<status/><priority>-128</priority>"],
  ])(
    "pitfall 40: %j is written with a priority that attracts nothing, unless it has one",
    (presence, text) => {
      const element = xml("presence", { xmlns: "jabber:client" }, ...presenceChildren(presence));
      expect(write(element, "jabber:client")).toBe(
        text === ""
          ? "<presence/>"
          : `<presence>${text.replace("<status/>", "<status></status>")}</presence>`,
      );
    },
  );

  test.each([128, -129, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "%p is no priority",
    (priority) => {
      expect(() => presenceChildren({ priority })).toThrow(RangeError);
    },
  );

  test.each([
    ["<presence/>", { from: "", available: true, show: "available", priority: 0 }],
    [
      "<presence from='a@b/c'><show>dnd</show><status>busy</status><priority>5</priority></presence>",
      { from: "a@b/c", show: "dnd", status: "busy", priority: 5 },
    ],
    ["<presence type='unavailable'/>", { available: false }],
    ["<presence type='subscribe' from='mallory@example.com'/>", { available: false }],
    [
      "<presence><show>dancing</show><priority>high</priority></presence>",
      { show: "available", priority: 0 },
    ],
    ["<presence><priority>128</priority></presence>", { priority: 0 }],
    ["<presence><priority>-128</priority></presence>", { priority: -128 }],
    ["<presence><priority>1.5</priority></presence>", { priority: 0 }],
    ["<presence><priority/></presence>", { priority: 0 }],
  ])("%s", (text, expected) => {
    expect(parsePresence(stanza(text))).toMatchObject(expected);
  });
});

describe("stanza errors", () => {
  const ns = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";

  test.each([
    [
      `<error type='cancel'><item-not-found ${ns}/></error>`,
      {
        condition: "item-not-found",
        type: "cancel",
        text: "",
        specific: undefined,
        retry: "never",
      },
    ],
    [
      `<error type='wait'><resource-constraint ${ns}/><text ${ns}>busy</text></error>`,
      { condition: "resource-constraint", type: "wait", text: "busy", retry: "later" },
    ],
    [
      `<error type='cancel'><conflict ${ns}/><precondition-not-met xmlns='http://jabber.org/protocol/pubsub#errors'/></error>`,
      { condition: "conflict", specific: "precondition-not-met" },
    ],
    [
      `<error type='cancel'><precondition-not-met xmlns='urn:e'/><conflict ${ns}/></error>`,
      { condition: "conflict", specific: "precondition-not-met" },
    ],
    [`<error type='riddle'><conflict ${ns}/></error>`, { type: "cancel" }],
    ["<error/>", { condition: "undefined-condition", type: "cancel" }],
    ["<error xmlns='urn:other'><conflict/></error>", { condition: "undefined-condition" }],
    ["", { condition: "undefined-condition", type: "cancel", text: "" }],
  ])("%s", (content, expected) => {
    expect(parseStanzaError(stanza(`<iq type='error'>${content}</iq>`))).toMatchObject(expected);
  });
});
