/** Presence (RFC 6121 section 4). */

import { NS_CLIENT } from "../namespaces.js";
import { type Element, xml } from "../xml/element.js";

/** `available` is what a presence without `<show/>` means. */
export type Show = "available" | "away" | "chat" | "dnd" | "xa";

export interface Presence {
  show?: Show;
  /** Free text for people. */
  status?: string;
  /** -128 to 127. */
  priority?: number;
}

/** A negative priority never attracts messages meant for a person (RFC 6121 4.7.2.3, 8.5.2.1.1). */
export const DEVICE_PRIORITY = -1;

/** The children of a presence that says this. @throws RangeError for a priority out of range */
export function presenceChildren(presence: Presence): Element[] {
  const { show = "available", status, priority = DEVICE_PRIORITY } = presence;
  if (!isPriority(priority))
    throw new RangeError(`a presence priority is an integer from -128 to 127, not ${priority}`);
  const children: Element[] = [];
  if (show !== "available") children.push(xml("show", { xmlns: NS_CLIENT }, show));
  if (status !== undefined) children.push(xml("status", { xmlns: NS_CLIENT }, status));
  if (priority !== 0) children.push(xml("priority", { xmlns: NS_CLIENT }, String(priority)));
  return children;
}

/** Reads a presence that says whether somebody is there. Anything unknown is read as its default. */
export function parsePresence(stanza: Element): Presence & { from: string; available: boolean } {
  const show = stanza.childText("show") ?? "";
  const status = stanza.childText("status");
  const priority = Number(stanza.childText("priority") ?? "0");
  return {
    from: stanza.attr("from") ?? "",
    available: stanza.attr("type") === undefined,
    show: ["away", "chat", "dnd", "xa"].includes(show) ? (show as Show) : "available",
    priority: isPriority(priority) ? priority : 0,
    ...(status === undefined ? {} : { status }),
  };
}

function isPriority(value: number): boolean {
  return Number.isInteger(value) && value >= -128 && value <= 127;
}
