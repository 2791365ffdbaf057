/** Simulated devices on the dashboard: what happens to them, and what may be done to them. */

import { describeError } from "../cli/report.js";
import { redact } from "../cli/trace.js";
import type { DeviceEvent, FleetDevice } from "../fleet/fleet.js";
import { VERSION } from "../version.js";
import { COMMANDS, type Command, type DeviceState, type Facts } from "./protocol.js";
import { type Listener, measuredOf, type OnXml, type Source, type SourceDevice } from "./source.js";

/** Milliseconds that a stall lasts: longer than a client waits for an answer before it asks again. */
const STALL = 15_000;
/** Milliseconds for which the power is off. */
const POWER_OFF = 3_000;

export class FleetSource implements Source {
  readonly title: string;
  readonly place: string;
  readonly commands: readonly Command[] = COMMANDS;
  readonly #listener: Listener;
  readonly #devices: FleetDevice[] = [];
  /** How many items they have lost, as far as that was told. */
  readonly #lost: number[] = [];
  /** Who else sees their streams. */
  readonly #traces: FleetDevice["trace"][] = [];
  /** The places of devices in the dashboard's list. */
  readonly #places = new Map<FleetDevice, number>();

  /**
   * @param title what kind of fleet this is, in words
   * @param place where its server is, in words
   */
  constructor(listener: Listener, title: string, place: string) {
    this.#listener = listener;
    this.title = title;
    this.place = place;
  }

  /** To be called before the fleet is started. */
  show(devices: readonly FleetDevice[]): void {
    for (const device of devices) {
      const place = this.#listener.added(new ShownDevice(device));
      if (place === undefined) return;
      this.#devices[place] = device;
      this.#traces[place] = device.trace;
      this.#places.set(device, place);
    }
  }

  /** Something has happened to a device: `onEvent` of the fleet. */
  tell(device: FleetDevice, event: DeviceEvent): void {
    const place = this.#places.get(device);
    if (place === undefined) return;
    switch (event.kind) {
      case "readings":
        this.#listener.measured(
          place,
          event.readings.flatMap((reading) =>
            measuredOf(reading.name.slice(device.baseName.length), reading),
          ),
        );
        break;
      case "session":
        this.#listener.happened(place, "good", "online, with a new session");
        break;
      case "resumed":
        this.#listener.happened(place, "good", "online again, and its session goes on");
        break;
      case "error":
        this.#listener.happened(place, "trouble", describeError(event.error));
        break;
      case "losses":
        this.#tellLosses(place, device.lost);
        break;
      case "fault":
        this.#listener.happened(place, "fault", event.fault);
        break;
    }
    this.#listener.changed(place);
  }

  /** Items may have been forgotten that are on the node all the same: those are no losses. */
  #tellLosses(place: number, lost: number): void {
    if (lost === (this.#lost[place] ?? 0)) return;
    this.#lost[place] = lost;
    this.#listener.happened(place, "trouble", `it has lost ${lost} items so far`);
  }

  command(place: number, command: Command): void {
    const device = this.#devices[place];
    switch (command) {
      case "cut":
        device?.cut();
        break;
      case "stall":
        device?.stall(STALL);
        break;
      case "reboot":
        device?.reboot();
        break;
      case "power-loss":
        device?.powerLoss(POWER_OFF);
        break;
    }
  }

  trace(place: number, onXml: OnXml | undefined): void {
    const device = this.#devices[place];
    if (device === undefined) return;
    const other = this.#traces[place];
    device.trace =
      onXml === undefined
        ? other
        : (direction, element) => {
            other?.(direction, element);
            onXml(direction, redact(element));
          };
  }

  /** All that devices have measured has come while the dashboard looked. */
  async curve(): Promise<undefined> {}
}

class ShownDevice implements SourceDevice {
  readonly #device: FleetDevice;

  constructor(device: FleetDevice) {
    this.#device = device;
  }

  get name(): string {
    return this.#device.name;
  }

  get kind(): string {
    return this.#device.type;
  }

  get channels(): FleetDevice["channels"] {
    return this.#device.channels;
  }

  get state(): DeviceState {
    const { state, sessions, error } = this.#device;
    if (state === "online" || state === "connecting") return state;
    if (state !== "waiting") return "offline";
    return sessions === 0 && error === undefined ? "never" : "backoff";
  }

  get lastAck(): number | undefined {
    return this.#device.lastAck;
  }

  get pending(): number {
    return this.#device.pending;
  }

  get facts(): Facts {
    const { jid, node, state, taken, published, lost } = this.#device;
    const { sessions, resumes, reboots, error } = this.#device;
    return {
      jid,
      node,
      firmware: VERSION,
      presence: state === "online" ? "available" : "unavailable",
      taken,
      published,
      lost,
      sessions,
      resumes,
      reboots,
      ...(error === undefined ? {} : { error: describeError(error) }),
    };
  }
}
