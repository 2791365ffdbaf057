/** XEP-0059: Result Set Management, version 1.0: lists in pages, from the side of whoever asks for them. */

import { StanzaError, type XmppError } from "../errors.js";
import { type Element, xml } from "../xml/element.js";

export const NS_RSM = "http://jabber.org/protocol/rsm";

/** Entries of one page: as many as go into a stanza of some ten kilobytes. */
const PAGE_LENGTH = 100;

/** Pages of one list, at most: a service that always has one more is at fault. */
const MAX_PAGES = 1_000;

/** What tells of a page. The names for its ends are the service's own: ejabberd says when, not what. */
export interface Page {
  /** The name of its first entry; of an empty page, none. */
  readonly first?: string;
  /** The name of its last entry. */
  readonly last?: string;
  /** How long the whole list is, if the service says so. */
  readonly count?: number;
}

/** Asks for the page that ends before the entry `before`; for the last page when it is empty (2.5). */
export function pageBefore(before: string): Element {
  const max = xml("max", {}, String(PAGE_LENGTH));
  return xml("set", { xmlns: NS_RSM }, max, xml("before", {}, before === "" ? undefined : before));
}

/** What the service says of the page it sent with `parent`; `undefined` when it does not do pages. */
export function readPage(parent: Element): Page | undefined {
  const set = parent.child("set", NS_RSM);
  if (set === undefined) return undefined;
  const first = set.childText("first");
  const last = set.childText("last");
  const count = set.childText("count") ?? "";
  return {
    ...(first === undefined ? {} : { first }),
    ...(last === undefined ? {} : { last }),
    ...(/^[0-9]{1,15}$/.test(count) ? { count: Number(count) } : {}),
  };
}

/** Takes one page of a list: an error, or its entries and what the service says of it. */
export type TakePage<T> = (
  error: XmppError | undefined,
  entries?: readonly T[],
  page?: Page,
) => void;

/** A list that has been read to its end. */
export interface PagedList<T> {
  /** From the first page to the last; as the service sent them, if it does not do pages. */
  readonly entries: readonly T[];
  readonly isPaged: boolean;
}

/**
 * Reads a whole list, page by page, backwards from its end. Lists of what is published grow at the end and
 * are cut off at the beginning. What is added meanwhile does not move the pages that are still to come; and
 * when the place to go on from has been cut off, so has all before it.
 * @param ask sends a request with the `<set/>`, and gives the answer to `take`
 * @param done gets the error of the first page, or `resource-constraint` for a list that does not end
 */
export function readList<T>(
  ask: (set: Element, take: TakePage<T>) => void,
  done: (error: XmppError | undefined, list?: PagedList<T>) => void,
): void {
  const pages: (readonly T[])[] = [];
  let length = 0;
  let before = "";
  const take: TakePage<T> = (error, entries = [], page) => {
    const isCutOff =
      error instanceof StanzaError && error.condition === "item-not-found" && pages.length > 0;
    if (error !== undefined && !isCutOff) return done(error);
    pages.push(entries);
    length += entries.length;
    const first = page?.first;
    // The number of entries saves the request whose answer would be an empty page, where it is told.
    if (
      first === undefined ||
      first === before ||
      length >= (page?.count ?? Number.POSITIVE_INFINITY)
    ) {
      const isPaged = page !== undefined || isCutOff;
      return done(undefined, { entries: pages.reverse().flat(), isPaged });
    }
    if (pages.length === MAX_PAGES)
      return done(new StanzaError("resource-constraint", "wait", "the list does not end"));
    before = first;
    // Requests may be refused at once when the connection is lost meanwhile.
    try {
      ask(pageBefore(before), take);
    } catch (refusal) {
      done(refusal as XmppError);
    }
  };
  ask(pageBefore(""), take);
}
