/** One device under test: the firmware's own, between faults. It counts what it measures: 1, 2, 3 and so on. */

import type { ClientOptions, ClientState } from "../../firmware/client/client.js";
import { Device, type DeviceOptions, type DeviceOutboxOptions } from "../../firmware/device.js";
import type {
  Crypto,
  KeyValueStorage,
  TCPConstructor,
  Timer,
  TLSConstructor,
} from "../../firmware/io.js";
import type { QualityOfService } from "../../firmware/outbox/entry.js";
import type { Sensor } from "../../firmware/sensors/sensor.js";
import type { Dice } from "./dice.js";
import { FaultyClock } from "./faults/clock.js";
import { type DeviceFault, describeFault } from "./faults/fault.js";
import { FaultyLink } from "./faults/link.js";
import { FaultyStorage } from "./faults/storage.js";
import type { Wire } from "./faults/wire.js";
import type { Journal } from "./journal.js";
import type { Taken } from "./property.js";

/** Where devices run, and what they reach. */
export interface Site {
  readonly timer: Timer;
  readonly TCP: TCPConstructor;
  readonly TLS: TLSConstructor;
  /** Milliseconds for which the server does not learn that a device is gone. */
  readonly ghost: number;
  /** The way of a device's connections, where they can break below TLS. */
  wire?(device: number): Wire | undefined;
  /** How to log in as a device, or as the subscriber. */
  reach(who: string): Pick<
    ClientOptions,
    "jid" | "password" | "host" | "port" | "security" | "dns"
  > & {
    readonly certificate?: string;
  };
  crypto(dice: Dice): Crypto;
  readonly service: string;
  readonly node: string;
}

/** How the devices of a run are set. */
export type BoardSettings = Required<Pick<DeviceOptions, "interval" | "batch" | "pace">> &
  Pick<ClientOptions, "backoff" | "keepAlive"> & {
    readonly qos: QualityOfService;
    readonly outbox: Partial<DeviceOutboxOptions> & Pick<DeviceOutboxOptions, "capacity">;
  };

export interface BoardOptions {
  readonly site: Site;
  readonly settings: BoardSettings;
  readonly storage: KeyValueStorage;
  readonly dice: Dice;
  readonly journal: Journal;
}

/** A reading, until it is known whether it is owed. */
interface Reading {
  readonly number: number;
  readonly isAlarm: boolean;
  accepted: number | undefined;
  item: string | undefined;
  /** How many writes to storage had succeeded by then, and how many had failed. */
  written: number;
  failed: number;
  isLost: boolean;
}

/** Milliseconds by which timers of a real machine may be late. */
const TIMER_ACCURACY = 2;

export class Board {
  readonly number: number;
  /** How many sessions were begun, and how often one was resumed. */
  sessions = 0;
  resumes = 0;
  readonly #options: BoardOptions;
  readonly #link: FaultyLink;
  readonly #wire: Wire | undefined;
  readonly #clock: FaultyClock;
  readonly #storage: FaultyStorage;
  readonly #taken: Reading[] = [];
  /** What is in each item, by its id. */
  readonly #items = new Map<string, readonly number[]>();
  #device: Device | undefined;
  #isOn = false;
  #hasEnded = false;
  #boots = 0;
  /** How long power stays off when it goes at a write. */
  #off = 0;
  /** Readings from here on are not owed: there is no time left to deliver them. */
  #owes = true;

