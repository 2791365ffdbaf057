/**
 * The property: every reading that a device accepted and owes is on the node, in one item and no other, or the device
 * has counted its loss; and the readings of a device appeared there in the order in which they were taken, alarms by
 * themselves. It is checked from the outside alone: by what a subscriber was told, and by what is on the node in the
 * end.
 */

/** A reading, by its device and its number there: from 1 up, in the order of taking. */
export interface Numbered {
  readonly device: number;
  readonly number: number;
}

/** A reading that a device has taken. */
export interface Taken extends Numbered {
  /**
   * Whether it has to be delivered: the device has said that it accepted it, and has not lost power while
   * that was not yet durable. What is not owed may be delivered as well.
   */
  readonly isOwed: boolean;
  /** Alarms pass what is none, but not each other. */
  readonly isAlarm: boolean;
  /** The item it is to go in, once it is accepted. */
  readonly item: string | undefined;
}

/** A reading that has arrived, with the id of the item it came in. */
export interface Arrived extends Numbered {
  readonly item: string;
}

export interface Outcome {
  /** In order, for each device. */
  readonly taken: readonly Taken[];
  /** What a subscriber was told, in order, repeats included. */
  readonly told: readonly Arrived[];
  /** What the subscriber found on the node when it came back to it, and so had not been told of. */
  readonly found: readonly Arrived[];
  /** What is on the node in the end. */
  readonly stored: readonly Arrived[];
  /** How many items each device has counted as lost. */
  readonly counted: ReadonlyMap<number, number>;
}

export interface Violation extends Numbered {
  readonly kind: "lost" | "repeated" | "misordered" | "invented";
  readonly text: string;
}

/** The first reading, in the order of taking, for which the property does not hold. */
export function findViolation(outcome: Outcome): Violation | undefined {
  const ranks = new Map(outcome.taken.map((reading, rank) => [keyOf(reading), rank]));
  const rank = (violation: Violation): number =>
    ranks.get(keyOf(violation)) ?? Number.POSITIVE_INFINITY;
  return [...losses(outcome), ...repeats(outcome), ...disorder(outcome), ...inventions(outcome)]
    .sort((a, b) => rank(a) - rank(b))
    .at(0);
}

/**
 * What is owed and has not arrived, where that is more than the device has counted as lost. Which items it has counted
 * nobody can tell from the outside.
 */
export function findMissing(
  { taken, counted }: Pick<Outcome, "taken" | "counted">,
  hasArrived: (reading: Taken) => boolean,
): Taken[] {
  const missing = taken.filter((reading) => reading.isOwed && !hasArrived(reading));
  const items = new Map<number, Set<string | undefined>>();
  for (const { device, item } of missing)
    items.set(device, (items.get(device) ?? new Set()).add(item));
  return missing.filter(
    ({ device }) => (items.get(device)?.size ?? 0) > (counted.get(device) ?? 0),
  );
}

/** A consumer has to be able to learn of it, and to read it later. */
function losses({ told, found, stored, ...outcome }: Outcome): Violation[] {
  const there = new Set(stored.map(keyOf));
  const known = new Set([...told, ...found].map(keyOf));
  return findMissing(outcome, (reading) => {
    const key = keyOf(reading);
    return there.has(key) && known.has(key);
  }).map((reading) => ({
    kind: "lost",
    device: reading.device,
    number: reading.number,
    text: there.has(keyOf(reading))
      ? "it is on the node, but no subscriber was told of it"
      : "it was accepted, and is not on the node",
  }));
}

/** A subscriber drops repeats by the id of the item, so one reading has to have one id, always. */
function repeats({ told, found, stored }: Outcome): Violation[] {
  const violations: Violation[] = [];
  const items = new Map<string, string>();
  for (const reading of [...told, ...found, ...stored]) {
    const first = items.get(keyOf(reading));
    if (first === undefined) items.set(keyOf(reading), reading.item);
    else if (first !== reading.item) {
      const { device, number, item } = reading;
      const text = `it is in item ${first}, and again in item ${item}`;
      violations.push({ kind: "repeated", device, number, text });
    }
  }
  const once = new Set<string>();
  for (const { device, number, item } of stored) {
    const key = `${keyOf({ device, number })} ${item}`;
    if (once.has(key))
      violations.push({ kind: "repeated", device, number, text: `it is twice in item ${item}` });
    once.add(key);
  }
  return violations;
}

/** What was published again is no disorder: it counts when it comes first. */
function disorder({ taken, told, found }: Outcome): Violation[] {
  const violations: Violation[] = [];
  const owed = new Set(taken.filter((reading) => reading.isOwed).map(keyOf));
  // Nothing says when it came, but that it was there before it was told of, if it was.
  const known = new Set(found.map(keyOf));
  const alarms = new Set(taken.filter((reading) => reading.isAlarm).map(keyOf));
  const newest = new Map<string, number>();
  for (const reading of told) {
    const { device, number } = reading;
    const key = keyOf(reading);
    if (known.has(key) || !owed.has(key)) continue;
    known.add(key);
    const lane = `${device} ${alarms.has(key)}`;
    const before = newest.get(lane) ?? 0;
    if (number < before)
      violations.push({ kind: "misordered", device, number, text: `it came after ${before}` });
    else newest.set(lane, number);
  }
  return violations;
}

function inventions({ taken, told, stored }: Outcome): Violation[] {
  const known = new Set(taken.map(keyOf));
  return [...told, ...stored]
    .filter((reading) => !known.has(keyOf(reading)))
    .map(({ device, number, item }) => ({
      kind: "invented",
      device,
      number,
      text: `it came in item ${item}, and was never taken`,
    }));
}

/** A name for a reading. */
export function keyOf({ device, number }: Numbered): string {
  return `${device}:${number}`;
}
