/** One simulated device: the firmware's own, with what can be done to it, and what it has done so far. */

import type { ClientState } from "../../firmware/client/client.js";
import { Device } from "../../firmware/device.js";
import type { KeyValueStorage, TimerHandle } from "../../firmware/io.js";
import { CAUSES, type Losses } from "../../firmware/outbox/losses.js";
import type { ProgramRunner } from "../../firmware/sensors/program-runner.js";
import { Random } from "../../firmware/sensors/random.js";
import type { Sensor } from "../../firmware/sensors/sensor.js";
import type { Reading } from "../../firmware/telemetry/senml.js";
import type { XmppError } from "../../firmware/xmpp/errors.js";
import type { Element } from "../../firmware/xmpp/xml/element.js";
import { FaultyClock } from "../chaos/faults/clock.js";
import { FaultyLink, type LinkFault } from "../chaos/faults/link.js";
import { baseNameOf, type DevicePlan, type FleetPlan, type Stage } from "./plan.js";

/** What a device tells of. Times are milliseconds of the stage's clock. */
export type DeviceEvent =
  | { readonly kind: "state"; readonly state: FleetDevice["state"] }
  /** Readings were taken into the outbox, as the item with this id. */
  | { readonly kind: "readings"; readonly readings: readonly Reading[]; readonly id: string }
  /** An item is on the node. @see {@link FleetDevice.lastAck} */
  | { readonly kind: "acked"; readonly id: string; readonly latency: number | undefined }
  | { readonly kind: "session" }
  | { readonly kind: "resumed" }
  | { readonly kind: "error"; readonly error: XmppError }
  | { readonly kind: "losses"; readonly losses: Losses }
  /** Something was done to it, in words. */
  | { readonly kind: "fault"; readonly fault: string };

/** What devices of a fleet share. */
export interface FleetDeviceOptions {
  readonly plan: FleetPlan;
  readonly stage: Stage;
  /** Whether its connection can be made to fail, which takes memory. */
  readonly faults: boolean;
  readonly storage: (name: string) => KeyValueStorage;
  readonly onEvent: (device: FleetDevice, event: DeviceEvent) => void;
  /** It has ended for good: it was closed, or trying again is of no use. */
  readonly onEnded: (device: FleetDevice) => void;
  /** It could not even be started, because its options cannot be used. */
  readonly onBroken: (error: unknown) => void;
}

/** Milliseconds for which a server does not learn that a device is gone. */
const GHOST = 5_000;

/** Items whose latency is measured at a time, for each device. */
const MOST_TIMED = 64;

/** Milliseconds that a reboot takes. */
const REBOOT = 500;

export class FleetDevice {
  readonly plan: DevicePlan;
  state: ClientState | "off" = "waiting";
  /** Items that its outbox has taken. */
  taken = 0;
  /** Acknowledgements of items, those of repeats included: what was doubted is published again. */
  published = 0;
  /** Items that were lost since its storage was new: there was no room for them, or they were refused. */
  lost = 0;
  sessions = 0;
  resumes = 0;
  reboots = 0;
  faults = 0;
  /** What went wrong last, until it works again. */
  error: XmppError | undefined;
  /** When the server has last acknowledged an item, by the stage's clock. */
  lastAck: number | undefined;
  /** Sees every element in both directions, secrets included, while it is set. */
  trace: ((direction: "in" | "out", element: Element) => void) | undefined;
  readonly #options: FleetDeviceOptions;
  /** Of the times between samples. Like the sensor it goes on after a restart. */
  readonly #random: Random;
  /** In which it has ended, or not begun. */
  #device: Device | undefined;
  #program: ProgramRunner | undefined;
  #sensor: Sensor | undefined;
  #storage: KeyValueStorage | undefined;
  #link: FaultyLink | undefined;
  #clock: FaultyClock | undefined;
  /** When items were taken that are not acknowledged yet, by id. */
  #times: Map<string, number> | undefined;
  #turn: TimerHandle | undefined;
  #isClosing = false;
  #hasEnded = false;
  /** How many entries waited when it was closed: what is not settled then is doubted again, as it must be. */
  #left: number | undefined;
  /** Counts its starts: what still runs of an earlier one has nothing to tell. */
  #start = 0;

