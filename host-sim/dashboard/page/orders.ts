/** Orders in which devices are shown: what a person looks for comes first. */

import type { DeviceState } from "../protocol.js";
import type { PageDevice } from "./store.js";

export type Order = "listed" | "state" | "ack" | "waiting";

interface NamedOrder {
  readonly name: string;
  readonly compare: (one: PageDevice, other: PageDevice) => number;
}

/** `sort` leaves those that are alike as they are listed. */
export const ORDERS: Readonly<Record<Order, NamedOrder>> = {
  listed: { name: "As listed", compare: () => 0 },
  state: { name: "Trouble first", compare: (one, other) => rank(one) - rank(other) },
  ack: { name: "Oldest ack first", compare: (one, other) => ackOf(one) - ackOf(other) },
  waiting: { name: "Most waiting first", compare: (one, other) => waits(other) - waits(one) },
};

/** States from offline to online; those that were never seen may be new, and come behind back-off. */
const RANKS: readonly DeviceState[] = ["offline", "backoff", "never", "connecting", "online"];

function rank({ state }: PageDevice): number {
  return RANKS.indexOf(state);
}

function ackOf({ lastAck = 0 }: PageDevice): number {
  return lastAck;
}

function waits({ pending = 0 }: PageDevice): number {
  return pending;
}
