/** The sensors that the settings name, as one. */

import { chipTemperature, freeHeap, signalStrength } from "../sensors/chip.js";
import { type Driver, SensorGroup } from "../sensors/driver.js";
import type { Channel } from "../sensors/sensor.js";
import { SimulatedSensor } from "../sensors/simulated.js";
import type { Hardware } from "./hardware.js";

/**
 * A name that this board has no driver for becomes a channel that says so: the mistake shows where its
 * readings are missed. Channels of two sensors with one name are told apart by the sensors' names.
 * @param signal dBm, or `undefined` without a network
 */
export function boardSensor(
  names: readonly string[],
  { system, sensors }: Pick<Hardware, "system" | "sensors">,
  signal: () => number | undefined,
): SensorGroup {
  const builtIn: Readonly<Record<string, Driver>> = {
    chip: chipTemperature(() => system.temperature()),
    heap: freeHeap(() => system.freeHeap()),
    rssi: signalStrength(signal),
    simulated: simulated(Number.parseInt(system.id.slice(-8), 16)),
  };
  const taken = new Set<string>();
  return new SensorGroup(
    names.map((name) => {
      const driver = sensors[name] ?? builtIn[name] ?? unknown(name);
      const channels = driver.channels.map((channel) => distinct(channel, name, taken));
      return { channels, open: () => driver.open() };
    }),
  );
}

function distinct(channel: Channel, sensor: string, taken: Set<string>): Channel {
  const name = taken.has(channel.name) ? `${sensor}-${channel.name}` : channel.name;
  taken.add(name);
  return { ...channel, name };
}

function simulated(seed: number): Driver {
  const sensor = new SimulatedSensor(seed);
  return { channels: sensor.channels, open: () => sensor };
}

function unknown(name: string): Driver {
  return {
    channels: [{ name, unit: "/" }],
    open: () => ({ sample: () => ["not-supported"], close: () => {} }),
  };
}
