import type { Timer } from "../../firmware/io.js";
import { native } from "./native.js";

/** One-shot timers over poll(), and the machine's clock. */
export const timer: Timer = {
  /** @throws RangeError when `delay` is not an integer, or less than 0 */
  set(callback, delay) {
    if (!Number.isInteger(delay) || delay < 0) {
      throw new RangeError(`a delay of ${delay} ms: it must be an integer, 0 or more`);
    }
    return native.setTimer(callback, delay);
  },

  clear(handle) {
    if (typeof handle === "number") {
      native.clearTimer(handle);
    }
  },

  now: () => Date.now(),
};
