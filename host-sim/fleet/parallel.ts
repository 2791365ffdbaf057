/** Does something for each of a list, so many at a time. The first failure ends it. @throws what `act` throws */
export async function inParallel<Item>(
  items: readonly Item[],
  atATime: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}
