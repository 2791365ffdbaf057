import type { Bytes, KeyValue, KeyValueStorage } from "../../../firmware/io.js";
import type { Dice } from "../dice.js";

/** What is left of a write during which power goes: the old value, part of the new one, or all of it. */
export type Cut = "before" | "torn" | "after";

/** The storage of one device, over another one: it can lose its power, and refuse to write. */
export class FaultyStorage implements KeyValueStorage {
  /** Called when power goes, in the middle of a write. */
  onPowerCut: () => void = () => {};
  /** How many writes succeeded, and how many writes and deletes failed. */
  written = 0;
  failed = 0;
  /** Whether power went in the middle of the last one. */
  isTorn = false;
  readonly #storage: KeyValueStorage;
  readonly #dice: Dice;
  #cut: { writes: number; cut: Cut } | undefined;
  #failures = 0;
  #isOff = false;
  /** What is in it, in bytes as NVS counts them, by store and key. */
  readonly #sizes = new Map<string, number>();
  #peak = 0;

  /** @param dice say what is left of a torn write */
  constructor(storage: KeyValueStorage, dice: Dice) {
    this.#storage = storage;
    this.#dice = dice;
  }

  /** Power goes at a write or delete, when `writes` more have been made. */
  cutAfter(writes: number, cut: Cut): void {
    this.#cut = { writes, cut };
  }

  /** The next writes and deletes fail, as where flash is full or worn out. */
  fail(writes: number): void {
    this.#failures = writes;
  }

  /** The most that was ever in it, in bytes as NVS counts them: 64 for each value, and its length in units of 32. */
  get peak(): number {
    return this.#peak;
  }

  powerOff(): void {
    this.#isOff = true;
    this.heal();
  }

  powerOn(): void {
    this.#isOff = false;
    this.isTorn = false;
  }

  /** What was to go wrong does not. */
  heal(): void {
    this.#cut = undefined;
    this.#failures = 0;
  }

  open(options: { path: string }): KeyValue {
    this.#check();
    const store = this.#storage.open(options);
    return {
      read: (key) => {
        this.#check();
        return store.read(key);
      },
      write: (key, value) => {
        const write = (bytes: Bytes): void => {
          store.write(key, bytes);
          this.written++;
          this.#count(`${options.path} ${key}`, 64 + 32 * Math.ceil(bytes.byteLength / 32));
        };
        this.#change(
          () => write(value),
          () => write(this.#tear(value)),
        );
      },
      delete: (key) => {
        const remove = (): void => {
          store.delete(key);
          this.#count(`${options.path} ${key}`, 0);
        };
        this.#change(remove, remove);
      },
      close: () => {
        if (!this.#isOff) store.close();
      },
      [Symbol.iterator]: () => {
        this.#check();
        return store[Symbol.iterator]();
      },
    };
  }

  #count(key: string, size: number): void {
    this.#sizes.set(key, size);
    let total = 0;
    for (const each of this.#sizes.values()) total += each;
    this.#peak = Math.max(this.#peak, total);
  }

  #check(): void {
    if (this.#isOff) throw new Error("there is no power");
  }

  #change(change: () => void, tear: () => void): void {
    this.#check();
    if (this.#failures > 0) {
      this.#failures--;
      this.failed++;
      throw new Error("no space left");
    }
    if (this.#cut === undefined || this.#cut.writes-- > 0) return change();
    const { cut } = this.#cut;
    const { written } = this;
    if (cut === "after") change();
    if (cut === "torn") tear();
    this.written = written; // whatever is there of it, nobody was told
    this.isTorn = true;
    this.powerOff();
    this.onPowerCut();
    this.#check();
  }

  /** Half a value, one with a wrong byte, noise, or nothing. */
  #tear(value: Bytes): Uint8Array {
    const dice = this.#dice;
    const whole = new Uint8Array(value);
    const torn = whole.slice(0, dice.oneIn(2) ? dice.between(0, whole.length) : whole.length);
    if (torn.length > 0 && dice.oneIn(2))
      torn[dice.between(0, torn.length - 1)] = dice.between(0, 255);
    return dice.oneIn(4) ? dice.bytes(torn.length) : torn;
  }
}
