/** The steps of a scenario. Times are in milliseconds, shares from 0 to 1. */

/** Which devices a step is about: a share of those of a type, or of all. */
export interface Target {
  readonly share: number;
  readonly type?: string;
}

/** What is done to devices. */
export type DeviceStep = Target &
  (
    | { readonly kind: "cut" }
    | { readonly kind: "stall"; readonly time: number }
    | { readonly kind: "latency"; readonly delay: number; readonly time: number }
    | { readonly kind: "reboot" }
    | { readonly kind: "power-loss"; readonly off: number }
    | { readonly kind: "skew-clock"; readonly by: number }
    | { readonly kind: "revoke" }
  );

/** What is to be so, within a time. Where several things are said, all of them. */
export interface Expectation {
  readonly kind: "expect";
  /** The share of all devices that is online, at least. */
  readonly online?: number;
  /** The share that has resumed a session, at least. */
  readonly resumed?: number;
  /** Items that every device has delivered, at least. */
  readonly published?: number;
  /** Items that wait in all outboxes together, at most. */
  readonly pending?: number;
  /** Items that were lost, all devices together, at most. */
  readonly lost?: number;
  /** The 95th percentile of the time to an acknowledgement, at most. */
  readonly latencyP95?: number;
  readonly within: number;
}

export type Step =
  | { readonly kind: "wait"; readonly time: number }
  | Expectation
  | DeviceStep
  | { readonly kind: "server-restart"; readonly down: number };
