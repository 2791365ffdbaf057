import type { Reading } from "../../../firmware/telemetry/senml.js";
import type { CollectedItem } from "../../../host-sim/collector/store.js";

/** Collects what an iteration gives. */
export async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of iterable) list.push(value);
  return list;
}

let made = 0;

/** An item with an id of its own. */
export function item(
  readings: readonly Reading[],
  more: Partial<CollectedItem> = {},
): CollectedItem {
  const id = `item${++made}`;
  return { node: "n", id, fingerprint: id, received: 1_800_000_000, readings, ...more };
}
