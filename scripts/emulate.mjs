/**
 * `npm run emulate [-- options]`: builds what has changed, and boots the firmware on an emulated microcontroller,
 * which logs in to a server and publishes.
 */

import { runPackage } from "./run.mjs";
import { installEmulator, installPackages } from "./setup.mjs";

await installPackages();
const status = await runPackage("typescript/bin/tsc", "-b", "host-sim");
if (status !== 0) process.exit(status);
// All of these are there only now.
const { Command, InvalidArgumentError } = await import("commander");
const { ConfigError, SaslError, StanzaError, TransportError } = await import(
  "../build/firmware/xmpp/errors.js"
);
const { defaultService, findPassword, parseAccount, parseServer } = await import(
  "../build/host-sim/cli/account.js"
);
const { integerFrom } = await import("../build/host-sim/cli/arguments.js");
const { nodeProvider } = await import("../build/host-sim/node/provider.js");
const { EXIT, EXIT_HELP, report } = await import("../build/host-sim/cli/report.js");
const { onInterrupt } = await import("../build/host-sim/cli/signals.js");
const { makeNode, runBoard, startServer } = await import("./emulated-board.mjs");
const { figuresOf } = await import("./chip-figures.mjs");

const command = new Command("npm run emulate --")
  .description(
    "Boot the firmware on an emulated ESP32-C3, which logs in over its own TCP/IP and TLS, and publishes.",
  )
  .option("--jid <jid>", "an account on your server, with --server and --ca", parseAccount)
  .option("--server <uri>", "xmpp://host[:port], or xmpps:// for direct TLS", parseServer)
  .option("--ca <file>", "the certificate authorities (PEM) that the chip is to trust")
  .option("--password-file <file>", "read the password from a file; or set PIPIT_PASSWORD")
  .option("--service <jid>", "the pub/sub service (default: pubsub.DOMAIN)")
  .option("-t, --node <node>", "the node to publish to", "pipit-emulated")
  .option("-c, --count <count>", "end after so many items", integerFrom(1), 3)
  .option("--im, --interval <ms>", "time between two samples", integerFrom(10), 500)
  .option("--clock <time>", "what the chip's clock shows at first: 1970-01-01T00:00:00", parseClock)
  .option("--json", "print what happened, and the figures, as one JSON object")
  .option("-v, --verbose", "print all that the chip prints")
  .addHelpText(
    "after",
    `
Without --jid, an embedded server is started on this machine, and the chip trusts its authority. The chip can
reach the server, and nothing else.${EXIT_HELP}`,
  )
  .showHelpAfterError("(more with --help)")
  .exitOverride();

try {
  command.parse();
  if (!(await installEmulator())) process.exit(EXIT.failed);
  process.exitCode = await emulate(command.opts());
} catch (error) {
  process.exitCode = report(error);
}

async function emulate(options) {
  const say = options.json ? () => {} : (text) => console.log(text);
  const interruption = new AbortController();
  onInterrupt(() => interruption.abort());
  const account =
    options.jid === undefined ? await ownAccount(options) : await yourAccount(options);
  try {
    await makeNode(account, options.node);
    say(`The chip logs in to ${account.host}:${account.port} as ${account.jid}.`);
    const { count, interval, node, clock, verbose } = options;
    const started = performance.now();
    const run = await runBoard(account, {
      job: { node, count, interval },
      clock,
      signal: interruption.signal,
      onLine: verbose ? say : undefined,
      onEvent: (event) => {
        if (event.event === "error") return; // told at the end
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        say(`${seconds.padStart(6)} s  ${describe(event)}`);
      },
    });
    if (interruption.signal.aborted) return 130;
    const error = errorOf(run);
    const figures = error === undefined ? figuresOf(run) : undefined;
    const { status, events } = run;
    if (options.json) console.log(JSON.stringify({ status, events, figures }, undefined, 2));
    if (error !== undefined) return report(error);
    if (!options.json) print(figures);
    return EXIT.done;
  } finally {
    await account.close();
  }
}

/** Checks a time, in UTC. */
function parseClock(text) {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}Z`)))
    return text;
  throw new InvalidArgumentError("Write it as in 2026-12-31T23:59:59.");
}

async function ownAccount(options) {
  for (const name of ["server", "ca", "passwordFile", "service"])
    if (options[name] !== undefined)
      throw new ConfigError("jid", `--${name} needs --jid: who is to log in to your server?`);
  return startServer();
}

async function yourAccount({ jid, server, ca, passwordFile, service }) {
  if (server === undefined)
    throw new ConfigError("server", "--jid needs --server: the chip has no DNS");
  if (ca === undefined)
    throw new ConfigError("ca", "--jid needs --ca: the chip has no authorities");
  return {
    port: server.security === "direct" ? 5223 : 5222,
    ...server,
    certificate: nodeProvider({ certificateFile: ca }).tls.secure.certificate,
    jid,
    password: await findPassword(passwordFile, "PIPIT_PASSWORD", jid),
    service: service ?? defaultService(jid),
    close: async () => {},
  };
}

function describe(event) {
  switch (event.event) {
    case "online":
      return `online as ${event.jid}`;
    case "published":
      return `published ${event.id}`;
    default:
      return event.event;
  }
}

/** Why the board did not do what it should have done, if so. */
function errorOf({ events, status, texts }) {
  const failure = events.find(({ event }) => event === "error");
  if (failure !== undefined) {
    const { name, condition, text } = failure;
    if (name === "SaslError") return new SaslError(condition, text);
    if (name === "TransportError") return new TransportError(condition, text);
    return new StanzaError(condition, "cancel", text);
  }
  if (status !== 0) return new Error(`the chip ended with status ${status}: ${texts.join("; ")}`);
  return undefined;
}

function print({ flash, ram, instructions }) {
  printTable("Flash", "bytes", { ...flash, all: sum(flash) });
  const { variables, stack, heap, xs, tls } = ram;
  printTable("RAM", "bytes", {
    "variables of lwIP": variables.lwIP,
    "other variables of C": sum(variables) - variables.lwIP,
    [`C stack, of ${stack.size}`]: stack.peak,
    [`C heap, of ${heap.size}`]: heap.peak,
    [`  XS in it, whose block has ${xs.size}`]: xs.peak,
    "  TLS in it": tls.peak,
  });
  printTable("Work", "instructions", instructions);
}

function sum(sizes) {
  return Object.values(sizes).reduce((a, b) => a + b, 0);
}

function printTable(title, unit, rows) {
  const width = Math.max(title.length, ...Object.keys(rows).map((name) => name.length));
  console.log();
  for (const [name, cell] of [[title, unit], ...Object.entries(rows)])
    console.log(name.padEnd(width) + String(cell).padStart(14));
}
