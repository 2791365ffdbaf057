import { describe, expect, test } from "@jest/globals";
import type { Policy } from "../../firmware/outbox/policy.js";
import { type Seeded, seeded } from "../support/random.js";
import type { Cut } from "./support/flash.js";
import { Model, type Settings } from "./support/model.js";

const CUTS: readonly Cut[] = ["before", "torn", "after"];
const POLICIES: readonly Policy[] = ["drop-oldest", "drop-newest", { thin: 2 }, { thin: 3 }];

const settingsFor = ({ pick, int }: Seeded): Settings => {
  const segment = pick([256, 400, 1000]);
  return {
    segment,
    capacity: 2 * (64 + segment + 32) + 512 + int(6) * 700,
    window: pick([0, 0, 1000]),
    settle: pick([0, 500]),
    policy: pick(POLICIES),
    ...(int(4) === 0 ? { maxAge: 8000 } : {}),
  };
};

/** Every run is the same up to the cut. Returns how many changes to the flash it made without one. */
function run(seed: number, steps: number, cut?: { after: number; cut: Cut }): number {
  const random = seeded(seed);
  const settings = settingsFor(random);
  const model = new Model(settings, random, { acknowledges: random.int(3) > 0 });
  if (cut !== undefined) model.flash.cutAfter(cut.after, cut.cut, seeded(seed));
  for (let step = 0; step < steps; step++) if (!model.step()) model.restart(cut?.cut === "torn");
  const { changes } = model.flash;
  model.finish();
  return changes;
}

/** Runs it, and says how to repeat what goes wrong. */
function named<Result>(what: string, body: () => Result): Result {
  try {
    return body();
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  }
}

describe("nothing is lost, doubled, reordered or miscounted", () => {
  test("without power cuts", () => {
    for (let seed = 0; seed < 300; seed++) named(`seed ${seed}`, () => run(seed, 150));
  });

  test.each(CUTS)("with power cut %s each write and delete of random scenarios", (cut) => {
    let runs = 0;
    for (let seed = 1000; seed < 1070; seed++) {
      const changes = run(seed, 60);
      for (let after = 0; after < changes; after++, runs++)
        named(`seed ${seed}, change ${after}`, () => run(seed, 60, { after, cut }));
    }
    expect(runs).toBeGreaterThan(70);
  });

  test("with power cut again and again", () => {
    const random = seeded();
    for (let i = 0; i < 200; i++)
      named(`PIPIT_SEED=${random.seed}, run ${i}`, () => {
        const model = new Model(settingsFor(random), random, {});
        for (let life = 0; life < 12; life++) {
          const cut = random.pick(CUTS);
          model.flash.cutAfter(random.int(12), cut, random);
          for (let step = 0; step < 40; step++)
            if (!model.step()) {
              model.restart(cut === "torn");
              break;
            }
        }
        model.flash.restart();
        model.finish();
      });
  });
});
