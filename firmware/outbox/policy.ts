/** Which segment has to go when there is no room. */

import { ConfigError } from "../xmpp/errors.js";
import { ALARM, IN_FLIGHT, type SegmentTable, UNSTORED, WAITING } from "./segment-table.js";

/**
 * What to do when the outbox is full:
 *
 * - `drop-oldest`: what waits longest makes room.
 * - `drop-newest`: what comes is not taken.
 * - `thin`: of what waits, every n-th is kept (n is 2 or more), the oldest first; when all has been
 *   thinned, it is thinned again. So a long outage loses resolution instead of its beginning or its end.
 *
 * All of them drop segments, which are entries that were written together: single entries if the window
 * is 0. So nothing is rewritten to make room. Alarms make room for themselves under any policy; they go
 * only when nothing else is left.
 */
export type Policy = "drop-oldest" | "drop-newest" | { readonly thin: number };

export class Dropper {
  readonly #policy: Policy;
  /** How far `thin` has come: the first entry of the last segment it looked at. */
  #thinned = -1;
  /** How many segments it has dropped since the last one that it kept. */
  #dropped = 0;

  /** @throws ConfigError `outbox-policy` when it keeps all, or not a whole number */
  constructor(policy: Policy) {
    if (typeof policy === "object" && !(Number.isInteger(policy.thin) && policy.thin >= 2))
      throw new ConfigError(
        "outbox-policy",
        `thin: ${policy.thin} is not a whole number from 2 up`,
      );
    this.#policy = policy;
  }

  /**
   * The row of the segment to drop next, or -1 if what comes is to be dropped.
   * @param alarm whether an alarm needs the room
   */
  choose(table: SegmentTable, alarm: boolean): number {
    if (this.#policy === "drop-newest" && !alarm) return -1;
    const row = typeof this.#policy === "object" ? this.#thin(table, this.#policy.thin) : -1;
    if (row >= 0) return row;
    const oldest = find(table, 0, false);
    return oldest >= 0 || this.#policy === "drop-newest" ? oldest : find(table, 0, true);
  }

  #thin(table: SegmentTable, keep: number): number {
    for (let passes = 0; passes < 2; passes++) {
      for (let row = this.#next(table); row >= 0; row = this.#next(table)) {
        this.#thinned = table.first(row);
        if (++this.#dropped < keep) return row;
        this.#dropped = 0;
      }
      this.#thinned = -1;
    }
    return -1;
  }

  #next(table: SegmentTable): number {
    let row = 0;
    while (row < table.length && table.first(row) <= this.#thinned) row++;
    return find(table, row, false);
  }
}

/** The first segment from `row` on that may be dropped, or -1. Not one in flight: it may be arriving. */
function find(table: SegmentTable, row: number, alarms: boolean): number {
  for (let at = row; at < table.length; at++)
    if (
      table.slot(at) !== UNSTORED &&
      table.includes(at, WAITING) &&
      !table.includes(at, IN_FLIGHT) &&
      (alarms || !hasAlarm(table, at))
    )
      return at;
  return -1;
}

function hasAlarm(table: SegmentTable, row: number): boolean {
  for (let index = 0; index < table.count(row); index++)
    if (table.has(row, index, ALARM) && table.state(row, index) === WAITING) return true;
  return false;
}
