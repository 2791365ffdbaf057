import type { Bytes, KeyValue } from "../../../firmware/io.js";
import type { Seeded } from "../../support/random.js";

/** What a power cut leaves of the write it hits: the old value, the new one, or something else. */
export type Cut = "before" | "torn" | "after";

export class PowerCut extends Error {}

/** Key-value storage in memory, which loses power and counts. */
export class Flash implements KeyValue {
  readonly values: Map<string, Uint8Array>;
  writes = 0;
  deletes = 0;
  /** Bytes written, as NVS counts them. */
  bytes = 0;
  /** The most bytes that were ever taken. */
  peak = 0;
  /** Is told when power goes. */
  onCut = (): void => {};
  /** Makes writes fail, without a loss of power. */
  broken = false;
  #random: Seeded | undefined;
  #cut: { after: number; cut: Cut } | undefined;
  #off = false;

  constructor(values: Iterable<[string, Uint8Array]> = []) {
    this.values = new Map(values);
  }

  /** Changes so far: writes and deletes. */
  get changes(): number {
    return this.writes + this.deletes;
  }

  /** Bytes taken, as NVS counts them. */
  get used(): number {
    return [...this.values.values()].reduce((sum, value) => sum + footprint(value), 0);
  }

  /** Power goes at a change, when `after` more have been made. */
  cutAfter(after: number, cut: Cut, random: Seeded): void {
    this.#cut = { after, cut };
    this.#random = random;
  }

  /** Power is back. */
  restart(): void {
    this.#cut = undefined;
    this.#off = false;
  }

  read(key: string): ArrayBuffer | undefined {
    this.#check();
    return this.values.get(key)?.slice().buffer as ArrayBuffer | undefined;
  }

  write(key: string, value: Bytes): void {
    const bytes = new Uint8Array(value).slice();
    if (key.length > 15 || bytes.length > 4000) throw new RangeError("not for NVS");
    this.#change(key, bytes, () => {
      this.writes++;
      this.bytes += footprint(bytes);
      this.values.set(key, bytes);
    });
    this.peak = Math.max(this.peak, this.used);
  }

  delete(key: string): void {
    this.#change(key, new Uint8Array(0), () => {
      this.deletes++;
      this.values.delete(key);
    });
  }

  close(): void {}

  *[Symbol.iterator](): Iterator<string> {
    this.#check();
    yield* [...this.values.keys()];
  }

  #check(): void {
    if (this.#off) throw new PowerCut();
  }

  #change(key: string, bytes: Uint8Array, change: () => void): void {
    this.#check();
    if (this.broken) throw new Error("no space left");
    if (this.#cut === undefined || this.#cut.after-- > 0) return change();
    this.#off = true;
    if (this.#cut.cut === "after") change();
    if (this.#cut.cut === "torn") this.values.set(key, this.#torn(bytes));
    this.onCut();
    throw new PowerCut();
  }

  /** Half a value, one with a wrong byte, noise, or nothing. */
  #torn(bytes: Uint8Array): Uint8Array {
    const { int } = this.#random as Seeded;
    const torn = bytes.slice(0, int(2) === 0 ? int(bytes.length + 1) : bytes.length);
    if (torn.length > 0 && int(2) === 0) torn[int(torn.length)] = int(256);
    return int(4) === 0 ? torn.map(() => int(256)) : torn;
  }
}

/** What a value takes in NVS: an index, a header, and the data, each in units of 32 bytes. */
function footprint(value: Uint8Array): number {
  return 32 + 32 + Math.ceil(value.length / 32) * 32;
}
