/** Feeds a sensor program with windows of samples, and makes readings of what it says. */

import type { Timer, TimerHandle } from "../io.js";
import type { Description } from "../programs/description.js";
import type { Lane } from "../telemetry/lane.js";
import type { Reading } from "../telemetry/senml.js";
import type { Running } from "./program.js";

/** Where windows come from: a converter with a buffer of its own, or a simulation. */
export interface WindowSource {
  /**
   * Fills a window with the samples since the one before, the inputs of one time side by side.
   * @param start when the first of them was taken, in seconds since the epoch
   * @returns a word that says why there are none, such as `no-answer`; undefined when all is well
   */
  read(window: Float64Array, start: number): string | undefined;
  close(): void;
}

export interface ProgramRunnerOptions {
  readonly program: Running;
  readonly description: Description;
  readonly source: WindowSource;
  readonly timer: Timer;
  /** What goes before the names of outputs and inputs. */
  readonly baseName: string;
  /** Takes the readings of a window. */
  readonly onReadings: (readings: readonly (readonly [Lane, Reading])[]) => void;
}

const USUAL: Lane = Object.freeze({ qos: "effectively-once", alarm: false });
const ALARM: Lane = Object.freeze({ qos: "effectively-once", alarm: true });

/** As much of an error as goes into a status. */
const LONGEST_STATUS = 200;

/**
 * A program that fails is told of once, as a status under its name, and given up. From then on the last sample
 * of each input in every window is a reading: less than the program made of them, and better than nothing.
 */
export class ProgramRunner {
  readonly #options: ProgramRunnerOptions;
  readonly #window: Float64Array;
  /** How long a window takes, in milliseconds. */
  readonly #duration: number;
  #due: TimerHandle | undefined;
  #busy = false;
  #failed = false;

  /** Begins: the first window is due when it is full. */
  constructor(options: ProgramRunnerOptions) {
    const { window, inputs, rate } = options.description;
    this.#options = options;
    this.#window = new Float64Array(window * inputs.length);
    this.#duration = Math.max(1, Math.round((1000 * window) / rate));
    this.#wait();
  }

  /** May be called twice. Nothing is told any more. */
  close(): void {
    if (this.#due === undefined) return;
    this.#options.timer.clear(this.#due);
    this.#due = undefined;
    this.#options.program.close();
    this.#options.source.close();
  }

  #wait(): void {
    this.#due = this.#options.timer.set(() => {
      this.#wait();
      this.#take();
    }, this.#duration);
  }

  #take(): void {
    const { program, description, source, timer } = this.#options;
    const start = (timer.now() - this.#duration) / 1000;
    const trouble = source.read(this.#window, start);
    if (trouble !== undefined)
      return this.#tell(description.inputs.map(({ name }) => this.#status(name, trouble, start)));
    if (this.#failed) return this.#tell(this.#rawReadings(start));
    // A program that has not done with the window before is too slow: this one is left out.
    if (this.#busy) return this.#tell([this.#status(description.name, "too-slow", start)]);
    this.#busy = true;
    program.samples(this.#window, (error, records) => {
      this.#busy = false;
      if (this.#due === undefined) return;
      if (error === undefined) return this.#tell(this.#readings(records, start));
      this.#failed = true;
      program.close();
      this.#tell([
        this.#status(description.name, error.message.slice(0, LONGEST_STATUS), start),
        ...this.#rawReadings(start),
      ]);
    });
  }

  #readings(records: Float64Array, start: number): (readonly [Lane, Reading])[] {
    const { description, baseName } = this.#options;
    const readings: (readonly [Lane, Reading])[] = [];
    for (let at = 0; at < records.length; at += 3) {
      const [output = 0, sample = 0, value = 0] = records.subarray(at, at + 3);
      const quantity = description.outputs[output];
      if (quantity === undefined) continue; // was checked: see checkRecords
      const reading = { name: baseName + quantity.name, time: start + sample / description.rate };
      readings.push(
        quantity.isAlarm
          ? [ALARM, { ...reading, value: value !== 0 }]
          : [USUAL, { ...reading, ...unitOf(quantity.unit), value }],
      );
    }
    return readings;
  }

  #rawReadings(start: number): (readonly [Lane, Reading])[] {
    const { description, baseName } = this.#options;
    const { inputs, rate, window } = description;
    const time = start + (window - 1) / rate;
    return inputs.map(({ name, unit }, index) => {
      const value = this.#window[(window - 1) * inputs.length + index] ?? Number.NaN;
      if (!Number.isFinite(value)) return this.#status(name, "no-sample", time);
      return [USUAL, { name: baseName + name, ...unitOf(unit), value, time }];
    });
  }

  #status(name: string, value: string, time: number): readonly [Lane, Reading] {
    return [USUAL, { name: `${this.#options.baseName}${name}:status`, value, time }];
  }

  #tell(readings: readonly (readonly [Lane, Reading])[]): void {
    if (readings.length > 0) this.#options.onReadings(readings);
  }
}

function unitOf(unit: string): { unit?: string } {
  return unit === "" ? {} : { unit };
}
