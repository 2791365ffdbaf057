/**
 * Counts things as they are done, and tells of it now and then.
 * @returns what is to be called after each; what it throws ends the work
 */
export type Counter = (what: string, total: number) => () => void;

/**
 * Does something for each of a list, so many at a time. The first failure ends it: what is under way then is
 * finished, and no more is begun.
 * @throws what `act` throws
 */
export async function inParallel<Item>(
  items: readonly Item[],
  atATime: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = eachOf(items);
  const worker = async (): Promise<void> => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}

/** A generator, which a loop that fails closes for the others that share it. An array's own iterator goes on. */
function* eachOf<Item>(items: readonly Item[]): Generator<Item> {
  yield* items;
}
