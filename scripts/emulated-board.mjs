/**
 * Runs the board's program (`host-sim/emulator/board.ts`) on the emulated chip, against the embedded server or
 * another. It needs `build/host-sim`, and what `installEmulator` brings.
 */

import { randomBytes } from "node:crypto";
import { ensureNode, TELEMETRY_NODE } from "../build/firmware/xmpp/extensions/pubsub.js";
import { promised, withPubSub } from "../build/host-sim/cli/session.js";
import { nodeProvider } from "../build/host-sim/node/provider.js";
import { createAuthority } from "../build/host-sim/server/certificates.js";
import { Listener } from "../build/host-sim/server/listener.js";
import { deriveCredentials } from "../build/host-sim/server/sasl/credentials.js";
import { Server } from "../build/host-sim/server/server.js";
import { figuresOf, stagesOf } from "./chip-figures.mjs";
import { Chip, SERVER } from "./emulator.mjs";
import { compileProgram } from "./xs-program.mjs";

const DOMAIN = "localhost";
const PROGRAM = "host-sim/emulator/board";

/**
 * Starts the embedded server on loopback, with a certificate authority that lives as long as it does.
 * @returns whom a board is to log in as there, and what closes the server
 */
export async function startServer() {
  const authority = await createAuthority("Authority of the emulated board");
  const password = randomBytes(16).toString("hex");
  const credentials = deriveCredentials(password);
  const owner = `owner@${DOMAIN}`;
  const server = new Server({
    domain: DOMAIN,
    accounts: () => credentials,
    mayCreateNodes: (account) => account === owner,
  });
  const listener = new Listener({ server, authority, port: 0, directPort: 0 });
  const { port } = await listener.listen();
  return {
    host: "127.0.0.1",
    port,
    security: "starttls",
    certificate: authority.certificate,
    jid: `board@${DOMAIN}/emulated`,
    owner,
    password,
    service: `pubsub.${DOMAIN}`,
    close: () => listener.close(),
  };
}

/** Makes the node that the board is to publish to, from this machine, unless it is there. */
export function makeNode(
  { certificate, service, owner, jid, password, host, port, security },
  node,
) {
  const provider = nodeProvider();
  const tls = { ...provider.tls, secure: { certificate } };
  const client = { ...provider, tls, host, port, security, jid: owner ?? jid, password };
  return withPubSub(client, service, (pubsub) =>
    promised((done) => ensureNode(pubsub, node, TELEMETRY_NODE, done)),
  );
}

/**
 * Switches a chip on that publishes, and off when it has done so, or has failed.
 * @param account where and as whom to log in: what `startServer` returns, or the like
 * @param options.job the `node`, how many items (`count`), and milliseconds between samples (`interval`)
 * @param options.clock as for `Chip`
 * @param options.signal switches it off early
 * @param options.onLine called with every line that it prints
 * @param options.onEvent called with every event of the board (`BoardEvent`)
 * @returns the exit status of its program, its events, its figures by stage, what else it printed, and the program
 */
export async function runBoard(account, { job, clock, signal, onLine, onEvent = () => {} }) {
  const { host, port, security, certificate, jid, password, service } = account;
  const events = [];
  const texts = [];
  const program = compileProgram(PROGRAM);
  const chip = new Chip({
    program,
    settings: { jid, password, ...SERVER, security, certificate, service, ...job },
    server: { host, port },
    clock,
    onLine: (line) => {
      onLine?.(line);
      const said = parse(line);
      if (said === undefined) texts.push(line);
      if (said?.event === undefined) return;
      events.push(said);
      onEvent(said);
      if (said.event === "error") chip.stop();
    },
  });
  const stop = () => chip.stop();
  signal?.addEventListener("abort", stop);
  const status = await chip.ended;
  signal?.removeEventListener("abort", stop);
  return { status, events, stages: stagesOf(chip.lines), texts, program };
}

function parse(line) {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Figures of a run against the embedded server. @throws Error when it does not go well */
export async function measureChip() {
  const account = await startServer();
  const job = { node: "measured", count: 1, interval: 60_000 };
  try {
    await makeNode(account, job.node);
    const run = await runBoard(account, { job });
    if (run.status !== 0) throw new Error(`the chip did not publish: ${run.texts.join("; ")}`);
    return figuresOf(run);
  } finally {
    await account.close();
  }
}
