/** XEP-0004: Data Forms, version 2.13.1: as much of it as configures nodes. */

import { type Element, xml } from "../xml/element.js";

export const NS_DATA = "jabber:x:data";

/** The fields of a form by name, each with its values. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** A filled-in form. @param formType what kind of form it is (XEP-0068) */
export function submitForm(
  formType: string,
  fields: Readonly<Record<string, string | readonly string[]>>,
): Element {
  const type = xml("field", { var: "FORM_TYPE", type: "hidden" }, xml("value", {}, formType));
  const filled = Object.keys(fields).map((name) => {
    const values = fields[name] as string | readonly string[];
    const list = typeof values === "string" ? [values] : values;
    return xml("field", { var: name }, ...list.map((value) => xml("value", {}, value)));
  });
  return xml("x", { xmlns: NS_DATA, type: "submit" }, type, ...filled);
}

/** The fields of the form among the children of `parent`, or `undefined` when there is none. */
export function parseForm(parent: Element): Fields | undefined {
  const form = parent.child("x", NS_DATA);
  if (form === undefined) return undefined;
  const fields = new Map<string, string[]>();
  form.childrenNamed("field").forEach((field) => {
    const values = field.childrenNamed("value").map((value) => value.text());
    fields.set(field.attr("var") ?? "", values);
  });
  return fields;
}
