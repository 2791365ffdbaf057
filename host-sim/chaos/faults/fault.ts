/** Everything that may go wrong. Times are in milliseconds. */

import type { LinkFault } from "./link.js";
import type { Cut } from "./storage.js";

/** What goes wrong with one device. */
export type DeviceFault =
  | LinkFault
  /** The connection breaks below TLS when so many more bytes have gone this way; or at once, and the next one then. */
  | {
      readonly kind: "tear";
      readonly which: "this" | "next";
      readonly direction: "in" | "out";
      readonly bytes: number;
    }
  /** It restarts in good order, and goes on with its session. */
  | { readonly kind: "restart"; readonly off: number }
  /** Power goes, at once. */
  | { readonly kind: "power"; readonly off: number }
  /** Power goes at a write to storage, after so many more. */
  | {
      readonly kind: "power-at-write";
      readonly writes: number;
      readonly cut: Cut;
      readonly off: number;
    }
  /** So many writes to storage fail. */
  | { readonly kind: "storage"; readonly writes: number }
  /** The device's clock is set, forwards or back. */
  | { readonly kind: "clock"; readonly by: number };

/** What goes wrong with the server. */
export type ServerFault =
  /** It is killed, and started again after a while, with its data. */
  | { readonly kind: "kill"; readonly down: number }
  /** It resumes no session of before. */
  | { readonly kind: "forget" };

export type Fault = DeviceFault | ServerFault;

export type FaultKind = Fault["kind"];

export const LINK_FAULTS = Object.freeze([
  "cut",
  "reset",
  "half-open",
  "stall",
  "delay",
  "trickle",
  "slow-reader",
  "outage",
] as const);

const OTHER_FAULTS = Object.freeze([
  "restart",
  "power",
  "power-at-write",
  "storage",
  "clock",
  "kill",
] as const);

/** What can go wrong on the virtual clock, where there is no TLS. */
export const VIRTUAL_FAULTS: readonly FaultKind[] = Object.freeze([
  ...LINK_FAULTS,
  ...OTHER_FAULTS,
  "forget",
]);

/** What can go wrong on an installed server, which forgets sessions only as it is killed. */
export const REAL_FAULTS: readonly FaultKind[] = Object.freeze([
  ...LINK_FAULTS,
  "tear",
  ...OTHER_FAULTS,
]);

/** A fault in words: `cut, out, 120 bytes`. */
export function describeFault({ kind, ...details }: Fault): string {
  const words = Object.entries(details).map(([name, value]) => `${name} ${value}`);
  return [kind, ...words].join(", ");
}
