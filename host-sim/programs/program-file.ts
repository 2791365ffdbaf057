/**
 * Sensor programs of one `.wasm` file, each for a device, in a thread that is watched: if a call takes too long,
 * the thread is ended, and its programs with it. The one that was at work does not come back. The others are
 * begun anew when their next window is there: what they had gathered till then is gone.
 */

import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { Description } from "../../firmware/programs/description.js";
import { configure, type Running } from "../../firmware/sensors/program.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import type { Answer, Request, WorkerData } from "./worker.js";

/** How long a call may take, in milliseconds: a thousand times what the programs in the box need. */
const PATIENCE = 2_000;

const NOTHING = new Float64Array(0);

type Done = (error: Error | undefined, answer: Answer) => void;

export class ProgramFile {
  readonly description: Description;
  readonly #data: WorkerData;
  #thread: Worker | undefined;
  /** Who waits for an answer, the one whose call is at work first. */
  readonly #waiting: Done[] = [];
  /** Whether the thread has come to the point where it does what it is told. */
  #ready = false;
  #watchdog: NodeJS.Timeout | undefined;
  #lastId = 0;
  /** Counts the threads: programs of an earlier one have to be begun anew. */
  #generation = 0;

  /** @throws ConfigError `program` when the file cannot be used */
  static async open(path: string): Promise<ProgramFile> {
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new ConfigError("program", `${path} cannot be read (${error.code})`);
    });
    const file = new ProgramFile({ bytes, file: path });
    const { description } = await new Promise<Answer>((resolve, reject) => {
      file.#ask({ kind: "start", id: 0, config: undefined }, (error, answer) => {
        if (error === undefined) resolve(answer);
        else reject(new ConfigError("program", error.message));
      });
    }).catch(async (error) => {
      await file.close();
      throw error;
    });
    file.#send({ kind: "end", id: 0 });
    Object.assign(file.description, JSON.parse(description ?? "{}"));
    return file;
  }

  private constructor(data: WorkerData) {
    this.#data = data;
    this.description = new Description();
  }

  /** A program for a device. @throws ConfigError `program` for a configuration that does not fit */
  start(config: Readonly<Record<string, number>> = {}): Running {
    const values = configure(this.description, config);
    const id = ++this.#lastId;
    let generation = -1;
    let closed = false;
    return {
      samples: (window, done) => {
        const answered: Done = (error, { records = NOTHING }) => {
          if (!closed) done(error, records);
        };
        if (generation === this.#generation)
          return this.#ask({ kind: "samples", id, window }, answered);
        const thread = this.#generation;
        this.#ask({ kind: "start", id, config: values }, (error, answer) => {
          // Without a description, the thread was ended before it came to that.
          if (error !== undefined || answer.description === undefined) return answered(error, {});
          generation = thread;
          this.#ask({ kind: "samples", id, window }, answered);
        });
      },
      close: () => {
        closed = true;
        this.#send({ kind: "end", id });
      },
    };
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    clearTimeout(this.#watchdog);
    this.#waiting.length = 0;
    await this.#thread?.terminate();
  }

  #ask(request: Request, done: Done): void {
    this.#waiting.push(done);
    this.#send(request);
    if (this.#waiting.length === 1) this.#watch();
  }

  #send(request: Request): void {
    this.#thread ??= this.#begin();
    this.#thread.postMessage(request);
  }

  #begin(): Worker {
    const thread = new Worker(new URL("./worker.js", import.meta.url), { workerData: this.#data });
    thread.unref();
    this.#ready = false;
    thread.on("message", (answer: Answer | "ready") => {
      if (thread !== this.#thread) return;
      if (answer === "ready") {
        this.#ready = true;
        return this.#watch();
      }
      const done = this.#waiting.shift();
      this.#watch();
      done?.(answer.error === undefined ? undefined : new Error(answer.error), answer);
    });
    thread.on("error", (error) => this.#lose(thread, error));
    return thread;
  }

  #watch(): void {
    clearTimeout(this.#watchdog);
    if (this.#waiting.length === 0 || !this.#ready) return;
    const thread = this.#thread;
    this.#watchdog = setTimeout(() => {
      this.#lose(thread, new Error(`it took longer than ${PATIENCE / 1000} s for a window`));
    }, PATIENCE);
  }

  /** The first in the queue was at work. The calls behind it are lost with the thread, not at fault. */
  #lose(thread: Worker | undefined, error: Error): void {
    if (thread !== this.#thread) return;
    void thread?.terminate();
    this.#thread = undefined;
    this.#generation++;
    const [guilty, ...others] = this.#waiting.splice(0);
    clearTimeout(this.#watchdog);
    guilty?.(error, {});
    for (const done of others) done(undefined, {});
  }
}
