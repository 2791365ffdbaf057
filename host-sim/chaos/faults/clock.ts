import type { Timer, TimerHandle } from "../../../firmware/io.js";

/** The clock of one device: its time may be set, and what it waits for ends with its power. */
export class FaultyClock implements Timer {
  readonly #clock: Timer;
  readonly #waiting = new Set<TimerHandle>();
  #offset = 0;
  #isOff = false;

  constructor(clock: Timer) {
    this.#clock = clock;
  }

  set(callback: () => void, delay: number): TimerHandle {
    // What still runs of a device without power does nothing any more.
    if (this.#isOff) return {};
    const handle = this.#clock.set(() => {
      this.#waiting.delete(handle);
      try {
        callback();
      } catch (error) {
        // A device that has lost its power in the middle of something does not finish it.
        if (!this.#isOff) throw error;
      }
    }, delay);
    this.#waiting.add(handle);
    return handle;
  }

  clear(handle: TimerHandle | undefined): void {
    if (handle === undefined || !this.#waiting.delete(handle)) return;
    this.#clock.clear(handle);
  }

  now(): number {
    return this.#clock.now() + this.#offset;
  }

  /** Sets the time, forwards or back. Timers know nothing of it. @param by milliseconds */
  jump(by: number): void {
    this.#offset += by;
  }

  powerOff(): void {
    this.#isOff = true;
    for (const handle of this.#waiting) this.#clock.clear(handle);
    this.#waiting.clear();
  }

  powerOn(): void {
    this.#isOff = false;
  }
}
