/**
 * What is missing among the items of a device, by the numbers in their ids: see `firmware/outbox/entry-id.ts`
 * for what an id can tell. Other ids tell nothing.
 *
 * An item that comes late is no gap: alarms go before everything else, and what a server has lost is published
 * again. So a gap is told of only when it has not been filled for a while.
 */

/** Numbers that are missing, both included. */
export interface Gap {
  readonly device: string;
  readonly from: number;
  readonly to: number;
}

/** The numbers of one store of one device. After a reboot they go on, under another epoch. */
interface Sequence {
  /** The number after the highest that came. */
  next: number;
  /** In order. */
  missing: Missing[];
}

interface Missing {
  readonly from: number;
  readonly to: number;
  /** When the gap was seen. */
  readonly since: number;
  isTold: boolean;
}

/** Milliseconds after which what has not come is not only late. */
export const GRACE = 10_000;

/** How much is remembered: whoever may publish may also make up devices. The oldest is forgotten. */
const MAX_DEVICES = 20_000;
const MAX_EPOCHS = 16;
const MAX_MISSING = 64;

/** The epoch, and the number behind its own length. What follows a dot is a part of an item that was split. */
const ID = /^([0-9a-f]{20})-([1-9a-b][0-9a-v]{1,11})(?:\.[0-9]{1,4})?$/;

export class Gaps {
  /** The sequences of each device by epoch; one that went on after a reboot is there under both. */
  readonly #devices = new Map<string, Map<string, Sequence>>();
  /** Those with something missing, by device. */
  readonly #open = new Map<Sequence, string>();
  readonly #now: () => number;

  /** @param now milliseconds that go up evenly */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Takes the id of an item.
   * @returns whether it fills a gap that was told of
   */
  take(device: string, id: string): boolean {
    const [, epoch, digits = ""] = ID.exec(id) ?? [];
    if (epoch === undefined) return false;
    const number = Number.parseInt(digits.slice(1), 32);
    const sequence = this.#find(device, epoch, number);
    if (number < sequence.next) return this.#fill(sequence, number);
    if (number > sequence.next) {
      const gap = { from: sequence.next, to: number - 1, since: this.#now(), isTold: false };
      sequence.missing.push(gap);
      if (sequence.missing.length > MAX_MISSING) sequence.missing.shift();
      this.#open.set(sequence, device);
    }
    sequence.next = number + 1;
    return false;
  }

  /**
   * The gaps to tell of, each once.
   * @param grace how long they have had to be filled; 0 when nothing more is to come
   */
  due(grace: number = GRACE): Gap[] {
    const due: Gap[] = [];
    const until = this.#now() - grace;
    for (const [sequence, device] of this.#open)
      for (const missing of sequence.missing) {
        if (missing.isTold || missing.since > until) continue;
        missing.isTold = true;
        due.push({ device, from: missing.from, to: missing.to });
      }
    return due;
  }

  /**
   * The sequence that a number belongs to. One of an epoch that is new goes on where an older one of the device
   * stands, or a little further on. Otherwise it begins here: the device is new to us, or its store is.
   */
  #find(device: string, epoch: string, number: number): Sequence {
    let epochs = this.#devices.get(device);
    if (epochs === undefined) {
      epochs = new Map();
      this.#devices.set(device, epochs);
      if (this.#devices.size > MAX_DEVICES)
        this.#forget(this.#devices.keys().next().value as string);
    }
    let sequence = epochs.get(epoch);
    if (sequence !== undefined) return sequence;
    // Where what goes at most once has numbers too, from 0 on each boot, the nearest is the durable one.
    for (const candidate of epochs.values())
      if (number > 0 && candidate.next <= number && candidate.next > (sequence?.next ?? 0))
        sequence = candidate;
    sequence ??= { next: number, missing: [] };
    epochs.set(epoch, sequence);
    if (epochs.size > MAX_EPOCHS) epochs.delete(epochs.keys().next().value as string);
    return sequence;
  }

  #fill(sequence: Sequence, number: number): boolean {
    const at = sequence.missing.findIndex(({ from, to }) => from <= number && number <= to);
    const gap = sequence.missing[at];
    if (gap === undefined) return false; // a repeat, or from before we listened
    const rest = [
      { ...gap, to: number - 1 },
      { ...gap, from: number + 1 },
    ].filter(({ from, to }) => from <= to);
    sequence.missing.splice(at, 1, ...rest);
    if (sequence.missing.length === 0) this.#open.delete(sequence);
    return gap.isTold;
  }

  #forget(device: string): void {
    for (const sequence of this.#devices.get(device)?.values() ?? []) this.#open.delete(sequence);
    this.#devices.delete(device);
  }
}
