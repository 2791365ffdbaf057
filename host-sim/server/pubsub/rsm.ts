/** XEP-0059: Result Set Management, version 1.0: lists in pages. */

import { StanzaError } from "../../../firmware/xmpp/errors.js";
import { NS_RSM } from "../../../firmware/xmpp/extensions/rsm.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import { itemNotFound } from "./errors.js";

/** Entries that are sent at once, however many are asked for. */
const PAGE_LENGTH = 1_000;

export interface Page {
  /** What is on the page. */
  readonly ids: readonly string[];
  /** What tells of the page to whoever asked for one. */
  readonly set: Element | undefined;
}

/**
 * The page of a list that the `<set/>` in a request asks for. Without one it is all of the list; but of one that
 * is too long to be sent at once, it is the beginning, and that it was cut short is said (XEP-0060 6.5.4).
 * @param ids what the list holds, in order, each once
 * @throws StanzaError `item-not-found` when the page is to begin or end at what is not in the list
 */
export function page(ids: readonly string[], request: Element): Page {
  const set = request.child("set", NS_RSM);
  if (set === undefined) {
    if (ids.length <= PAGE_LENGTH) return { ids, set: undefined };
    const found = ids.slice(0, PAGE_LENGTH);
    return { ids: found, set: pageElement(found, 0, ids.length) };
  }
  if (set.child("index") !== undefined)
    throw new StanzaError("feature-not-implemented", "cancel", "there are no pages by index");
  const max = readMax(set.childText("max") ?? "");
  const after = set.childText("after");
  const before = set.childText("before");

  let start = after === undefined ? 0 : find(ids, after) + 1;
  let end = before === undefined || before === "" ? ids.length : find(ids, before);
  if (before === undefined) end = Math.min(end, start + max);
  else start = Math.max(start, end - max);
  const found = ids.slice(start, end);
  return { ids: found, set: pageElement(found, start, ids.length) };
}

function readMax(text: string): number {
  if (text === "") return PAGE_LENGTH;
  if (!/^[0-9]{1,9}$/.test(text))
    throw new StanzaError("bad-request", "modify", `a page of at most "${text}"`);
  return Math.min(Number(text), PAGE_LENGTH);
}

function find(ids: readonly string[], id: string): number {
  const at = ids.indexOf(id);
  if (at < 0) throw itemNotFound(`${id} is not in the list any more`);
  return at;
}

function pageElement(ids: readonly string[], start: number, count: number): Element {
  const [first] = ids;
  return xml(
    "set",
    { xmlns: NS_RSM },
    first === undefined ? undefined : xml("first", { index: String(start) }, first),
    first === undefined ? undefined : xml("last", {}, ids[ids.length - 1]),
    xml("count", {}, String(count)),
  );
}
