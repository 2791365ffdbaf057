/** What goes into the outbox, and what comes out. */

/**
 * When an entry is forgotten: when it has been given out (*at most once*), when it is acknowledged
 * (*at least once*), or when the acknowledgement has settled (*effectively once*). A repeat has the id of
 * the first time in any case; that it has no effect is up to a node, and subscribers, that go by the id.
 */
export type QualityOfService = "at-most-once" | "at-least-once" | "effectively-once";

/** What storage keeps of an entry, beside its id. */
export interface Content {
  /** The pub/sub node. */
  readonly node: string;
  /** When the reading was taken, as far as the device knew: whole milliseconds since the epoch. */
  readonly time: number;
  readonly payload: Uint8Array;
}

/** What is to be delivered. */
export interface Message extends Content {
  readonly qos: QualityOfService;
  /** Goes before everything else, and is written at once. Not at most once. */
  readonly alarm?: boolean;
}

/** What is given out. */
export interface Entry extends Content {
  /** Made once, and never used for another entry. */
  readonly id: string;
  /** How often it was given out since the device was started or it was last acknowledged, now included. */
  readonly attempts: number;
}
