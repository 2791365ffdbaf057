/** What a fleet is to be: a fleet file, read and checked, with everything in it that it leaves to defaults. */

import type { ClientOptions } from "../../firmware/client/client.js";
import type { DeviceOptions } from "../../firmware/device.js";
import type { Timer } from "../../firmware/io.js";
import type { ProgramRunner } from "../../firmware/sensors/program-runner.js";
import type { Channel, Sensor } from "../../firmware/sensors/sensor.js";
import type { Lane } from "../../firmware/telemetry/lane.js";
import type { Reading } from "../../firmware/telemetry/senml.js";
import type { MechanismName } from "../../firmware/xmpp/sasl/mechanism.js";
import type { Step } from "./steps.js";

/** A type of devices, as far as they are the same. */
export interface DeviceType {
  readonly name: string;
  readonly channels: readonly Channel[];
  readonly outbox: NonNullable<DeviceOptions["outbox"]>;
  readonly batch: NonNullable<DeviceOptions["batch"]>;
  readonly pace: NonNullable<DeviceOptions["pace"]>;
  /** Milliseconds between samples, and the part of that by which it varies either way, from 0 to 1. */
  readonly interval: number;
  readonly jitter: number;
  /** Makes the sensor of a device. */
  readonly sensor: (device: DevicePlan) => Sensor;
  /** Starts the sensor program of a device, if it has one. */
  readonly program?: (
    device: DevicePlan,
    timer: Timer,
    onReadings: (readings: readonly (readonly [Lane, Reading])[]) => void,
  ) => ProgramRunner;
}

/** One device. */
export interface DevicePlan {
  /** Counts all devices of the fleet, whatever their type. */
  readonly number: number;
  /** `board7`. */
  readonly name: string;
  readonly type: DeviceType;
  /** The account; without a resource, the device's name is one. */
  readonly jid: string;
  readonly password: string;
  readonly node: string;
  /** Makes its readings different from those of others. */
  readonly seed: number;
}

/** Who logs in. */
export interface Login {
  readonly jid: string;
  readonly password: string;
}

/** Where the server of a fleet is: one inside of this process, or the one that is there. */
export type ServerPlan =
  | { readonly kind: "embedded"; readonly domain: string; readonly password: string }
  | {
      readonly kind: "installed";
      /** When absent, DNS says. */
      readonly host?: string;
      readonly port?: number;
      readonly security?: "starttls" | "direct";
      /** A file with the certificate authorities to trust. */
      readonly ca?: string;
      readonly mechanism?: MechanismName;
      /** A command of the shell that restarts it. */
      readonly restart?: string;
    };

/** How accounts are made. */
export interface AccountCreation {
  readonly kind: "in-band" | "prosody" | "ejabberd";
  /** Prosody's configuration file, where it is not at its usual place. */
  readonly config?: string;
}

export interface FleetPlan {
  readonly name: string;
  readonly seed: number;
  /** All of them, of which a process may run a part. */
  readonly devices: readonly DevicePlan[];
  readonly server: ServerPlan;
  /** Absent when the accounts are there already. */
  readonly creation?: AccountCreation;
  /** The account that makes the nodes; absent when they are there already. */
  readonly owner?: Login;
  /** The account that is subscribed to all nodes. Default: the owner. */
  readonly collector?: Login;
  /** How many items a node keeps. */
  readonly items: number;
  /** The address of the pub/sub service. */
  readonly service: string;
  /** Milliseconds between the first connections of two devices. */
  readonly connectInterval: number;
  /** Milliseconds after which it ends, if it is to end by itself and no scenario says when. */
  readonly duration?: number;
  readonly scenario: readonly Step[];
  /** What ends with the fleet: the threads of sensor programs. */
  close(): Promise<void>;
}

/** Where devices run: a clock, sockets, a server. */
export interface Stage {
  /** What their clients ask of the host, and how to reach the server. */
  readonly reach: Omit<ClientOptions, "jid" | "password">;
  /** Restarts the server, which is away for `down` milliseconds; absent where nobody knows how. */
  restartServer?(down: number): Promise<void>;
  /** Takes the accounts of devices away; absent where nobody knows how. */
  revoke?(devices: readonly DevicePlan[]): Promise<void>;
  /** Where the clock is a virtual one: lets time pass until something is so. */
  runUntil?(isSo: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** A part of a fleet: every `of`-th device, from `index` (0 or more) on. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

/** The devices of a part. */
export function partOf({ devices }: FleetPlan, { index, of }: Shard): DevicePlan[] {
  return devices.filter((_, i) => i % of === index);
}

/** What `urn:dev:ops:` is followed by in the names of a device's readings (RFC 9039 4.3). */
export function baseNameOf({ name }: DevicePlan): string {
  return `urn:dev:ops:pipit-${name}:`;
}

/** Puts a device's number in the place of `%i`, and its type in that of `%t`. */
export function fill(pattern: string, number: number, type: string): string {
  return pattern.replaceAll("%i", String(number)).replaceAll("%t", type);
}
