/** Why an entry was not delivered. The order is that of the counters on flash: add at the end only. */
export const CAUSES = Object.freeze([
  /** There was no room, and the policy chose this entry. */
  "full",
  /** It was older than the age limit before it could go. */
  "expired",
  /** The publisher gave it up: the service will never take it. */
  "refused",
  /** Its checksum did not match. For a value of which nothing can be read, one is counted. */
  "damaged",
  /**
   * Forgotten before it was sure to have arrived, and so perhaps not lost: acknowledged, but not settled when there was
   * need of the room; or sent to go at most once, and never acknowledged.
   */
  "unsettled",
] as const);

export type Cause = (typeof CAUSES)[number];

/** How many entries were lost, by cause, since the store was new. The numbers only go up. */
export type Losses = Readonly<Record<Cause, number>>;
