import { expect, test } from "@jest/globals";
import { xml } from "../../../firmware/xmpp/xml/element.js";
import { fingerprint } from "../../../host-sim/collector/fingerprint.js";

const of = (attributes: Record<string, string>, ...children: string[]): string =>
  fingerprint(xml("a", { xmlns: "urn:x" }, xml("b", attributes, ...children)));

test("in which order attributes stand makes no difference", () => {
  expect(of({ n: "t", v: "1" })).toBe(of({ v: "1", n: "t" }));
});

test.each([
  [{ n: "t", v: "2" }, []],
  [{ n: "t" }, []],
  [{ n: "v", v: "t" }, []],
  [{ n: "t", v: "1" }, ["text"]],
])("all else does: %j %j", (attributes, children) => {
  expect(of(attributes as Record<string, string>, ...children)).not.toBe(of({ n: "t", v: "1" }));
});
