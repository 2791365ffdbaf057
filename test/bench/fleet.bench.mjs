/**
 * What a fleet in one process costs: `npm run bench -- fleet`. The server is in a process of its own, on the same
 * machine. FLEET_DEVICES says how many devices there are, and FLEET_SERVERS which servers, when it is not to be 5,000
 * on all three.
 */

import { fork } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/run.mjs";

const { startEjabberd } = await import(`${root}/build/host-sim/servers/ejabberd.js`);
const { startProsody } = await import(`${root}/build/host-sim/servers/prosody.js`);
const { FLAGS } = await import(`${root}/build/host-sim/fleet/processes.js`);

const DEVICES = Number(process.env.FLEET_DEVICES ?? 5000);
/** Devices that are connected when the base is taken: all code has run by then. */
const FIRST = Math.min(100, DEVICES / 10);
const RATE = 200;
const INTERVAL = 20;
/** Seconds for which publishes are counted. */
const WINDOW = 30;
const PASSWORD = "pass word";

const START = {
  embedded: startEmbedded,
  prosody: startInstalled(startProsody),
  ejabberd: startInstalled(startEjabberd),
};
const SERVERS = process.env.FLEET_SERVERS?.split(",") ?? Object.keys(START);

export const name = "fleet";

export async function run() {
  const rows = [];
  for (const name of SERVERS) rows.push(await measure(START[name]));
  return {
    tables: [
      {
        title: `${DEVICES} TLS devices in one process, a reading every ${INTERVAL} s from each`,
        columns: ["server", "kB for each", "connects/s", "publishes/s", "p50 ms", "p95 ms", "lost"],
        rows,
      },
    ],
    notes: [
      `Resident memory above that with ${FIRST} devices, when all are connected and have published for ${WINDOW} s.`,
      `${RATE} devices begin in a second.`,
    ],
  };
}

async function measure(start) {
  const folder = await mkdtemp(join(tmpdir(), "pipit-"));
  const server = await start(folder);
  const worker = fork(`${root}/build/host-sim/fleet/worker.js`, { execArgv: [...FLAGS] });
  try {
    return await follow(worker, server, folder);
  } finally {
    worker.kill("SIGKILL");
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

async function follow(worker, server, folder) {
  await writeFile(join(folder, "ca.pem"), server.ca);
  const text = JSON.stringify({
    server: { uri: `xmpps://127.0.0.1:${server.directPort}`, ca: join(folder, "ca.pem") },
    accounts: { jid: `dev%i@${server.domain}`, password: PASSWORD, ...server.creation },
    nodes: { name: "fleet/%i", owner: server.owner },
    start: { rate: RATE },
    devices: [{ type: "meter", count: DEVICES, interval: `${INTERVAL}s`, jitter: "20%" }],
  });
  const job = {
    text,
    path: join(folder, "fleet.yaml"),
    hasVariables: false,
    shard: { index: 0, of: 1 },
    isPrepared: false,
    fast: false,
  };
  let base;
  let began;
  let online;
  return new Promise((resolve, reject) => {
    worker.on("exit", (status) => reject(new Error(`the fleet ended with ${status}`)));
    worker.on("message", async (message) => {
      if (message.kind === "failed") return reject(new Error(message.words));
      if (message.kind === "say") console.error(message.line);
      if (message.kind !== "progress") return;
      const { counts } = message;
      began ??= performance.now();
      if (base === undefined && counts.connects >= FIRST)
        base = { rss: await rssOf(worker.pid), connects: counts.connects };
      if (online === undefined && counts.states.online >= DEVICES)
        online = { at: performance.now(), counts };
      if (online === undefined || performance.now() - online.at < WINDOW * 1000) return;
      const seconds = (performance.now() - online.at) / 1000;
      const latencies = counts.latencies.map((count, i) => count - online.counts.latencies[i]);
      const { LatencyHistogram } = await import(`${root}/build/host-sim/fleet/latency.js`);
      const latency = new LatencyHistogram(latencies);
      resolve([
        server.name,
        ((await rssOf(worker.pid)) - base.rss) / (counts.connects - base.connects),
        DEVICES / ((online.at - began) / 1000),
        (counts.published - online.counts.published) / seconds,
        latency.quantile(0.5),
        latency.quantile(0.95),
        counts.lost,
      ]);
    });
    worker.send({ kind: "run", job });
  });
}

/** Resident memory of a process, in kB. */
async function rssOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+([0-9]+)/.exec(status)[1]);
}

async function startEmbedded() {
  const domain = "fleet.test";
  const server = fork(`${root}/test/bench/fleet-server.mjs`, [domain, PASSWORD]);
  const { directPort, ca } = await new Promise((resolve) => server.once("message", resolve));
  return {
    name: "embedded",
    domain,
    directPort,
    ca,
    owner: { jid: `owner@${domain}`, password: PASSWORD },
    stop: async () => server.kill("SIGKILL"),
  };
}

function startInstalled(start) {
  return async () => {
    const server = await start({ registration: true });
    return { ...server, creation: { create: "in-band" } };
  };
}
