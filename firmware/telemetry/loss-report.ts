/**
 * Publishes how many entries were lost, and why: as readings named `lost/full`, `lost/expired` and so on behind
 * the device's base name, when the counts have changed.
 *
 * They go at most once, because in an outbox that is full they would cost other readings. They are made
 * when they can be sent, and made again until they have arrived. So no loss stays unknown.
 */

import type { Timer, TimerHandle } from "../io.js";
import { CAUSES, type Losses } from "../outbox/losses.js";
import type { Outbox } from "../outbox/outbox.js";
import { pack } from "./pack.js";
import { toRecords } from "./senml.js";

/** Milliseconds between two reports at least: where every reading costs another, no report goes with each. */
const INTERVAL = 60_000;

export interface LossReportOptions {
  readonly outbox: Outbox;
  readonly timer: Timer;
  readonly node: string;
  /** What goes before the names, as for all readings of the device. */
  readonly baseName: string;
  /** Counts have changed. */
  readonly onLosses?: (losses: Losses) => void;
}

export class LossReport {
  readonly #options: LossReportOptions;
  readonly #onDue: () => void;
  /** The sum of all counts: it changes when any of them does, because they only go up. */
  #known = 0;
  #reported = 0;
  /** The last report, and the sum of the counts in it. */
  #id: string | undefined;
  #sum = 0;
  /** Whether it waits or is on its way, as far as is known: one that has to make room changes the counts. */
  #isUnderWay = false;
  #wait: TimerHandle | undefined;

  /** @param onDue there may be a report to make, after `make` made none */
  constructor(options: LossReportOptions, onDue: () => void) {
    this.#options = options;
    this.#onDue = onDue;
  }

  /** Tells of losses. */
  check(): void {
    const { outbox, onLosses } = this.#options;
    const { losses } = outbox;
    const sum = CAUSES.reduce((total, cause) => total + losses[cause], 0);
    if (sum === this.#known) return;
    this.#known = sum;
    onLosses?.(losses);
  }

  /** Puts a report into the outbox, if one is due. To be called when it can be sent. */
  make(): void {
    const { outbox, timer, node, baseName } = this.#options;
    if (this.#known === this.#reported || this.#wait !== undefined) return;
    if (this.#isUnderWay && this.#known === this.#sum) return;
    const { losses } = outbox;
    const now = Math.round(timer.now());
    const readings = CAUSES.filter((cause) => losses[cause] > 0).map((cause) => ({
      name: `${baseName}lost/${cause}`,
      unit: "count",
      value: losses[cause],
      time: now / 1000,
    }));
    const payload = pack(toRecords(readings));
    this.#id = outbox.append({ node, time: now, payload, qos: "at-most-once" });
    this.#sum = this.#known;
    this.#isUnderWay = true;
    this.#wait = timer.set(() => {
      this.#wait = undefined;
      this.#onDue();
    }, INTERVAL);
  }

  /** Whether this is the id of the report that was made last. */
  is(id: string): boolean {
    return id === this.#id;
  }

  /** It was published. */
  published(): void {
    this.#reported = this.#sum;
    this.#isUnderWay = false;
  }

  /** It did not arrive, as far as is known: there is to be another. */
  failed(): void {
    this.#isUnderWay = false;
  }

  stop(): void {
    this.#options.timer.clear(this.#wait);
  }
}
