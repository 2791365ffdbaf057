/** An analog input (ECMA-419 section 9.4), as a part of its full scale: what that is, only the wiring knows. */

import type { Driver } from "./driver.js";

export interface AnalogConstructor {
  new (options: {
    pin: number;
  }): {
    /** From 0 to 2 to the power of `resolution`, less one. */
    read(): number;
    readonly resolution: number;
    close(): void;
  };
}

export function analogInput(io: AnalogConstructor, pin: number): Driver {
  return {
    channels: [{ name: "analog", unit: "/" }],
    open: () => {
      const input = new io({ pin });
      return {
        sample: () => [input.read() / (2 ** input.resolution - 1)],
        close: () => input.close(),
      };
    },
  };
}
