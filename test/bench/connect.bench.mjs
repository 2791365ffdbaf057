/**
 * From nothing to an acknowledged publish on real servers a long way off, against xmpp.js; and what a
 * connection costs in processor time and memory.
 */

import "./typescript.mjs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TELEMETRY_NODE } from "../../build/firmware/xmpp/extensions/pubsub.js";
import { promised, Session } from "../../build/host-sim/cli/session.js";
import { nodeProvider } from "../../build/host-sim/node/provider.js";
import { openLink } from "./connect-link.mjs";
import { startContender } from "./connect-process.mjs";
import { median } from "./measure.mjs";

const { startProsody } = await import("../interop/support/prosody.ts");
const { startEjabberd } = await import("../interop/support/ejabberd.ts");

export const name = "connect";

/** Milliseconds in each direction. */
const DELAY = 20;
const ROUND_TRIP = 2 * DELAY;
const ROUNDS = 3;

const PIPIT = "connect-pipit.mjs";
const XMPP_JS = "connect-xmppjs.mjs";

/** Who connects. The first of those on a server is what the others are compared with. */
const KNOWN_KEYS = { label: "pipit, keys known", file: PIPIT };
const PASSWORD = { label: "pipit, password", file: PIPIT, options: { known: false } };
const IN_STEPS = { label: "pipit, not pipelining", file: PIPIT, options: { pipelining: false } };
const PEER = { label: "xmpp.js", file: XMPP_JS };

const FLAGS = { "TLS 1.3": "--tls-min-v1.3", "TLS 1.2": "--tls-max-v1.2" };

const WAYS = ["direct", "starttls"].flatMap((security) =>
  Object.keys(FLAGS).map((version) => ({ security, version })),
);

const SERVERS = [
  {
    title: "Prosody with SCRAM-SHA-256 and PLAIN",
    start: () => startProsody({ authentication: "hashed-sha-256" }),
    ways: WAYS,
    variants: [KNOWN_KEYS, PASSWORD, IN_STEPS, PEER],
  },
  {
    title: "Prosody with SCRAM-SHA-1 and PLAIN",
    start: () => startProsody({ authentication: "hashed-sha-1" }),
    ways: WAYS.slice(0, 1),
    variants: [KNOWN_KEYS, PASSWORD, IN_STEPS, PEER],
  },
  {
    // Its passwords are stored as they are, so every login has a new salt, and keys are never known.
    title: "ejabberd with all of them",
    start: startEjabberd,
    ways: WAYS.filter(({ version }) => version === "TLS 1.3"),
    variants: [PASSWORD, IN_STEPS, PEER],
  },
];

const USER = "board";
const NODE = "telemetry";

/** A reading in SenML (RFC 8428). It overwrites itself. */
const ITEM = {
  id: "4f2a9c17e5b803d6",
  namespace: "urn:ietf:params:xml:ns:senml",
  record: { bn: "urn:dev:mac:0024befffe804ff1:", bt: "1767225600", n: "t", u: "Cel", v: "21.375" },
};

export async function run() {
  const folder = await mkdtemp(join(tmpdir(), "pipit-"));
  const servers = [];
  try {
    for (const { start, ...rest } of SERVERS) servers.push({ ...rest, server: await start() });
  } catch (error) {
    await stop(servers, folder);
    return { tables: [], notes: [`connect is left out: ${error.message}`] };
  }
  try {
    for (const entry of servers) entry.target = await prepare(entry.server);
    const authorities = join(folder, "authorities.pem");
    await writeFile(authorities, servers.map(({ server }) => server.ca).join(""));
    const tables = await roundTrips(servers, authorities);
    tables.push(await processorTime(servers, authorities), await memory(servers[0], authorities));
    return { tables, notes: NOTES };
  } finally {
    await stop(servers, folder);
  }
}

async function stop(servers, folder) {
  await Promise.all(servers.map(({ server }) => server.stop()));
  await rm(folder, { recursive: true });
}

const NOTES = [
  "From SYN to the acknowledged publish; DNS comes before that. A flight is what leaves without waiting for the",
  `other side. Round trips are the time divided by ${ROUND_TRIP} ms, what client and server need for themselves`,
  "included. One of them is not measured but added, for TCP: the proxy that delays everything accepts at once.",
  `Bytes are TCP payload that was delivered by then. Medians of ${ROUNDS} rounds.`,
  "Both clients verify the server's certificate. xmpp.js announces no presence, pipit does.",
  "xmpp.js knows no SCRAM-SHA-256. Its PBKDF2 is JavaScript and runs in every login.",
];

/** Makes an account and a node, and says what a contender has to know. */
async function prepare({ ca, domain, host, pubsub, directPort, owner, addAccount }) {
  const password = "correct horse battery";
  const jid = await addAccount(USER, password);
  const provider = nodeProvider();
  const tls = { ...provider.tls, secure: { certificate: ca } };
  const options = { ...provider, tls, ...owner, host, port: directPort, security: "direct" };
  const session = await Session.open(options, pubsub);
  await promised((done) => session.pubsub.createNode(NODE, TELEMETRY_NODE, done));
  await session.close();
  return {
    server: { ca, domain, host, pubsub },
    account: { jid, password },
    node: NODE,
    item: ITEM,
    security: "direct",
    port: directPort,
  };
}

