import type { Timer, TimerHandle } from "../../../firmware/io.js";
import { FakeClock } from "../../support/clock.js";

/** The clock of a device that can be restarted, and set wrong. */
export class DeviceClock implements Timer {
  /** Milliseconds that have really passed. */
  elapsed = 0;
  #timers = new FakeClock();
  #offset = 0;

  set(callback: () => void, delay: number): TimerHandle {
    return this.#timers.set(callback, delay);
  }

  clear(handle: TimerHandle | undefined): void {
    this.#timers.clear(handle);
  }

  now(): number {
    return this.#timers.now() + this.#offset;
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.timers;
  }

  advance(by: number): void {
    this.#timers.advance(by);
    this.elapsed += by;
  }

  jump(by: number): void {
    this.#offset += by;
  }

  /** What the device waited for does not come any more. */
  restart(): void {
    const now = this.now();
    this.#timers = new FakeClock();
    this.#offset = now - this.#timers.now();
  }
}
