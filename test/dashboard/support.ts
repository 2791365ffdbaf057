/** A dashboard to be tested: devices that do what the test says, and what is around them. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { WebFile } from "../../host-sim/dashboard/flash-page.js";
import { Model } from "../../host-sim/dashboard/model.js";
import {
  type ChannelName,
  COMMANDS,
  type Command,
  type DeviceState,
  type Facts,
} from "../../host-sim/dashboard/protocol.js";
import type { OnXml, Source, SourceDevice } from "../../host-sim/dashboard/source.js";
import { WebServer } from "../../host-sim/dashboard/web-server.js";

/** Where `scripts/page.mjs` puts the page. */
const PAGE = fileURLToPath(new URL("../../build/host-sim/dashboard/page", import.meta.url));

export const CHANNELS: readonly ChannelName[] = [
  { name: "temperature", unit: "Cel" },
  { name: "humidity", unit: "%RH" },
];

export class MadeUpDevice implements SourceDevice {
  readonly name: string;
  readonly kind = "thermometer";
  readonly channels = CHANNELS;
  state: DeviceState = "never";
  lastAck: number | undefined;
  pending: number | undefined;
  facts: Facts = {};

  constructor(name: string) {
    this.name = name;
  }
}

/** A model with devices, and what it asks of its source. */
export class MadeUpFleet implements Source {
  readonly title = "Made up";
  readonly place = "nowhere";
  readonly commands = COMMANDS;
  trouble: string | undefined;
  readonly model = new Model();
  readonly devices: readonly MadeUpDevice[];
  readonly asked: (readonly [number, Command])[] = [];
  readonly traces = new Map<number, OnXml>();

  constructor(names: readonly string[]) {
    this.model.source = this;
    this.devices = names.map((name) => new MadeUpDevice(name));
    for (const device of this.devices) this.model.added(device);
  }

  static of(count: number): MadeUpFleet {
    return new MadeUpFleet(Array.from({ length: count }, (_, i) => `board${i + 1}`));
  }

  /** Lets a device be so. */
  set(device: number, changes: Partial<Pick<MadeUpDevice, "state" | "pending" | "facts">>): void {
    Object.assign(this.devices[device] as MadeUpDevice, changes);
    this.model.changed(device);
  }

  measure(device: number, temperature: number, time = Date.now()): void {
    (this.devices[device] as MadeUpDevice).lastAck = time;
    this.model.measured(device, [
      { channel: "temperature", unit: "Cel", value: temperature, time },
      { channel: "humidity", unit: "%RH", value: 50, time },
    ]);
  }

  command(device: number, command: Command): void {
    this.asked.push([device, command]);
  }

  trace(device: number, onXml: OnXml | undefined): void {
    if (onXml === undefined) this.traces.delete(device);
    else this.traces.set(device, onXml);
  }

  async curve(): Promise<undefined> {}
}

/** Serves a model at a free port. Returns its address, with the link if one is needed. */
export async function serve(
  model: Model,
  host = "127.0.0.1",
  onLink: (link: string) => void = () => {},
  more: ReadonlyMap<string, WebFile> = new Map(),
): Promise<{ server: WebServer; address: string }> {
  if (!existsSync(`${PAGE}/page.js`))
    throw new Error(`the page is not in ${PAGE}: run node scripts/page.mjs, or npm test`);
  const server = new WebServer({ model, page: PAGE, host, port: 0, mayMove: false, onLink, more });
  return { server, address: await server.listen() };
}
