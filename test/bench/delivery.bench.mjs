/**
 * What it costs to deliver readings for certain: beside MQTT with QoS 1, on the same machine, in the same run,
 * with the same payloads. One device, over TLS 1.3, to a server on loopback.
 */

import { encodeSenml } from "../../build/firmware/telemetry/senml.js";
import { TELEMETRY_NODE } from "../../build/firmware/xmpp/extensions/pubsub.js";
import { write } from "../../build/firmware/xmpp/xml/writer.js";
import { promised, withPubSub } from "../../build/host-sim/cli/session.js";
import { nodeProvider } from "../../build/host-sim/node/provider.js";
import { startEjabberd } from "../../build/host-sim/servers/ejabberd.js";
import { freePort } from "../../build/host-sim/servers/ports.js";
import { startProsody } from "../../build/host-sim/servers/prosody.js";
import { installRivals } from "../../scripts/setup.mjs";
import { openCounter } from "./delivery-counter.mjs";
import { makeMqtt, startMosquitto } from "./delivery-mqtt.mjs";
import { makePipit } from "./delivery-pipit.mjs";

export const name = "delivery";

/** Readings in one item, or one message. */
const BATCHES = [1, 4, 16];

/** Items on their way at a time. */
const WINDOW = 4;

/** Milliseconds of each run, and items before it that do not count. */
const TIME = 2_000;
const WARM_UP = 20;

/** Items that wait when the connection is made, and milliseconds after which it is seen how many of them went. */
const BACKLOG = 500;
const CATCH_UP = 5_000;

const CONTENDERS = [
  {
    label: "Pipit, Prosody, items in memory",
    start: () => startXmpp(startProsody),
    make: pipit(0),
  },
  {
    label: "Pipit, Prosody, 1 s in RAM",
    start: () => startXmpp(startProsody),
    make: pipit(1_000),
  },
  {
    label: "Pipit, Prosody, items on disk",
    start: () => startXmpp(() => startProsody({ durable: true })),
    make: pipit(0),
  },
  { label: "Pipit, ejabberd", start: () => startXmpp(startEjabberd), make: pipit(0) },
  {
    label: "MQTT, mosquitto as installed",
    start: () => startMosquitto(freePort, false),
    make: (target) => makeMqtt(target, WINDOW),
  },
  {
    label: "MQTT, mosquitto that saves each",
    start: () => startMosquitto(freePort, true),
    make: (target) => makeMqtt(target, WINDOW),
  },
];

function pipit(inRam) {
  return (target) => makePipit(target, WINDOW, inRam);
}

export async function run() {
  if (!installRivals()) return { tables: [], notes: ["delivery is left out: no mosquitto"] };
  const rows = [];
  const logins = [];
  for (const { label, start, make } of CONTENDERS) {
    const server = await start();
    try {
      for (const batch of BATCHES) {
        const sustained = await sustain(server, make, batch);
        const backlog = await catchUp(server, make, batch);
        rows.push([label, batch, sustained.rate, backlog, sustained.writes, sustained.bytes]);
        if (batch === 1) logins.push([label, sustained.login]);
      }
    } finally {
      await server.stop();
    }
  }
  const payloads = BATCHES.map((batch) => {
    const length = Buffer.byteLength(write(encodeSenml(makeReadings(0, batch)), ""));
    return [batch, length, length / batch];
  });
  return {
    tables: [
      {
        title: "readings that are acknowledged",
        columns: ["", "per item", "per second", "catching up", "flash writes", "bytes on the wire"],
        rows,
      },
      {
        title: "the payload (SenML in XML)",
        columns: ["readings", "bytes", "per reading"],
        rows: payloads,
      },
      { title: "bytes to connect and log in", columns: ["", "bytes"], rows: logins },
    ],
    notes: [
      `One device, one connection, TLS, ${WINDOW} items on their way at a time; ${TIME} ms each, and a backlog of ${BACKLOG} items.`,
      "Flash writes and bytes are for each reading; bytes are those of TLS in both directions, acknowledgements included.",
      "Without the limit that keeps a fleet from overrunning its server: as delivered, a device catches up with 2 items a second.",
      "Flash is in memory here: a write of NVS takes a millisecond or so on a board. MQTT.js writes none: what waits is lost with the power.",
      "mosquitto keeps the messages for a subscriber that is away: as installed in memory, saved every 30 minutes; the other saves all of them after each (autosave_on_changes).",
      "ejabberd keeps items in memory for about five seconds before it saves them; Prosody, where they are on disk, writes all items of the node (100 here) each time.",
    ],
  };
}

async function startXmpp(start) {
  const server = await start();
  const account = { jid: await server.addAccount("board", "secret"), password: "secret" };
  const provider = nodeProvider();
  const owner = {
    ...provider,
    tls: { ...provider.tls, secure: { certificate: server.ca } },
    ...server.owner,
    host: server.host,
    port: server.directPort,
    security: "direct",
  };
  await withPubSub(owner, server.pubsub, (pubsub) =>
    promised((done) => pubsub.createNode("telemetry", TELEMETRY_NODE, done)),
  );
  return {
    port: server.directPort,
    ca: server.ca,
    account,
    service: server.pubsub,
    node: "telemetry",
    stop: () => server.stop(),
  };
}

/** Readings of one sensor, a second apart. */
function makeReadings(first, count) {
  return Array.from({ length: count }, (_, i) => {
    const time = 1_767_225_600 + first * count + i;
    const value = Math.round(200 + 50 * Math.sin(time / 600)) / 10;
    return { name: "urn:dev:mac:0024befffe804ff1:temperature", unit: "Cel", value, time };
  });
}

/** A device that always has something to send. */
async function sustain(server, make, batch) {
  const counter = await openCounter(server.port);
  const device = make({ ...server, port: counter.port });
  await device.connect();
  const login = counter.bytes();
  let added = 0;
  const add = () => device.add(makeReadings(added++, batch));
  let acknowledged = 0;
  let begun;
  const result = await new Promise((resolve) => {
    device.onAcknowledged(() => {
      acknowledged++;
      if (acknowledged === WARM_UP)
        begun = { at: performance.now(), bytes: counter.bytes(), writes: device.writes() };
      const elapsed = begun === undefined ? 0 : performance.now() - begun.at;
      if (elapsed < TIME) return add();
      device.onAcknowledged(() => {});
      const readings = (acknowledged - WARM_UP) * batch;
      resolve({
        rate: (readings / elapsed) * 1_000,
        writes: (device.writes() - begun.writes) / readings,
        bytes: (counter.bytes() - begun.bytes) / readings,
        login,
      });
    });
    for (let i = 0; i < 2 * WINDOW; i++) add();
  });
  device.close();
  counter.close();
  return result;
}

/** A device that connects with a backlog. Returns the readings per second from then on. */
async function catchUp(server, make, batch) {
  const counter = await openCounter(server.port);
  const device = make({ ...server, port: counter.port });
  for (let i = 0; i < BACKLOG; i++) device.add(makeReadings(i, batch));
  let acknowledged = 0;
  await device.connect();
  const start = performance.now();
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, CATCH_UP);
    device.onAcknowledged(() => {
      if (++acknowledged < BACKLOG) return;
      clearTimeout(timer);
      resolve();
    });
  });
  const rate = (acknowledged * batch * 1_000) / (performance.now() - start);
  device.close();
  counter.close();
  return rate;
}
