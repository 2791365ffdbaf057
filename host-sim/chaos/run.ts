/** One run: devices publish while things go wrong by a plan; then nothing goes wrong, and it is checked. */

import type { KeyValueStorage, TimerHandle } from "../../firmware/io.js";
import { Board, type Site } from "./board.js";
import type { Dice } from "./dice.js";
import {
  type DeviceFault,
  describeFault,
  type FaultKind,
  type ServerFault,
} from "./faults/fault.js";
import { Journal } from "./journal.js";
import type { Plan, PlannedFault } from "./plan.js";
import {
  type Arrived,
  findMissing,
  findViolation,
  keyOf,
  type Taken,
  type Violation,
} from "./property.js";
import { Witness } from "./witness.js";

/** The server of a run. */
export interface Victim {
  /** @param done it is up again */
  fail(fault: ServerFault, done: () => void): void;
}

export interface RunOptions {
  readonly site: Site;
  readonly victim: Victim;
  readonly plan: Plan;
  readonly devices: number;
  readonly dice: Dice;
  /** The storage of a device. */
  storage(device: number): KeyValueStorage;
  /** Milliseconds that may pass until everything is delivered, once nothing goes wrong any more. */
  readonly patience: number;
  /** Is told of the end, once. */
  onEnd(result: Result): void;
}

export interface Result {
  readonly accepted: number;
  readonly delivered: number;
  /** What was dropped for want of room, and counted, or else is named as a violation. */
  readonly dropped: number;
  /** Items that the subscriber was told of again. */
  readonly repeated: number;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly sessions: number;
  readonly resumes: number;
  readonly reboots: number;
  /** The most entries that waited in an outbox, and the most bytes that were in one. */
  readonly backlog: number;
  readonly storage: number;
  /** Milliseconds from the end of all faults until everything was delivered. */
  readonly catchUp: number;
  /** The first reading with which something is wrong, if there is one. */
  readonly violation: Violation | undefined;
  /** What else is wrong: not everything was done in time, or an outbox took more storage than it may. */
  readonly problem: string | undefined;
}

/** Milliseconds between two looks at how far the devices are. */
const LOOK = 100;

export class Run {
  readonly journal: Journal;
  readonly #boards: Board[] = [];
  readonly #options: RunOptions;
  readonly #witness: Witness;
  readonly #faults: Partial<Record<FaultKind, number>> = {};
  #isServerUp = true;
  #healed = 0;
  #backlog = 0;
  /** What is still planned. */
  readonly #planned: TimerHandle[] = [];
  #look: TimerHandle | undefined;

  constructor(options: RunOptions) {
    const { site, dice } = options;
    this.#options = options;
    const start = site.timer.now();
    this.journal = new Journal(() => site.timer.now() - start);
    this.#witness = new Witness(site, dice.split(), this.journal, () => this.#begin());
  }

