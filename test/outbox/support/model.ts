import type { Entry, Message, QualityOfService } from "../../../firmware/outbox/entry.js";
import { CAUSES } from "../../../firmware/outbox/losses.js";
import { Outbox, type OutboxOptions } from "../../../firmware/outbox/outbox.js";
import { StorageError } from "../../../firmware/xmpp/errors.js";
import { decode, encode } from "../../../firmware/xmpp/utf8.js";
import type { Seeded } from "../../support/random.js";
import { DeviceClock } from "./clock.js";
import { Flash, PowerCut } from "./flash.js";

export type Settings = Pick<
  OutboxOptions,
  "capacity" | "segment" | "window" | "settle" | "policy" | "maxAge"
>;

/** What the outside knows of an entry that was accepted. */
interface Known {
  readonly id: string;
  readonly text: string;
  readonly node: string;
  readonly time: number;
  readonly alarm: boolean;
  readonly accepted: number;
  /** Whether it has to survive a power cut. */
  durable: boolean;
  acknowledged: boolean;
  state: "waiting" | "in flight" | "settling" | "gone";
}

/** The number that an id ends in. */
export const numberIn = (id: string) => Number.parseInt(id.slice(id.indexOf("-") + 2), 32);

/** All ids ever given, by any of a family of outboxes. */
export type Ids = Set<string>;

/** Uses an outbox at random, cuts its power, and says what is wrong with what it does. */
export class Model {
  readonly flash = new Flash();
  readonly clock = new DeviceClock();
  readonly ids: Ids;
  readonly #settings: Settings;
  readonly #seeded: Seeded;
  readonly #acknowledges: boolean;
  readonly #known = new Map<string, Known>();
  outbox: Outbox;
  /** What was being appended when power went: whether it is in the outbox cannot be known. */
  #doubtful: Omit<Known, "id"> | undefined;
  #readings = 0;
  #torn = 0;
  /** Lost for certain, and what may count as lost or not. */
  #lost = 0;
  #maybe = 0;

  constructor(settings: Settings, seeded: Seeded, { acknowledges = true, ids = new Set() as Ids }) {
    this.#settings = settings;
    this.#seeded = seeded;
    this.#acknowledges = acknowledges;
    this.ids = ids;
    this.outbox = this.#open(this.flash, this.clock);
  }

  /** Does something. Returns false when power went. */
  step(): boolean {
    try {
      this.#step();
      return !this.isOff();
    } catch (error) {
      // The outbox reports storage that fails; that it failed for lack of power, only the flash knows.
      if (!this.isOff()) throw error;
      return false;
    }
  }

  isOff(): boolean {
    try {
      this.flash.read("any");
      return false;
    } catch (error) {
      if (error instanceof PowerCut) return true;
      throw error;
    }
  }

  /** Power comes back. */
  restart(torn: boolean): void {
    if (torn) this.#torn++;
    this.flash.restart();
    this.clock.restart();
    this.outbox = this.#open(this.flash, this.clock);
    // A look at a copy, in which nothing expires: so it shows all that is stored.
    const { maxAge, ...settings } = this.#settings;
    const copy = this.#open(new Flash(this.flash.values), this.clock, settings);
    this.#compare(drain(copy), true);
    this.#checkLosses(copy.losses);
  }

