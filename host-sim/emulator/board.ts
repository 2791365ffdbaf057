/**
 * What the emulated board runs: the firmware's own device, which publishes so many items, and says in lines of
 * JSON what happens and how much that takes.
 */

import { Device } from "../../firmware/device.js";
import { SimulatedSensor } from "../../firmware/sensors/simulated.js";
import { crypto } from "../xs/crypto.js";
import { native } from "../xs/native.js";
import { Storage } from "../xs/storage.js";
import { TCP } from "../xs/tcp.js";
import { timer } from "../xs/timer.js";
import { TLSSocket } from "../xs/tls.js";
import { chip } from "./native.js";

/** What stands in the file that the program's argument names. */
export interface BoardSettings {
  jid: string;
  password: string;
  /** The server's address and port, and how TLS begins there. */
  host: string;
  port: number;
  security: "starttls" | "direct";
  /** The certificate authorities to trust, PEM. */
  certificate: string;
  /** The pub/sub service and the node on it. */
  service: string;
  node: string;
  /** Items to publish, and milliseconds between samples. */
  count: number;
  interval: number;
}

/** Moddable's: prints texts as they are. The caller ends the line. */
declare const trace: (...texts: string[]) => void;

/** What it says, beside the lines of figures. */
export type BoardEvent =
  | { event: "online"; jid: string }
  | { event: "published"; id: string }
  | { event: "error"; name: string; condition: string; text: string }
  | { event: "closed"; condition: string | undefined };

function say(event: BoardEvent): void {
  trace(JSON.stringify(event), "\n");
}

/** Figures for each stage of the first connection, and of the first item. */
const stages = new Set<string>();
function stage(label: string): void {
  if (stages.has(label)) return;
  stages.add(label);
  chip.chipFigures(label);
}

const [file = ""] = native.arguments();
const settings: BoardSettings = JSON.parse(native.readText(file));
const { jid, password, host, port, security, certificate, service, node, interval } = settings;
let published = 0;

stage("loaded");
const device = new Device({
  client: {
    jid,
    password,
    host,
    port,
    security,
    tcp: { io: TCP },
    tls: { io: TLSSocket, TCP: { io: TCP }, secure: { certificate } },
    timer,
    crypto,
    backoff: { start: 0 },
    onOnline: (bound) => say({ event: "online", jid: bound.toString() }),
    onTrace: (direction, { name }) => {
      // With TLS the client says at once how it would authenticate; before that it says nothing of it.
      if (direction === "out" && name === "auth") stage("secured");
      if (direction === "in" && name === "success") stage("authenticated");
    },
  },
  sensor: new SimulatedSensor(1),
  baseName: "urn:dev:ops:pipit-emulated:",
  service,
  node,
  interval,
  storage: new Storage("nvs"),
  onState: (state) => {
    if (state === "connecting" || state === "online") stage(state);
  },
  onPublished: (id) => {
    say({ event: "published", id });
    stage("published");
    published += 1;
    if (published === settings.count) device.close();
  },
  onError: ({ name, condition, text }) => say({ event: "error", name, condition, text }),
  onClosed: (error) => say({ event: "closed", condition: error?.condition }),
});