  /** How far it is. */
  get progress(): { accepted: number; pending: number; online: number; faults: number } {
    return {
      accepted: this.#taken.filter(({ isOwed }) => isOwed).length,
      pending: this.#boards.reduce((sum, { pending }) => sum + pending, 0),
      online: this.#boards.filter(({ state }) => state === "online").length,
      faults: Object.values(this.#faults).reduce((sum, count) => sum + count, 0),
    };
  }

  /** Ends it before its time. */
  close(): void {
    const { timer } = this.#options.site;
    timer.clear(this.#look);
    for (const handle of this.#planned) timer.clear(handle);
    for (const board of this.#boards) board.end();
    this.#witness.close();
  }

  #begin(): void {
    const { site, plan, devices, dice } = this.#options;
    for (let number = 1; number <= devices; number++)
      this.#boards.push(
        new Board(number, {
          site,
          settings: plan.settings,
          storage: this.#options.storage(number),
          dice: dice.split(),
          journal: this.journal,
        }),
      );
    for (const planned of plan.faults)
      this.#planned.push(site.timer.set(() => this.#fail(planned), planned.at));
    this.#planned.push(site.timer.set(() => this.#heal(), plan.length));
  }

  #fail({ device, fault }: PlannedFault): void {
    const board = device === undefined ? undefined : this.#boards[device - 1];
    const happened =
      board === undefined
        ? this.#failServer(fault as ServerFault)
        : board.fail(fault as DeviceFault);
    if (happened) this.#faults[fault.kind] = (this.#faults[fault.kind] ?? 0) + 1;
    this.#measure();
  }

  #failServer(fault: ServerFault): boolean {
    if (!this.#isServerUp) return false;
    this.journal.note(`the server: ${describeFault(fault)}`);
    this.#isServerUp = false;
    this.#options.victim.fail(fault, () => {
      if (fault.kind === "kill") this.journal.note("the server is up again");
      this.#isServerUp = true;
    });
    return true;
  }

  #measure(): void {
    for (const { pending } of this.#boards) this.#backlog = Math.max(this.#backlog, pending);
  }

  #heal(): void {
    const { timer } = this.#options.site;
    this.#measure();
    this.journal.note("from here on nothing goes wrong");
    this.#healed = timer.now();
    for (const board of this.#boards) board.heal();
    this.#look = timer.set(() => this.#lookAround(), LOOK);
  }

  /** Waits until all is delivered, but not for ever. */
  #lookAround(): void {
    const { site, patience } = this.#options;
    const isOver = site.timer.now() - this.#healed > patience;
    if (!isOver && !this.#hasDelivered) return this.#lookLater();
    this.#witness.read((error, stored) => {
      if (stored !== undefined) this.#end(stored);
      else if (isOver)
        this.#end(
          [],
          `not everything was delivered in time: the node cannot be read: ${error?.message}`,
        );
      else this.#lookLater();
    });
  }

  #lookLater(): void {
    this.#look = this.#options.site.timer.set(() => this.#lookAround(), LOOK);
  }

  get #taken(): Taken[] {
    return this.#boards.flatMap((board) => board.taken);
  }

  get #hasDelivered(): boolean {
    return (
      this.#isServerUp &&
      this.#witness.isOnline &&
      this.#boards.every((board) => board.hasDelivered) &&
      findMissing({ taken: this.#taken, counted: this.#counted }, (reading) =>
        this.#witness.knows(reading),
      ).length === 0
    );
  }

  /** How many items each device has counted as lost. */
  get #counted(): Map<number, number> {
    return new Map(this.#boards.map(({ number, counted }) => [number, counted]));
  }

  #end(stored: readonly Arrived[], problem?: string): void {
    const { told, found } = this.#witness;
    const { patience } = this.#options;
    const catchUp = this.#options.site.timer.now() - this.#healed;
    const taken = this.#taken;
    const sum = (count: (board: Board) => number): number =>
      this.#boards.reduce((total, board) => total + count(board), 0);
    const late = catchUp > patience ? (problem ?? this.#describeDelay()) : undefined;
    const { capacity } = this.#options.plan.settings.outbox;
    const storage = Math.max(...this.#boards.map((board) => board.stored));
    const there = new Set(stored.map(keyOf));
    const owed = taken.filter(({ isOwed }) => isOwed);
    const delivered = owed.filter((reading) => there.has(keyOf(reading))).length;
    const result: Result = {
      accepted: owed.length,
      delivered,
      dropped: owed.length - delivered,
      repeated: told.length - new Set(told.map(keyOf)).size,
      faults: this.#faults,
      sessions: sum((board) => board.sessions),
      resumes: sum((board) => board.resumes),
      reboots: sum((board) => board.reboots),
      backlog: this.#backlog,
      storage,
      catchUp,
      violation: findViolation({ taken, told, found, stored, counted: this.#counted }),
      problem:
        storage > capacity ? `an outbox of ${capacity} bytes took ${storage} of storage` : late,
    };
    this.close();
    this.#options.onEnd(result);
  }

  /** What there is still to do. */
  #describeDelay(): string | undefined {
    const late = this.#boards.find((board) => !board.hasDelivered);
    if (late === undefined) return undefined;
    return `not everything was delivered in time: device ${late.number} is ${late.state}, with ${late.pending} entries to deliver`;
  }
}
