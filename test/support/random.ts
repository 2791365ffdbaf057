/** Seeded random choices for property tests. */

/** A generator whose choices `seed` repeats. Name the seed in what a failing test prints. */
export interface Seeded {
  readonly seed: number;
  /** From 0 up to but not including 1. */
  next(): number;
  /** An integer from 0 up to but not including `n`. */
  int(n: number): number;
  pick<Item>(list: readonly Item[]): Item;
}

/** The environment variable PIPIT_SEED, if set, takes the place of `seed`: so a failure can be repeated. */
export function seeded(seed: number = Math.floor(Math.random() * 2 ** 32)): Seeded {
  const start = Number(process.env.PIPIT_SEED ?? seed);
  let state = start;
  // mulberry32 (Tommy Ettinger, 2017)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let hash = Math.imul(state ^ (state >>> 15), state | 1);
    hash ^= hash + Math.imul(hash ^ (hash >>> 7), hash | 61);
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (n: number) => Math.floor(next() * n);
  return {
    seed: start,
    next,
    int,
    pick: (list) => list[int(list.length)] as (typeof list)[number],
  };
}
