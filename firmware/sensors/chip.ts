/** What every board can measure without a sensor: itself. */

import type { Driver } from "./driver.js";
import type { Channel, Sample } from "./sensor.js";

/** A driver for one quantity that is there without opening anything. */
function builtIn(channel: Channel, read: () => Sample): Driver {
  return {
    channels: [channel],
    open: () => ({ sample: () => [read()], close: () => {} }),
  };
}

/** @param read °C; `undefined` on chips without a sensor for it */
export function chipTemperature(read: () => number | undefined): Driver {
  return builtIn({ name: "chip", unit: "Cel" }, () => read() ?? "not-supported");
}

/** @param read bytes */
export function freeHeap(read: () => number): Driver {
  return builtIn({ name: "heap", unit: "B" }, read);
}

/** @param read dBm, or `undefined` without a network. SenML has dBW as the primary unit (RFC 8798 2). */
export function signalStrength(read: () => number | undefined): Driver {
  return builtIn({ name: "rssi", unit: "dBW" }, () => {
    const signal = read();
    return signal === undefined ? "no-network" : signal - 30;
  });
}
