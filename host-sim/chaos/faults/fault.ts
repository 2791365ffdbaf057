/** Everything that may go wrong. Times are in milliseconds. */

import type { LinkFault } from "./link.js";
import type { Cut } from "./storage.js";

/** What goes wrong with one device. */
export type DeviceFault =
  | LinkFault
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

export const FAULTS: readonly FaultKind[] = Object.freeze([
  ...LINK_FAULTS,
  "power",
  "power-at-write",
  "storage",
  "clock",
  "kill",
  "forget",
]);

/** A fault in words: `cut, out, 120 bytes`. */
export function describeFault({ kind, ...details }: Fault): string {
  const words = Object.entries(details).map(([name, value]) => `${name} ${value}`);
  return [kind, ...words].join(", ");
}
