/** The SDK's timers in the form of `io.ts`. */

import SdkTimer from "timer";
import type { Timer } from "../../io.js";

export const timer: Timer = Object.freeze({
  set(callback: () => void, delay: number) {
    return SdkTimer.set(callback, delay);
  },

  clear(handle: object | number | undefined) {
    SdkTimer.clear(handle as Parameters<typeof SdkTimer.clear>[0]);
  },

  now() {
    return Date.now();
  },
});
