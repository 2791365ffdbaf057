import { describe, expect, test } from "@jest/globals";
import { ElementBuilder, type KeepPolicy } from "../../../firmware/xmpp/xml/builder.js";
import type { Element } from "../../../firmware/xmpp/xml/element.js";
import { LIMITS } from "../../../firmware/xmpp/xml/limits.js";
import { Tokenizer } from "../../../firmware/xmpp/xml/tokenizer.js";
import { write } from "../../../firmware/xmpp/xml/writer.js";
import { HEADER, utf8 } from "./tokens.js";

/** What comes of input, step by step: a text for each call of the sink, in the order of the pieces. */
function build(pieces: string[], keep: KeepPolicy = () => true): string[][] {
  let calls: string[] = [];
  const show = (element: Element) => write(element, "jabber:client");
  const sink = {
    onHeader: (header: Element) => calls.push(`header ${show(header)}`),
    onElement: (element: Element) => calls.push(show(element)),
    onEnd: () => calls.push("end"),
  };
  const tokenizer = new Tokenizer(new ElementBuilder(sink, keep), LIMITS);
  return pieces.map((piece) => {
    calls = [];
    tokenizer.write(utf8(piece));
    return calls;
  });
}

test("the header comes when its tag ends, an element when it is whole, and the end when it is there", () => {
  expect(
    build([
      "<?xml version='1.0'?><s:s xmlns:s='http://etherx.jabber.org/streams' ",
      "id='1'>",
      "<message><body>a",
      "b</body><x xmlns='u:1'/>",
      "</message><iq/><r xmlns='urn:xmpp:sm:3'/> ",
      "</s:s",
      ">",
    ]),
  ).toEqual([
    [],
    ["header <stream:s id='1'/>"],
    [],
    [],
    [
      "<message xmlns=''><body>ab</body><x xmlns='u:1'/></message>",
      "<iq xmlns=''/>",
      "<r xmlns='urn:xmpp:sm:3'/>",
    ],
    [],
    ["end"],
  ]);
});

describe("what is not to be kept", () => {
  const reply =
    "<iq type='error'><publish xmlns='u:1'>big<a/></publish><error type='cancel'>why<b/></error></iq>";

  test("is left out, with all that is in it", () => {
    const keep: KeepPolicy = (_parent, name) => name === "error";
    expect(build([HEADER, reply, reply], keep).slice(1)).toEqual([
      ["<iq type='error'><error type='cancel'>why<b/></error></iq>"],
      ["<iq type='error'><error type='cancel'>why<b/></error></iq>"],
    ]);
  });

  test("is asked for each child of a first-level element, which is told with what came of it so far", () => {
    const asked: string[] = [];
    build([HEADER, reply], (parent, name, namespace) => {
      asked.push(`${write(parent, "jabber:client")} {${namespace}}${name}`);
      return true;
    });
    expect(asked).toEqual([
      "<iq type='error'/> {u:1}publish",
      "<iq type='error'><publish xmlns='u:1'>big<a/></publish></iq> {jabber:client}error",
    ]);
  });
});

test("of an element that is too big no more is kept than its start tag", () => {
  const asked: string[] = [];
  const told: string[] = [];
  const show = (element: Element) => write(element, "jabber:client");
  const sink = {
    onHeader: () => {},
    onElement: (element: Element) => told.push(show(element)),
    onExcess: (element: Element) => asked.push(element.name) > 0,
    onEnd: () => {},
  };
  const tokenizer = new Tokenizer(new ElementBuilder(sink, () => true), {
    ...LIMITS,
    stanzaBytes: 100,
  });
  const big = `<message id='1'><a><b>${"text".repeat(30)}</b></a>more</message>`;
  tokenizer.write(utf8(`${HEADER}${big}<message id='2'><a/></message>`));
  expect(asked).toEqual(["message"]);
  expect(told).toEqual(["<message id='1'/>", "<message id='2'><a/></message>"]);
});
