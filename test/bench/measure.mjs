/** Timing of things that do the same work, side by side. */

/** How long each contender runs in each round, at least. */
const ROUND_MS = 60;
const ROUNDS = 15;

/**
 * Measures contenders in turn, round after round, so that whatever slows the machine down slows all of them.
 * @param contenders `{ name, run }` each; `run` does the work once
 * @returns for each, `{ name, ms, ratio }`: the median time of one run, and the median over the rounds of
 *   the first contender's speed divided by this one's
 */
export function compare(contenders) {
  const repeats = contenders.map(warmUp);
  const times = contenders.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    contenders.forEach(({ run }, index) => {
      times[index].push(time(run, repeats[index]));
    });
  }
  return contenders.map(({ name }, index) => ({
    name,
    ms: median(times[index]),
    ratio: median(times[index].map((ms, round) => ms / times[0][round])),
  }));
}

/** Runs until the optimising compiler has seen enough. Returns how many runs fill a round. */
function warmUp({ run }) {
  const start = performance.now();
  let runs = 0;
  while (performance.now() - start < 10 * ROUND_MS) {
    run();
    runs++;
  }
  return Math.max(1, Math.round(runs / 10));
}

function time(run, repeats) {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) run();
  return (performance.now() - start) / repeats;
}

export function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