  /** Delivers all that is left. */
  finish(): void {
    this.outbox.suspect();
    this.#compare(drain(this.outbox), false);
    this.#checkLosses(this.outbox.losses);
    check(this.flash.peak <= this.#settings.capacity, `${this.flash.peak} bytes taken`);
  }

  #open(storage: Flash, timer: DeviceClock, settings: Settings = this.#settings): Outbox {
    const random = (count: number) =>
      Uint8Array.from({ length: count }, () => this.#seeded.int(256));
    return new Outbox({ ...settings, storage, timer, random });
  }

  #step(): void {
    const { int, pick } = this.#seeded;
    const { outbox } = this;
    const inFlight = [...this.#known.values()].filter(({ state }) => state === "in flight");
    switch (pick(STEPS)) {
      case "append":
        return this.#append(
          int(8) === 0,
          pick<QualityOfService>(["at-least-once", "effectively-once"]),
        );
      case "next":
        return this.#next();
      case "acknowledge":
        if (inFlight.length === 0 || !this.#acknowledges) return;
        return this.#acknowledge(pick(inFlight));
      case "put back":
        for (const known of inFlight) {
          outbox.putBack(known.id, "unsettled");
          known.state = "waiting";
        }
        return;
      case "refuse":
        if (inFlight.length === 0) return;
        return this.#refuse(pick(inFlight));
      case "suspect":
        outbox.suspect();
        for (const known of this.#known.values())
          if (known.state === "in flight" || known.state === "settling") known.state = "waiting";
        return;
      case "flush":
        outbox.flush();
        for (const known of this.#known.values()) known.durable = true;
        return;
      case "wait":
        this.clock.advance(int(2000));
        // It went while a timer ran, and what was written before is written.
        if (this.isOff()) throw new PowerCut();
        for (const known of this.#known.values())
          known.durable ||= this.clock.elapsed - known.accepted >= this.#settings.window;
        return;
      case "jump":
        return this.clock.jump(int(20_000) - 10_000);
    }
  }

  #append(alarm: boolean, qos: QualityOfService): void {
    const { int } = this.#seeded;
    const text = `${this.#readings++} `.padEnd(4 + int(120), "x");
    const node = `node${int(3)}`;
    const durable = alarm || this.#settings.window === 0;
    const time = this.clock.now();
    const accepted = this.clock.elapsed;
    const known = { text, node, time, alarm, accepted, durable, acknowledged: false };
    this.#doubtful = { ...known, state: "waiting" };
    const message = { node, time, payload: encode(text), qos, alarm };
    this.flash.broken = int(12) === 0;
    const id = this.flash.broken ? this.#tryToAppend(message) : this.outbox.append(message);
    this.flash.broken = false;
    this.#doubtful = undefined;
    if (id === null) return;
    if (id === undefined) {
      if (durable) this.#lost++;
      else this.#maybe++;
      return;
    }
    check(!this.ids.has(id), `${id} is used again`);
    this.ids.add(id);
    this.#known.set(id, { ...known, id, state: "waiting" });
  }

  /** Returns null when storage failed: the entry was not taken then. */
  #tryToAppend(message: Message): string | undefined | null {
    try {
      return this.outbox.append(message);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      check(error.condition === "outbox-storage", error.message);
      // If it was full besides, that was counted.
      this.#maybe++;
      return null;
    }
  }

  #next(): void {
    const entry = this.outbox.next();
    const known = entry && this.#same(entry);
    if (known !== undefined) check(known.state === "waiting", `${known.id} was ${known.state}`);
    // What should have come before has been lost. It is to be among the losses in the end.
    for (const other of this.#known.values()) {
      if (other.state !== "waiting" || other === known) continue;
      if (known === undefined || comesBefore(other, known)) other.state = "gone";
    }
    if (known !== undefined) known.state = "in flight";
  }

  #acknowledge(known: Known): void {
    this.outbox.acknowledge(known.id);
    known.acknowledged = true;
    known.state = "settling";
  }

  #refuse(known: Known): void {
    this.outbox.refuse(known.id);
    known.state = "gone";
  }

  /** The entry is as it was accepted. */
  #same(entry: Entry): Known {
    const text = decode(entry.payload);
    if (this.#doubtful?.text === text && !this.ids.has(entry.id)) {
      this.ids.add(entry.id);
      this.#known.set(entry.id, { ...this.#doubtful, id: entry.id, durable: true });
    }
    const known = this.#known.get(entry.id);
    if (known === undefined)
      throw new Error(`${entry.id} (${text}) was never accepted, or is gone`);
    check(known.text === text, `${entry.id} has the payload of another`);
    check(known.node === entry.node && known.time === entry.time, `${entry.id} has changed`);
    return known;
  }

  /** Takes `entries` for what there is, after a power cut or in the end. */
  #compare(entries: readonly Entry[], cut: boolean): void {
    const present = entries.map((entry) => this.#same(entry));
    check(new Set(present).size === present.length, "an entry is there twice");
    present.forEach((known, index) => {
      const before = present[index - 1];
      if (before !== undefined) check(comesBefore(before, known), `${known.id} is out of order`);
    });
    if (this.#doubtful !== undefined) this.#maybe++;
    this.#doubtful = undefined;
    for (const [id, known] of this.#known) {
      if (present.includes(known)) {
        known.state = "waiting";
        known.durable = true;
        continue;
      }
      if (known.acknowledged || (cut && !known.durable)) this.#maybe++;
      else this.#lost++;
      this.#known.delete(id);
    }
  }

  #checkLosses(losses: Outbox["losses"]): void {
    const counted = CAUSES.reduce((sum, cause) => sum + losses[cause], 0);
    const damaged = losses.damaged;
    // The head of a torn segment may be right, and each of its records wrong.
    check(damaged <= this.#torn * 16, `${damaged} damaged after ${this.#torn} torn writes`);
    const rest = counted - damaged;
    const [least, most] = [this.#lost, this.#lost + this.#maybe];
    check(least <= rest && rest <= most, `${rest} losses counted, not ${least} to ${most}`);
  }
}

const STEPS = Object.freeze([
  ...Array.from({ length: 9 }, () => "append" as const),
  ...Array.from({ length: 5 }, () => "next" as const),
  ...Array.from({ length: 5 }, () => "acknowledge" as const),
  ...Array.from({ length: 3 }, () => "wait" as const),
  "put back" as const,
  "refuse" as const,
  "suspect" as const,
  "flush" as const,
  "jump" as const,
]);

/** Everything that waits, in the order in which it is given out. */
export function drain(outbox: Outbox): Entry[] {
  const entries: Entry[] = [];
  for (let entry = outbox.next(); entry !== undefined; entry = outbox.next()) entries.push(entry);
  return entries;
}

function comesBefore(one: Known, other: Known): boolean {
  return one.alarm === other.alarm ? numberIn(one.id) < numberIn(other.id) : one.alarm;
}

function check(right: boolean, wrong: string): void {
  if (!right) throw new Error(wrong);
}
