/**
 * Ids of entries, which become the ids of pub/sub items: `3c1f…-10`, the epoch and the number.
 *
 * A publish that is repeated under its old id overwrites itself, and subscribers drop the repeat by that
 * id (XEP-0060 7.1.2). So one id for two readings would lose a reading. It cannot happen, because two
 * things would have to go wrong together:
 *
 * - The *number* goes up by one with every entry, and goes on after a reboot where storage says that it
 *   stood. Storage may say too little: entries were only in RAM, it was erased, an old image was restored.
 * - The *epoch* is 80 random bits, drawn on each boot, whatever storage says. Two boots share one, among
 *   10,000 boots of devices that publish to one node, with a chance below 1 in 10^16.
 *
 * So no id is used twice even if storage is erased, and none after it is restored; and in the numbers of
 * one device a subscriber sees what is missing. What is given out again after a reboot keeps its old epoch.
 *
 * Within an epoch, ids sort in the order of making, by plain comparison of strings: the number is preceded
 * by its own length (`10`, `11`, … `1v`, `210`). All characters are digits, lower-case letters and `-`.
 */
export function entryId(epoch: Uint8Array, number: number): string {
  const id = epoch.reduce((text, byte) => text + (byte + 0x100).toString(16).slice(1), "");
  const digits = number.toString(32);
  return `${id}-${digits.length.toString(32)}${digits}`;
}

/** The number in an id: `NaN` if there is none. */
export function numberOf(id: string): number {
  return Number.parseInt(id.slice(id.indexOf("-") + 2), 32);
}
