/** What the collector knows, for Prometheus. */

import { createServer, type Server } from "node:http";
import { Counter, Gauge, Registry } from "prom-client";
import { portProblem } from "../node/port-problem.js";
import type { Counts } from "./collector.js";
import { channelOf, deviceOf } from "./names.js";
import type { CollectedItem } from "./store.js";

/** Channels that are shown at most. Whoever may publish may also make them up, and each costs memory. */
const MAX_CHANNELS = 50_000;

const LABELS = ["device", "channel", "unit"] as const;

export class Metrics {
  readonly #registry = new Registry();
  readonly #values = new Gauge({
    name: "pipit_reading",
    help: "The newest value of a channel; booleans are 0 and 1",
    labelNames: LABELS,
    registers: [this.#registry],
  });
  readonly #times = new Gauge({
    name: "pipit_reading_time_seconds",
    help: "When that was measured, in seconds since the epoch",
    labelNames: LABELS,
    registers: [this.#registry],
  });
  /** The time of what is shown, by channel: what comes late is not the newest. */
  readonly #shown = new Map<string, number>();

  /** @param counts gives what the collector has counted */
  constructor(counts: () => Counts) {
    const count = (what: keyof Counts, help: string): void => {
      const collect = function (this: Counter): void {
        this.reset();
        this.inc(counts()[what]);
      };
      new Counter({ name: `pipit_${what}_total`, help, registers: [this.#registry], collect });
    };
    count("items", "Items that were stored");
    count("readings", "Readings that were stored");
    count("repeated", "Items that came again");
    count("unreadable", "Items that are not SenML");
  }

  add(items: readonly CollectedItem[]): void {
    const now = Date.now() / 1000;
    for (const { readings } of items)
      for (const { name, unit = "", value, time } of readings) {
        if (typeof value !== "number" && typeof value !== "boolean") continue;
        const shown = this.#shown.get(`${name} ${unit}`);
        if (shown === undefined ? this.#shown.size >= MAX_CHANNELS : shown > time) continue;
        // A clock that is wrong, or a stranger, must not keep away what comes later.
        this.#shown.set(`${name} ${unit}`, Math.min(time, now));
        const labels = { device: deviceOf(name), channel: channelOf(name), unit };
        this.#values.set(labels, Number(value));
        this.#times.set(labels, time);
      }
  }

  /** What Prometheus reads (text format 0.0.4). */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

/**
 * Serves metrics on `/metrics`.
 * @param option of the command line, which chooses another port
 * @throws ConfigError `port` when it cannot be listened on
 */
export function serveMetrics(
  metrics: Pick<Metrics, "text">,
  host: string,
  port: number,
  option: string,
): Promise<Server> {
  const server = createServer((request, response) => {
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead || request.url?.split("?")[0] !== "/metrics") {
      response.writeHead(isRead ? 404 : 405).end("The metrics are at /metrics\n");
      return;
    }
    metrics.text().then(
      (text) => response.writeHead(200, { "Content-Type": "text/plain; version=0.0.4" }).end(text),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(portProblem(error, host, port, option)));
    server.listen(port, host, () => resolve(server));
  });
}
