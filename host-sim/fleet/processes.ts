/** A fleet over several processes of this machine. */

import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { ExitError } from "../cli/report.js";
import type { JobEnd, JobEvents, JobOptions } from "./job.js";
import { addUp, type Counts } from "./tally.js";

/** What a worker says. */
export type FromWorker =
  | { readonly kind: "say"; readonly line: string }
  | { readonly kind: "progress"; readonly counts: Counts; readonly busy: number }
  | { readonly kind: "end"; readonly end: JobEnd }
  /** It could not go on. */
  | {
      readonly kind: "failed";
      readonly words: string;
      readonly exit: number;
    };

/** What a worker is told. */
export type ToWorker =
  | { readonly kind: "run"; readonly job: JobOptions }
  | { readonly kind: "close" };

/**
 * For memory, at the cost of a little speed. What a device keeps is old: small semi-spaces are enough for what is young,
 * and the heap may grow by a tenth before it is looked for garbage, where it could double.
 */
export const FLAGS: readonly string[] = [
  "--max-semi-space-size=1",
  "--optimize-for-size",
  "--heap-growing-percent=10",
];

const WORKER = fileURLToPath(new URL("./worker.js", import.meta.url));

/**
 * Runs a fleet in so many processes, each with every so-many-th device.
 * @throws ExitError when one of them cannot go on; the others are ended then
 */
export async function runProcesses(
  count: number,
  job: JobOptions,
  events: Pick<JobEvents, "say" | "progress">,
  signal: AbortSignal,
): Promise<JobEnd> {
  if (!existsSync(WORKER))
    throw new ConfigError("processes", `${WORKER} is not there: npm run build`);
  const { index, of } = job.shard;
  const workers = Array.from({ length: count }, () => fork(WORKER, { execArgv: [...FLAGS] }));
  const latest: (Counts | undefined)[] = workers.map(() => undefined);
  const busy = workers.map(() => 0);
  const close = (): void => {
    for (const worker of workers) tell(worker, { kind: "close" });
  };
  signal.addEventListener("abort", close);
  const run = (worker: ChildProcess, i: number): Promise<JobEnd> =>
    new Promise((resolve, reject) => {
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "say") events.say(message.line);
        else if (message.kind === "end") resolve(message.end);
        else if (message.kind === "failed") reject(new ExitError(message.words, message.exit));
        else {
          latest[i] = message.counts;
          busy[i] = message.busy;
          events.progress(
            addUp(latest.filter((counts) => counts !== undefined)),
            Math.max(...busy),
          );
        }
      });
      worker.on("exit", (status, by) =>
        reject(new ExitError(`a process of the fleet ended with ${by ?? status}`, 1)),
      );
      worker.on("error", reject);
      const limit = job.limit === undefined ? {} : { limit: Math.ceil(job.limit / count) };
      const shard = { index: index + of * i, of: of * count };
      tell(worker, { kind: "run", job: { ...job, ...limit, shard } });
      if (signal.aborted) tell(worker, { kind: "close" });
    });
  try {
    const ends = await Promise.all(workers.map(run));
    return merge(ends);
  } finally {
    signal.removeEventListener("abort", close);
    for (const worker of workers) if (worker.connected) worker.disconnect();
  }
}

function tell(worker: ChildProcess, message: ToWorker): void {
  if (worker.connected) worker.send(message, () => {}); // one that has ended needs to be told nothing
}

function merge(ends: readonly JobEnd[]): JobEnd {
  const troubles: Record<string, number> = {};
  for (const end of ends)
    for (const [name, count] of Object.entries(end.troubles))
      troubles[name] = (troubles[name] ?? 0) + count;
  const failures = [...new Set(ends.flatMap(({ failure }) => failure ?? []))];
  return {
    counts: addUp(ends.map(({ counts }) => counts)),
    troubles,
    ...(failures.length === 0 ? {} : { failure: failures.join("\n") }),
    broken: ends.reduce((sum, { broken }) => sum + broken, 0),
    exit: Math.max(...ends.map(({ exit }) => exit)),
  };
}
