import type { Timer } from "../../firmware/io.js";

/** The longest delay that `setTimeout` takes; it turns longer ones into 1 ms. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** One-shot timers over `setTimeout`, and the machine's clock. Delays end after 24.8 days at the latest. */
export const timer: Timer = {
  /** @throws RangeError when `delay` is not an integer, or less than 0 */
  set(callback, delay) {
    if (!Number.isInteger(delay) || delay < 0) {
      throw new RangeError(`a delay of ${delay} ms: it must be an integer, 0 or more`);
    }
    return setTimeout(callback, Math.min(delay, LONGEST_DELAY));
  },

  clear(handle) {
    clearTimeout(handle as NodeJS.Timeout | undefined);
  },

  now: () => Date.now(),
};
