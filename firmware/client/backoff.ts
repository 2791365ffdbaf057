/** How long to wait before connecting again: truncated binary exponential backoff with jitter (RFC 6120 3.3). */

import type { Retry } from "../xmpp/errors.js";

/** All in milliseconds. */
export interface BackoffOptions {
  /** The first connection is made at a random moment within this time, so that a fleet does not start in step. */
  readonly start: number;
  /** The window of the first retry; each further one doubles it. */
  readonly base: number;
  /** The widest window. */
  readonly limit: number;
  /** The window when haste would make it worse. */
  readonly later: number;
}

export const BACKOFF: BackoffOptions = Object.freeze({
  start: 5_000,
  base: 8_000,
  limit: 300_000,
  later: 600_000,
});

export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #window: number;

  /** @param random gives numbers from 0 up to, not including, 1 */
  constructor(options: BackoffOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
    this.#window = options.base;
  }

  /** Before the very first connection. */
  first(): number {
    return Math.floor(this.#random() * this.#options.start);
  }

  /**
   * Before the next try. The whole window is used, because a fleet that lost its server lost it in one moment.
   */
  next(retry: Exclude<Retry, "never">): number {
    const { limit, later } = this.#options;
    if (retry === "later") return Math.floor((0.5 + this.#random() / 2) * later);
    const delay = Math.floor(this.#random() * this.#window);
    this.#window = Math.min(this.#window * 2, limit);
    return delay;
  }

  /** The stream is up: not just the connection, for a load balancer accepts those without a server behind it. */
  reset(): void {
    this.#window = this.#options.base;
  }
}
