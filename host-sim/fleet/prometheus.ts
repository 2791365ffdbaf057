/** What a fleet has done, for Prometheus. */

import { Gauge, Registry } from "prom-client";
import { LatencyHistogram } from "./latency.js";
import type { Counts } from "./tally.js";

const HELP = {
  devices: "Devices of the fleet",
  connects: "Sessions that were begun",
  resumes: "Sessions that went on after their connection was lost",
  taken: "Items that outboxes have taken",
  published: "Items that the server has acknowledged",
  pending: "Items that wait in outboxes",
  lost: "Items that were lost",
  faults: "Things that were done to devices",
  reboots: "Restarts of devices",
  failed: "Devices that gave up",
} as const;

export class FleetMetrics {
  readonly #registry = new Registry();

  /** @param counts gives what there is to tell */
  constructor(counts: () => Counts) {
    const gauge = <Label extends string>(
      name: string,
      help: string,
      labelNames: readonly Label[],
      collect: (gauge: Gauge<Label>) => void,
    ): void => {
      new Gauge<Label>({
        name: `pipit_fleet_${name}`,
        help,
        labelNames,
        registers: [this.#registry],
        collect() {
          this.reset();
          collect(this);
        },
      });
    };
    for (const [name, help] of Object.entries(HELP))
      gauge(name, help, [], (it) => it.set(counts()[name as keyof typeof HELP]));
    gauge("states", "Devices in each state", ["state"], (it) => {
      for (const [state, count] of Object.entries(counts().states)) it.set({ state }, count);
    });
    gauge(
      "ack_seconds",
      "From the acceptance of an item to its acknowledgement",
      ["quantile"],
      (it) => {
        const latency = new LatencyHistogram(counts().latencies);
        for (const quantile of [0.5, 0.95, 0.99]) {
          const value = latency.quantile(quantile);
          if (value !== undefined) it.set({ quantile }, value / 1000);
        }
      },
    );
  }

  /** What Prometheus reads (text format 0.0.4). */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
