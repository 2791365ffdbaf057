import { setImmediate } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { type FaultKind, REAL_FAULTS, VIRTUAL_FAULTS } from "../chaos/faults/fault.js";
import { describe, type Happening } from "../chaos/journal.js";
import { type RealOptions, runForReal } from "../chaos/real.js";
import type { Run } from "../chaos/run.js";
import { describeFailure, describeResults, type Ended, isGood } from "../chaos/summary.js";
import { runVirtually } from "../chaos/virtual/run.js";
import { integerFrom } from "./arguments.js";
import { Live } from "./live.js";
import { printable } from "./report.js";
import { onInterrupt } from "./signals.js";

interface Options {
  seed: number;
  runs: number;
  server: "embedded" | "prosody" | "ejabberd";
  devices?: number;
  faults?: readonly FaultKind[];
  time: number;
  settle?: number;
  verbose?: boolean;
  json?: boolean;
}

export function chaosCommand(): Command {
  return new Command("chaos")
    .description("Let everything go wrong that can, and check that no reading is lost.")
    .option("--seed <number>", "the same seed lets the same go wrong", integerFrom(0), 1)
    .option("--runs <count>", "how many runs, each with the next seed", integerFrom(1), 1)
    .addOption(
      new Option("--server <name>", "embedded, by a clock of its own; or one that is installed")
        .choices(["embedded", "prosody", "ejabberd"])
        .default("embedded"),
    )
    .option(
      "-c, --devices <count>",
      "how many devices (default: 1 to 3; real ones 10)",
      integerFrom(1, 1000),
    )
    .option(
      "--faults <kinds>",
      "what may go wrong, with commas between (default: all)",
      parseFaults,
    )
    .option("--time <s>", "how long things go wrong on an installed server", integerFrom(1), 20)
    .option(
      "--settle <ms>",
      "how long acknowledgements are doubted (default: as the server needs)",
      integerFrom(0),
    )
    .option("-v, --verbose", "print all that happens, which one embedded run always does")
    .option("--json", "print one JSON object for each run")
    .addHelpText(
      "after",
      `
Devices publish while connections are cut and stalled, the server is killed and started again, and devices
lose power at any write to their storage. In the end every reading that was accepted has to be on the node
once, in order for each device; the first that is not is named, with its history.

What may go wrong: ${VIRTUAL_FAULTS.slice(0, 8).join(", ")} (connections);
${VIRTUAL_FAULTS.slice(8, 13).join(", ")} (devices); ${VIRTUAL_FAULTS.slice(13).join(", ")} (the server).
On installed servers: tear, a cut below TLS, in place of forget.

An embedded run with the same seed and options is the same run. Installed servers are started with data of
their own, on free ports of this machine.

Examples: pipit chaos --runs 1000
          pipit chaos --server ejabberd --settle 0    (what it costs to believe an acknowledgement)

Exit status: 0 all was delivered; 1 not all was; 2 wrong usage.`,
    )
    .action(chaos);
}

function parseFaults(text: string): readonly FaultKind[] {
  const kinds = text.split(",").map((kind) => kind.trim());
  const all: readonly string[] = [...VIRTUAL_FAULTS, "tear"];
  const unknown = kinds.find((kind) => !all.includes(kind));
  if (unknown === undefined) return kinds as FaultKind[];
  throw new InvalidArgumentError(`"${unknown}" is not one of ${all.join(", ")}.`);
}

/**
 * @throws ConfigError `faults` for what cannot go wrong on this server
 * @throws Error for the first run in which something is wrong, after telling how that came to be
 */
async function chaos(options: Options): Promise<void> {
  const { seed, runs, server, json, faults = [] } = options;
  const possible = server === "embedded" ? VIRTUAL_FAULTS : REAL_FAULTS;
  const impossible = faults.find((kind) => !possible.includes(kind));
  if (impossible !== undefined)
    throw new ConfigError("faults", `with --server ${server} there is no ${impossible}`);
  const isLogged = options.verbose === true || (runs === 1 && server === "embedded" && !json);
  const results: Ended[] = [];
  const interruption = new AbortController();
  onInterrupt(() => interruption.abort());
  let picture = (): string => `${results.length} of ${runs} runs`;
  const live = new Live(json || isLogged ? undefined : () => picture());
  const onHappening = (happening: Happening): void => {
    if (isLogged) (json ? console.error : console.log)(printable(describe(happening)));
    live.changed();
  };
  const { signal } = interruption;
  const start = (number: number): Promise<Ended> =>
    server === "embedded"
      ? runEmbedded(number, options, onHappening)
      : runInstalled(number, server, { options, onHappening, signal }, (run) => {
          picture = () => `seed ${number}  ${describeProgress(run)}`;
        });
  try {
    for (let run = 0; run < runs && !signal.aborted; run++) {
      const result = await start(seed + run);
      results.push(result);
      live.changed();
      if (json) console.log(JSON.stringify(result));
      if (!isGood(result)) throw failed(result, options);
    }
  } finally {
    live.end();
  }
  if (!json) console.log(`${describeResults(results)}\n${verdict(results)}`);
}

async function runEmbedded(
  seed: number,
  { devices, faults = VIRTUAL_FAULTS, settle }: Options,
  onHappening: (happening: Happening) => void,
): Promise<Ended> {
  await setImmediate(); // for what else there is to do in this process
  return runVirtually(seed, {
    kinds: faults,
    onHappening,
    ...(devices === undefined ? {} : { devices }),
    ...(settle === undefined ? {} : { settle }),
  });
}

/** Devices of an embedded run are few, so that it is short; real ones share the time. */
const DEVICES = 10;

/** How many things go wrong in a second, with each device. */
const RATE = 1.15;

function runInstalled(
  seed: number,
  server: "prosody" | "ejabberd",
  { options, ...rest }: { options: Options } & Pick<RealOptions, "onHappening" | "signal">,
  onRun: (run: Run) => void,
): Promise<Ended> {
  const { devices = DEVICES, faults = REAL_FAULTS, time, settle } = options;
  return runForReal(seed, {
    server,
    devices,
    kinds: faults,
    faults: Math.ceil(devices * time * RATE),
    length: time * 1000,
    ...(settle === undefined ? {} : { settle }),
    ...rest,
    onRun,
  });
}

function describeProgress(run: Run): string {
  const { accepted, pending, online, faults } = run.progress;
  return `${online} devices online  ${accepted} accepted  ${pending} pending  ${faults} faults`;
}

function verdict(results: readonly Ended[]): string {
  const runs = results.length === 1 ? "One run" : `${results.length} runs`;
  return `${runs}: every reading that was accepted is on the node once, and in order.`;
}

/** Tells what went wrong, and how to see it again. */
function failed(result: Ended, { server, devices, faults, time, settle }: Options): Error {
  const again = [
    `pipit chaos --seed ${result.seed}`,
    ...(server === "embedded" ? [] : [`--server ${server} --time ${time}`]),
    ...(devices === undefined ? [] : [`--devices ${devices}`]),
    ...(faults === undefined ? [] : [`--faults ${faults.join(",")}`]),
    ...(settle === undefined ? [] : [`--settle ${settle}`]),
  ].join(" ");
  console.error(describeFailure(result).split("\n").map(printable).join("\n"));
  return new Error(`not every reading was delivered as it should be; once more: ${again}`);
}
