import { describe, expect, test } from "@jest/globals";
import { parseForm, submitForm } from "../../../firmware/xmpp/extensions/data-forms.js";
import { write } from "../../../firmware/xmpp/xml/writer.js";
import { stanza } from "../stanza/support.js";

test("XEP-0004 3.1, XEP-0068: a form is submitted with its type", () => {
  const form = submitForm("urn:example", { one: "1", many: ["a", "b"], none: [] });
  expect(write(form, "jabber:client")).toBe(
    "<x xmlns='jabber:x:data' type='submit'>" +
      "<field var='FORM_TYPE' type='hidden'><value>urn:example</value></field>" +
      "<field var='one'><value>1</value></field>" +
      "<field var='many'><value>a</value><value>b</value></field><field var='none'/></x>",
  );
});

describe("XEP-0004 3.2: a form is read", () => {
  test.each<[string, [string, string[]][] | undefined]>([
    [
      "<x xmlns='jabber:x:data' type='form'><title>T</title><field var='a' type='boolean'><required/><value>1</value></field><field var='b'><value>x</value><value>y</value><option><value>z</value></option></field></x>",
      [
        ["a", ["1"]],
        ["b", ["x", "y"]],
      ],
    ],
    [
      "<x xmlns='jabber:x:data'><field type='fixed'><value>Hello</value></field></x>",
      [["", ["Hello"]]],
    ],
    [
      "<x xmlns='jabber:x:data'><field var='__proto__'><value>v</value></field></x>",
      [["__proto__", ["v"]]],
    ],
    ["<x xmlns='jabber:x:data'/>", []],
    ["<x xmlns='urn:other'/>", undefined],
    ["", undefined],
  ])("%s", (text, fields) => {
    const form = parseForm(stanza(`<iq>${text}</iq>`));
    expect(form && [...form]).toEqual(fields);
  });
});