  constructor(plan: DevicePlan, options: FleetDeviceOptions) {
    this.plan = plan;
    this.#options = options;
    this.#random = new Random(plan.seed + 1); // the seed itself is the sensor's
  }

  get number(): number {
    return this.plan.number;
  }

  get name(): string {
    return this.plan.name;
  }

  get type(): string {
    return this.plan.type.name;
  }

  get node(): string {
    return this.plan.node;
  }

  get jid(): string {
    return this.plan.jid;
  }

  get channels(): DevicePlan["type"]["channels"] {
    return this.plan.type.channels;
  }

  get baseName(): string {
    return baseNameOf(this.plan);
  }

  /** Entries of the outbox that wait to be published; at the end, those that were left. */
  get pending(): number {
    return this.#left ?? this.#device?.pending ?? 0;
  }

  /** Whether it has ended for good. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  // What can be done to it. Each returns whether it had an effect.

  /** Switches it on, for the first time. */
  start(): void {
    this.#powerOn();
  }

  /** Has it take its leave of the server, and end. May be called twice. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#options.stage.reach.timer.clear(this.#turn);
    this.#program?.close();
    if (this.#device === undefined) this.#end();
    else this.#device.close();
  }

  /** Breaks its connection, which both ends learn of. */
  cut(): boolean {
    return this.#fail({ kind: "cut", direction: "out", bytes: 0 }, "its connection is cut");
  }

  /** Breaks its connection, of which neither end hears. */
  halfOpen(): boolean {
    return this.#fail({ kind: "half-open" }, "its connection is gone without a word");
  }

  /** Lets nothing pass, either way. @param time milliseconds */
  stall(time: number): boolean {
    return this.#fail({ kind: "stall", time }, `nothing passes for ${time} ms`);
  }

