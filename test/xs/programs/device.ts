/**
 * A device that logs in to a server, publishes items, and closes the stream. Its argument is a JSON object,
 * DeviceSettings. Prints what happens, DeviceEvents, in lines of JSON, and figures (figures.h).
 */

import { Device } from "../../../firmware/device.js";
import { SimulatedSensor } from "../../../firmware/sensors/simulated.js";
import { crypto } from "../../../host-sim/xs/crypto.js";
import { native } from "../../../host-sim/xs/native.js";
import { DNSResolver } from "../../../host-sim/xs/resolver.js";
import { Storage } from "../../../host-sim/xs/storage.js";
import { TCP } from "../../../host-sim/xs/tcp.js";
import { timer } from "../../../host-sim/xs/timer.js";
import { TLSSocket } from "../../../host-sim/xs/tls.js";
import { UDP } from "../../../host-sim/xs/udp.js";

export interface DeviceSettings {
  readonly jid: string;
  readonly password: string;
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  /** `none`: a TCP connection stands for one with TLS. */
  readonly security: "none" | "starttls" | "direct";
  /** The authorities to trust, PEM. */
  readonly certificate?: string;
  readonly service: string;
  readonly node: string;
  /** How many items to publish. */
  readonly count: number;
  /** After how many errors to close; else it goes on trying, if there is hope. */
  readonly errors?: number;
  /** A directory for its storage. */
  readonly directory: string;
}

export type DeviceEvent =
  | { event: "online" | "published" | "closed" }
  | { event: "error"; error: string };

declare function trace(text: string): void;

const say = (event: DeviceEvent) => trace(`${JSON.stringify(event)}\n`);

const [text = ""] = native.arguments();
const {
  security,
  certificate,
  jid,
  password,
  host,
  port,
  service,
  node,
  count,
  errors,
  directory,
}: DeviceSettings = JSON.parse(text);
let published = 0;
let failed = 0;

const device = new Device({
  client: {
    jid,
    password,
    host,
    port,
    security: security === "none" ? "direct" : security,
    tcp: { io: TCP },
    tls: {
      io: security === "none" ? TCP : TLSSocket,
      TCP: { io: TCP },
      ...(certificate !== undefined && { secure: { certificate } }),
    },
    dns: { io: DNSResolver, servers: [], socket: { io: UDP } },
    timer,
    crypto,
    backoff: { start: 0, base: 200, limit: 400 },
  },
  sensor: new SimulatedSensor(1),
  baseName: "urn:dev:ops:pipit-xs:",
  service,
  node,
  interval: 20,
  batch: { readings: 2 },
  storage: new Storage(directory),
  onState(state) {
    if (state === "online") say({ event: "online" });
  },
  onPublished() {
    say({ event: "published" });
    published++;
    if (published === count) {
      native.figures("published");
      device.close();
    }
  },
  onError(error) {
    say({ event: "error", error: String(error) });
    failed++;
    if (failed === errors) device.close();
  },
  onClosed: () => say({ event: "closed" }),
});
