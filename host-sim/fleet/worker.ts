/** A process that runs a part of a fleet. It is told what to do, and ends with the process that started it. */

import { describeError, exitStatus } from "../cli/report.js";
import { runJob } from "./job.js";
import type { FromWorker, ToWorker } from "./processes.js";

const closing = new AbortController();

// Ctrl-C goes to all processes of a terminal; the one that started this says what is to be done.
process.on("SIGINT", () => {});

process.on("message", (message: ToWorker) => {
  if (message.kind === "close") closing.abort();
  else void run(message.job);
});

process.on("disconnect", () => process.exit());

async function run(job: Parameters<typeof runJob>[0]): Promise<void> {
  try {
    const end = await runJob(
      job,
      {
        say: (line) => tell({ kind: "say", line }),
        progress: (counts, busy) => tell({ kind: "progress", counts, busy }),
      },
      closing.signal,
    );
    tell({ kind: "end", end });
  } catch (error) {
    tell({ kind: "failed", words: describeError(error), exit: exitStatus(error) });
  }
}

function tell(message: FromWorker): void {
  process.send?.(message);
}