  /** Has everything take longer. @param delay by how many milliseconds @param time for how many */
  delay(delay: number, time: number): boolean {
    return this.#fail(
      { kind: "delay", delay, time },
      `all takes ${delay} ms longer for ${time} ms`,
    );
  }

  /** Takes the network away. @param time milliseconds */
  outage(time: number): boolean {
    return this.#fail({ kind: "outage", time }, `there is no network for ${time} ms`);
  }

  /** Restarts it in good order: the session with the server is stored, and goes on. */
  reboot(): boolean {
    if (!this.#hasPower) return false;
    this.#tellFault("it restarts");
    this.#device?.suspend();
    this.#powerOff(REBOOT);
    return true;
  }

  /** Takes its power away; what was not on flash is lost. @param off for how many milliseconds */
  powerLoss(off: number): boolean {
    if (!this.#hasPower) return false;
    this.#tellFault(`its power is off for ${off} ms`);
    this.#powerOff(off);
    return true;
  }

  /** Sets its clock, forwards or back. @param by milliseconds */
  skewClock(by: number): boolean {
    if (this.#clock === undefined) return false;
    this.#tellFault(`its clock is set by ${by} ms`);
    this.#clock.jump(by);
    return true;
  }

  /** Has it connect now if it waits to. */
  retryNow(): void {
    this.#device?.retryNow();
  }

  /** Whether it runs, and its power could be taken away. */
  get #hasPower(): boolean {
    return this.#device !== undefined && this.#clock !== undefined && !this.#isClosing;
  }

  #fail(fault: LinkFault, words: string): boolean {
    if (this.#link === undefined) return false;
    if (fault.kind !== "outage" && !this.#link.isConnected) return false;
    this.#tellFault(words);
    this.#link.fail(fault);
    return true;
  }

  #tellFault(fault: string): void {
    this.faults++;
    this.#tell({ kind: "fault", fault });
  }

  #tell(event: DeviceEvent): void {
    this.#options.onEvent(this, event);
  }

  #powerOn(): void {
    this.#turn = undefined;
    try {
      this.#begin();
    } catch (error) {
      this.#options.onBroken(error);
    }
  }

  /** @throws ConfigError for options that cannot be used */
  #begin(): void {
    const { plan } = this;
    const { stage, storage, faults } = this.#options;
    this.#sensor ??= plan.type.sensor(plan);
    this.#storage ??= storage(plan.name);
    if (faults) this.#connectFaults();
    this.#start++;
    this.#device = this.#newDevice();
    const timer = this.#clock ?? stage.reach.timer;
    const device = this.#device;
    this.#program = plan.type.program?.(plan, timer, (readings) => device.add(readings));
  }

  #connectFaults(): void {
    const { timer, tcp, tls } = this.#options.stage.reach;
    this.#clock ??= new FaultyClock(timer);
    this.#link ??= new FaultyLink({ TCP: tcp.io, TLS: tls.io, timer, ghost: GHOST });
    this.#clock.powerOn();
    this.#link.powerOn();
  }

  #newDevice(): Device {
    const { plan } = this;
    const { stage, plan: fleet } = this.#options;
    const { type, jid, name } = plan;
    const link = this.#link;
    const start = this.#start;
    const drawInterval = (): number => {
      const spread = type.jitter * (2 * this.#random.next() - 1);
      return Math.max(1, Math.round(type.interval * (1 + spread)));
    };
    // What still runs of a device that was switched off has nothing to tell. Without faults none ever is.
    const whileOn = <Args extends unknown[]>(tell: (...args: Args) => void) =>
      link === undefined
        ? tell
        : (...args: Args): void => {
            if (start === this.#start) tell(...args);
          };
    return new Device({
      client: {
        ...stage.reach,
        ...(link === undefined
          ? {}
          : { tcp: { io: link.TCP }, tls: { ...stage.reach.tls, io: link.TLS } }),
        ...(this.#clock === undefined ? {} : { timer: this.#clock }),
        // The fleet spreads the first connections.
        backoff: { ...stage.reach.backoff, start: 0 },
        jid: jid.includes("/") ? jid : `${jid}/${name}`,
        password: plan.password,
        onOnline: whileOn(() => {
          this.sessions++;
          this.#tell({ kind: "session" });
        }),
        onResumed: whileOn(() => {
          this.resumes++;
          this.#tell({ kind: "resumed" });
        }),
        onTrace: (direction, element) => this.trace?.(direction, element),
      },
      sensor: this.#sensor as Sensor,
      baseName: this.baseName,
      service: fleet.service,
      node: plan.node,
      interval: drawInterval,
      storage: this.#storage as KeyValueStorage,
      outbox: type.outbox,
      batch: type.batch,
      pace: type.pace,
      onState: whileOn((state) => {
        if (state === "online") this.error = undefined;
        if (state === "closing" || state === "closed") this.#left ??= this.#device?.pending;
        this.#enter(state);
      }),
      onReadings: whileOn((readings, id) => {
        this.taken++;
        this.#times ??= new Map();
        if (this.#times.size < MOST_TIMED) this.#times.set(id, stage.reach.timer.now());
        this.#tell({ kind: "readings", readings, id });
      }),
      onPublished: whileOn((id) => this.#acknowledged(id)),
      onLosses: whileOn((losses) => {
        // The server has the unsettled ones, unless it fell over.
        const lost = CAUSES.filter((cause) => cause !== "unsettled");
        this.lost = lost.reduce((total, cause) => total + losses[cause], 0);
        this.#tell({ kind: "losses", losses });
      }),
      onError: whileOn((error) => {
        this.error = error;
        this.#tell({ kind: "error", error });
      }),
      onClosed: whileOn(() => {
        this.#program?.close();
        this.#end();
      }),
    });
  }

  #acknowledged(id: string): void {
    const now = this.#options.stage.reach.timer.now();
    const taken = this.#times?.get(id);
    this.#times?.delete(id);
    if (this.#times?.size === 0) this.#times = undefined; // a map takes memory, and mostly none is needed
    this.published++;
    this.error = undefined;
    this.lastAck = now;
    this.#tell({ kind: "acked", id, latency: taken === undefined ? undefined : now - taken });
  }

  #powerOff(off: number): void {
    this.#start++;
    this.#device = undefined;
    this.#program?.close();
    this.#clock?.powerOff();
    this.#link?.powerOff();
    this.reboots++;
    this.#enter("off");
    this.#turn = this.#options.stage.reach.timer.set(() => this.#powerOn(), off);
  }

  #enter(state: FleetDevice["state"]): void {
    if (this.state === state) return;
    this.state = state;
    this.#tell({ kind: "state", state });
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#enter("closed");
    this.#options.onEnded(this);
  }
}
