/** How readings are to be delivered. */

import type { QualityOfService } from "../outbox/entry.js";

/** Readings of the same lane may share an item. */
export interface Lane {
  readonly qos: QualityOfService;
  /** Whether they go before everything else. Not with `at-most-once`. */
  readonly alarm: boolean;
}
