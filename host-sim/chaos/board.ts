/** One device under test: the firmware's own, between faults. It counts what it measures: 1, 2, 3 and so on. */

import type { ClientOptions, ClientState } from "../../firmware/client/client.js";
import { Device, type DeviceOptions } from "../../firmware/device.js";
import type {
  Crypto,
  KeyValueStorage,
  TCPConstructor,
  Timer,
  TLSConstructor,
} from "../../firmware/io.js";
import type { Sensor } from "../../firmware/sensors/sensor.js";
import type { Dice } from "./dice.js";
import { FaultyClock } from "./faults/clock.js";
import { type DeviceFault, describeFault } from "./faults/fault.js";
import { FaultyLink } from "./faults/link.js";
import { FaultyStorage } from "./faults/storage.js";
import type { Journal } from "./journal.js";
import type { Taken } from "./property.js";

/** Where devices run, and what they reach. */
export interface Site {
  readonly timer: Timer;
  readonly TCP: TCPConstructor;
  readonly TLS: TLSConstructor;
  /** Milliseconds for which the server does not learn that a device is gone. */
  readonly ghost: number;
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
export type BoardSettings = Required<
  Pick<DeviceOptions, "interval" | "outbox" | "batch" | "pace">
> &
  Pick<ClientOptions, "backoff" | "keepAlive">;

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
  accepted: number | undefined;
  /** How often storage had been changed by then. */
  changes: number;
  isLost: boolean;
}

export class Board {
  readonly number: number;
  /** How many sessions were begun, and how often one was resumed. */
  sessions = 0;
  resumes = 0;
  readonly #options: BoardOptions;
  readonly #link: FaultyLink;
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
    return this.#taken.map(({ number, accepted, isLost }) => ({
      device: this.number,
      number,
      isOwed: accepted !== undefined && !isLost,
    }));
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
    if (kind === "power" && !this.#isOn) return false;
    if ((kind === "cut" || kind === "half-open") && !this.#link.isConnected) return false;
    this.#options.journal.note(describeFault(fault), this.number);
    switch (kind) {
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
    const { backoff, keepAlive, ...rest } = settings;
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

  #powerOff(off: number): void {
    const { site, journal } = this.#options;
    this.#turnOff();
    for (const reading of this.#taken) if (this.#mayHaveLost(reading)) reading.isLost = true;
    site.timer.set(() => {
      journal.note("power is back", this.number);
      this.#powerOn();
    }, off);
  }

  /**
   * Whether it was in RAM only when power went. At the end of the window that may be in the very write that makes it
   * durable; and when that write fails, it stays there until another succeeds.
   */
  #mayHaveLost({ accepted, changes }: Reading): boolean {
    const { window = 0 } = this.#options.settings.outbox;
    if (window === 0 || accepted === undefined) return false;
    if (this.#options.site.timer.now() - accepted <= window) return true;
    return this.#storage.hasFailed && this.#storage.changes === changes;
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
      reading.changes = this.#storage.changes;
    }
    this.#items.set(id, numbers);
    journal.note(`accepted as item ${id}`, this.number, numbers);
  }

  #sensor(): Sensor {
    return {
      channels: [{ name: CHANNEL, unit: "count" }],
      sample: () => {
        const number = this.#taken.length + 1;
        this.#taken.push({ number, accepted: undefined, changes: 0, isLost: false });
        return [number];
      },
      close: () => {},
    };
  }
}

const CHANNEL = "number";

function baseOf(device: number): string {
  return `urn:dev:ops:chaos-${device}:`;
}

/** The device that a reading is from, by its name; `undefined` for what does not count, such as reports of losses. */
export function deviceOf(name: string): number | undefined {
  const match = /^urn:dev:ops:chaos-([0-9]+):number$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}
