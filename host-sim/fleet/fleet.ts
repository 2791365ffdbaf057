/** A fleet: devices that begin one after the other, what they do, and how it ends. */

import type { KeyValueStorage, TimerHandle } from "../../firmware/io.js";
import { MemoryStorage } from "../node/memory-storage.js";
import { type DeviceEvent, FleetDevice } from "./fleet-device.js";
import { LatencyHistogram } from "./latency.js";
import { type FleetPlan, partOf, type Shard, type Stage } from "./plan.js";
import { type Counts, countDevices } from "./tally.js";

export { type DeviceEvent, FleetDevice } from "./fleet-device.js";

/**
 * Devices of a process that connect for the first time, at a time. A server that lets them in more slowly than they come
 * would else have thousands of handshakes to do at once, and be done with none of them in time.
 */
const MOST_NEWCOMERS = 50;

export interface FleetOptions {
  readonly plan: FleetPlan;
  readonly stage: Stage;
  /** Which part of the devices it runs. Default: all. */
  readonly shard?: Shard;
  /** Whether connections can be made to fail: for scenarios and dashboards. Takes some 2 kB for each device. */
  readonly faults?: boolean;
  /** Where a device keeps what waits to be published, by its name. Default: in memory. */
  readonly storage?: (name: string) => KeyValueStorage;
  /** Is told of everything that happens to a device. */
  readonly onEvent?: (device: FleetDevice, event: DeviceEvent) => void;
}

const WHOLE: Shard = Object.freeze({ index: 0, of: 1 });

export class Fleet {
  /** In the order of their numbers. */
  readonly devices: readonly FleetDevice[];
  /** Times from the acceptance of an item to its acknowledgement. */
  readonly latency = new LatencyHistogram();
  readonly plan: FleetPlan;
  readonly stage: Stage;
  /**
   * Resolves when every device has ended: by `close()`, or because trying again was of no use.
   * @throws ConfigError for options that cannot be used
   */
  readonly ended: Promise<void>;
  #end: () => void = () => {};
  #running: number;
  /** When it began, how many devices have begun since, and when the next is to. */
  #started = 0;
  #begun = 0;
  #turn: TimerHandle | undefined;
  /** Devices that connect for the first time. */
  readonly #newcomers = new Set<FleetDevice>();

  constructor(options: FleetOptions) {
    const { plan, stage, faults = false, storage = () => new MemoryStorage() } = options;
    this.plan = plan;
    this.stage = stage;
    let fail: (error: unknown) => void = () => {};
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      fail = reject;
    });
    this.ended.catch(() => {}); // whoever waits for it hears of it
    const shared = {
      plan,
      stage,
      faults,
      storage,
      onEvent: (device: FleetDevice, event: DeviceEvent) => {
        if (event.kind === "acked" && event.latency !== undefined) this.latency.add(event.latency);
        if (
          event.kind === "state" &&
          event.state !== "connecting" &&
          this.#newcomers.delete(device)
        )
          this.#begin();
        options.onEvent?.(device, event);
      },
      onEnded: () => {
        if (--this.#running === 0) this.#end();
      },
      onBroken: fail,
    };
    const mine = partOf(plan, options.shard ?? WHOLE);
    this.devices = mine.map((device) => new FleetDevice(device, shared));
    this.#running = this.devices.length;
  }

  /** What all devices have done so far. */
  get counts(): Counts {
    return countDevices(this.devices, this.latency);
  }

  /** Has the devices begin, one after the other, those of other processes in between. */
  start(): void {
    this.#started = this.stage.reach.timer.now();
    this.#begin();
    if (this.devices.length === 0) this.#end();
  }

  /** Closes all streams in good order. */
  async close(): Promise<void> {
    this.stage.reach.timer.clear(this.#turn);
    this.#begun = this.devices.length;
    for (const device of this.devices) device.close();
    await this.ended.catch(() => {});
  }

  /** @throws Error when some did not work at the end, with the error of the first of them as its cause */
  check(): void {
    const failed = this.devices.filter(({ error }) => error !== undefined);
    if (failed.length === 0) return;
    const what = `${failed.length} of ${this.devices.length} boards ended with an error`;
    throw new Error(what, { cause: failed[0]?.error });
  }

  /** Has devices begin whose turn has come, as long as the server lets in those before them. */
  #begin(): void {
    const { timer } = this.stage.reach;
    timer.clear(this.#turn);
    const first = this.plan.devices[0]?.number ?? 0;
    for (; this.#newcomers.size < MOST_NEWCOMERS; this.#begun++) {
      const device = this.devices[this.#begun];
      if (device === undefined) return;
      const due = this.#started + (device.number - first) * this.plan.connectInterval;
      const wait = Math.ceil(due - timer.now());
      if (wait > 0) {
        this.#turn = timer.set(() => this.#begin(), wait);
        return;
      }
      this.#newcomers.add(device);
      device.start();
    }
  }
}