/** A table for each server. All variants take their turn in each round. */
async function roundTrips(servers, authorities) {
  const processes = {};
  for (const [version, flag] of Object.entries(FLAGS))
    for (const file of [PIPIT, XMPP_JS])
      processes[file + version] = startContender(file, authorities, flag);
  const lines = servers.flatMap((entry) =>
    entry.ways.flatMap((way) =>
      entry.variants.map((variant) => ({ entry, way, variant, runs: [] })),
    ),
  );
  try {
    await Promise.all(Object.values(processes).map((contender) => warmUp(contender, servers)));
    for (let round = 0; round < ROUNDS; round++)
      for (const { entry, way, variant, runs } of lines)
        runs.push(await measure(processes[variant.file + way.version], entry, way, variant));
  } finally {
    await Promise.all(Object.values(processes).map((contender) => contender.end()));
  }
  return servers.map((entry) => ({
    title: `publishing on ${entry.title}`,
    columns: [
      "",
      "SASL",
      "flights up",
      "flights down",
      "round trips",
      "ms",
      "ratio",
      "bytes up",
      "bytes down",
    ],
    rows: lines
      .filter((line) => line.entry === entry)
      .map(({ way, variant, runs }) => {
        const first = lines.find((line) => line.entry === entry && line.way === way);
        const middle = (field) => median(runs.map((run) => run[field]));
        return [
          `${way.security} ${way.version}, ${variant.label}`,
          runs[0].mechanism,
          middle("flightsUp"),
          middle("flightsDown"),
          middle("ms") / ROUND_TRIP,
          middle("ms"),
          median(runs.map(({ ms }, round) => ms / first.runs[round].ms)),
          middle("bytesUp"),
          middle("bytesDown"),
        ];
      }),
  }));
}

/** Code is compiled in the first sessions, and the keys are known after them. */
async function warmUp(contender, servers) {
  for (const { target } of servers) {
    await contender.ask("connect", target);
    await contender.ask("close");
  }
}

async function measure(contender, { server, target }, { security }, { options }) {
  const port = security === "direct" ? server.directPort : server.starttlsPort;
  const link = await openLink(port, DELAY);
  try {
    const { ms, mechanism } = await contender.ask("connect", {
      ...target,
      ...options,
      security,
      port: link.port,
    });
    const result = {
      ms: ROUND_TRIP + ms, // TCP would have taken one more: the link accepts at once
      mechanism,
      flightsUp: link.up.flights,
      flightsDown: link.down.flights,
      bytesUp: link.up.bytes,
      bytesDown: link.down.bytes,
    };
    await contender.ask("close");
    return result;
  } finally {
    link.close();
  }
}

async function processorTime([sha256, sha1], authorities) {
  const lines = [
    ["pipit, keys known, SCRAM-SHA-256", PIPIT, sha256, {}, 100],
    ["pipit, password, SCRAM-SHA-256", PIPIT, sha256, { known: false }, 100],
    ["xmpp.js, SCRAM-SHA-1", XMPP_JS, sha1, {}, 8],
    ["xmpp.js, PLAIN", XMPP_JS, sha256, {}, 100],
  ];
  const rows = [];
  for (const [label, file, { target }, options, count] of lines) {
    const ms = await alone(file, authorities, async (contender) => {
      await contender.ask("spend", target, 5);
      return contender.ask("spend", { ...target, ...options }, count);
    });
    rows.push([label, ms, ms / (rows[0]?.[1] ?? ms)]);
  }
  return {
    title: "processor time of a client to connect, publish and close, without delay",
    columns: ["", "ms", "ratio"],
    rows,
  };
}

async function memory({ target }, authorities) {
  const held = [
    ["as Node starts"],
    ["V8's young generation held small", "--max-semi-space-size=1"],
  ].flatMap(([how, ...flags]) =>
    [PIPIT, XMPP_JS].map(async (file) => {
      const hold = (contender) => contender.ask("hold", { ...target, presence: null }, 200);
      const bytes = await alone(file, authorities, hold, ...flags);
      return [`${file === PIPIT ? "pipit" : "xmpp.js"}, ${how}`, bytes / 1000];
    }),
  );
  const rows = await Promise.all(held);
  return {
    title: "resident memory of an idle client over TLS, of 200 in one process",
    columns: ["", "kB", "ratio"],
    rows: rows.map(([label, size], i) => [label, size, size / rows[i - (i % 2)][1]]),
  };
}

/** Has a new process do something. */
async function alone(file, authorities, work, ...flags) {
  const contender = startContender(file, authorities, ...flags);
  try {
    return await work(contender);
  } finally {
    await contender.end();
  }
}