  constructor(number: number, options: BoardOptions) {
    const { site, storage, dice, journal } = options;
    this.number = number;
    this.#options = options;
    this.#link = new FaultyLink(site);
    this.#wire = site.wire?.(number);
    this.#clock = new FaultyClock(site.timer);
    this.#storage = new FaultyStorage(storage, dice.split());
    this.#storage.onPowerCut = () => {
      journal.note("power goes in the middle of a write", number);
      this.#powerOff(this.#off);
    };
    this.#powerOn();
  }

  /** What it has taken so far, in order. */
  get taken(): Taken[] {
    return this.#taken.map(({ number, isAlarm, item, accepted, isLost }) => ({
      device: this.number,
      number,
      isAlarm,
      item,
      isOwed: accepted !== undefined && !isLost,
    }));
  }

  /** How many items it has counted as lost. */
  get counted(): number {
    return Object.values(this.#device?.losses ?? {}).reduce((sum, count) => sum + count, 0);
  }

  /** The most that was ever in its storage, in bytes. */
  get stored(): number {
    return this.#storage.peak;
  }

  /** How often it got its power back. */
  get reboots(): number {
    return this.#boots - 1;
  }

  /** Whether it is online, and all that it has accepted is acknowledged. */
  get hasDelivered(): boolean {
    return this.state === "online" && this.pending === 0;
  }

  get state(): ClientState | "off" {
    return this.#device?.state ?? "off";
  }

  /** Entries that wait in the outbox. */
  get pending(): number {
    return this.#device?.pending ?? 0;
  }

  /** @returns whether it could have an effect: there are some that a device without power or connection is spared */
  fail(fault: DeviceFault): boolean {
    const { kind } = fault;
    if ((kind === "power" || kind === "restart") && !this.#isOn) return false;
    if (kind === "tear" && this.#wire === undefined) return false;
    if ((kind === "cut" || kind === "half-open") && !this.#link.isConnected) return false;
    this.#options.journal.note(describeFault(fault), this.number);
    switch (kind) {
      case "tear":
        if (fault.which === "next") this.#wire?.tear();
        this.#wire?.tearAfter(fault.direction, fault.bytes);
        return true;
      case "restart":
        this.#suspend(fault.off);
        return true;
      case "power":
        this.#powerOff(fault.off);
        return true;
      case "power-at-write":
        this.#off = fault.off;
        this.#storage.cutAfter(fault.writes, fault.cut);
        return true;
      case "storage":
        this.#storage.fail(fault.writes);
        return true;
      case "clock":
        this.#clock.jump(fault.by);
        return true;
      default:
        this.#link.fail(fault);
        return true;
    }
  }

  /** Nothing goes wrong any more, and what it takes from now on is not owed. */
  heal(): void {
    this.#owes = false;
    this.#link.heal();
    this.#wire?.heal();
    this.#storage.heal();
  }

  /** Drops it for good. */
  end(): void {
    this.#turnOff();
    this.#link.heal();
    this.#hasEnded = true;
  }

  /** @throws Error when the device does not start, but not when its power goes meanwhile */
  #powerOn(): void {
    if (this.#hasEnded) return;
    this.#isOn = true;
    this.#clock.powerOn();
    this.#storage.powerOn();
    this.#link.powerOn();
    this.#boots++;
    try {
      const device = this.#start();
      if (this.#isOn) this.#device = device;
    } catch (error) {
      if (this.#isOn) throw error;
    }
  }

  #start(): Device {
    const { site, settings, dice, journal } = this.#options;
    const { certificate, ...reach } = site.reach(`device${this.number}`);
    const { backoff, keepAlive, qos: _, ...rest } = settings;
    const boot = this.#boots;
    // What still runs of a device that has lost its power has nothing to tell.
    const whileOn =
      <Args extends unknown[]>(tell: (...args: Args) => void) =>
      (...args: Args): void => {
        if (this.#isOn && boot === this.#boots) tell(...args);
      };
    return new Device({
      ...rest,
      client: {
        ...reach,
        tcp: { io: this.#link.TCP },
        tls: {
          io: this.#link.TLS,
          TCP: { io: this.#link.TCP },
          ...(certificate === undefined ? {} : { secure: { certificate } }),
        },
        timer: this.#clock,
        crypto: site.crypto(dice),
        ...(backoff === undefined ? {} : { backoff }),
        ...(keepAlive === undefined ? {} : { keepAlive }),
        onOnline: whileOn(() => {
          this.sessions++;
          journal.note("a session begins", this.number);
        }),
        onResumed: whileOn(() => {
          this.resumes++;
          journal.note("the session is resumed", this.number);
        }),
      },
      storage: this.#storage,
      sensor: this.#sensor(),
      baseName: baseOf(this.number),
      service: site.service,
      node: site.node,
      onReadings: whileOn((readings, id) => {
        const numbers = readings.map(({ value }) => value as number);
        this.#accept(numbers, id);
      }),
      onPublished: whileOn((id) => {
        journal.note(`item ${id} is acknowledged`, this.number, this.#items.get(id) ?? []);
      }),
      onError: whileOn((error) => journal.note(`error: ${error.message}`, this.number)),
    });
  }

  /** Restarts in good order: all that is in RAM is stored, unless storage fails or power goes amid it. */
  #suspend(off: number): void {
    const { failed, written } = this.#storage;
    try {
      this.#device?.suspend();
    } catch (error) {
      if (this.#isOn) throw error;
    }
    // What was written after a failure may have been the session alone.
    if (this.#isOn)
      this.#powerOff(off, this.#storage.failed > failed ? written : Number.POSITIVE_INFINITY);
  }

  /** @param written how many writes have made durable what was accepted before them */
  #powerOff(off: number, written = this.#storage.written): void {
    const { site, journal } = this.#options;
    this.#turnOff();
    for (const reading of this.#taken)
      if (this.#mayHaveLost(reading, written)) reading.isLost = true;
    site.timer.set(() => {
      journal.note("power is back", this.number);
      this.#powerOn();
    }, off);
  }

  /**
   * Whether it was in RAM only when power went: nothing was written since, because the window was not over, or that
   * write failed, or power went in the middle of it.
   */
  #mayHaveLost({ isAlarm, accepted, ...then }: Reading, written: number): boolean {
    const { site, settings } = this.#options;
    const { window = 0 } = settings.outbox;
    const { failed, isTorn } = this.#storage;
    if (window === 0 || isAlarm || accepted === undefined || written > then.written) return false;
    return failed > then.failed || isTorn || site.timer.now() - accepted <= window + TIMER_ACCURACY;
  }

  #turnOff(): void {
    this.#isOn = false;
    this.#device = undefined;
    this.#clock.powerOff();
    this.#storage.powerOff();
    this.#link.powerOff();
  }

  #accept(numbers: readonly number[], id: string): void {
    const { site, journal } = this.#options;
    for (const number of numbers) {
      const reading = this.#taken[number - 1] as Reading;
      reading.accepted = this.#owes ? site.timer.now() : undefined;
      reading.item = id;
      reading.written = this.#storage.written;
      reading.failed = this.#storage.failed;
    }
    this.#items.set(id, numbers);
    journal.note(`accepted as item ${id}`, this.number, numbers);
  }

  #sensor(): Sensor {
    const { dice, settings } = this.#options;
    const { qos } = settings;
    return {
      channels: [{ name: "number", unit: "count", qos }],
      sample: (time) => {
        if (dice.oneIn(4)) {
          const reading = { name: `${baseOf(this.number)}alarm`, value: this.#take(true), time };
          this.#device?.add([[{ qos, alarm: true }, reading]]);
        }
        return [this.#take(false)];
      },
      close: () => {},
    };
  }

  /** Measures. @returns the number of the reading */
  #take(isAlarm: boolean): number {
    const number = this.#taken.length + 1;
    this.#taken.push({
      number,
      isAlarm,
      accepted: undefined,
      item: undefined,
      written: 0,
      failed: 0,
      isLost: false,
    });
    return number;
  }
}

function baseOf(device: number): string {
  return `urn:dev:ops:chaos-${device}:`;
}

/** The device that a reading is from, by its name; `undefined` for what does not count, such as reports of losses. */
export function deviceOf(name: string): number | undefined {
  const match = /^urn:dev:ops:chaos-([0-9]+):(number|alarm)$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}
