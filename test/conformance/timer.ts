import type { Timer } from "../../firmware/io.js";
import { equal, isTrue, throws } from "./assert.js";
import type { Test } from "./host.js";

/** What `io.ts` promises of timers. */
export function timerConformance(timer: Timer, test: Test): void {
  const pass = (delay: number) => new Promise<void>((resolve) => timer.set(resolve, delay));

  test("a timer runs once, and not from inside of set", async () => {
    let runs = 0;
    timer.set(() => {
      runs += 1;
    }, 0);
    equal(runs, 0);
    await pass(20);
    equal(runs, 1);
  });

  test("timers run in the order of their delays", async () => {
    const order: string[] = [];
    timer.set(() => order.push("late"), 30);
    timer.set(() => order.push("early"), 5);
    await pass(60);
    equal(order.join(), "early,late");
  });

  test("a timer that was cleared does not run", async () => {
    let runs = 0;
    const handle = timer.set(() => {
      runs += 1;
    }, 5);
    timer.clear(handle);
    await pass(30);
    equal(runs, 0);
  });

  test("to clear nothing, or what has run, or was cleared, does no harm", async () => {
    timer.clear(undefined);
    let runs = 0;
    const handle = timer.set(() => {
      runs += 1;
    }, 0);
    await pass(20);
    timer.clear(handle);
    timer.clear(handle);
    const next = timer.set(() => {
      runs += 1;
    }, 0);
    timer.clear(handle);
    await pass(20);
    equal(runs, 2, "runs of both timers");
    timer.clear(next);
  });

  test("a delay that is not an integer of 0 or more is refused", async () => {
    for (const delay of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      throws(() => timer.set(() => {}, delay), RangeError);
    }
  });

  test("now is in milliseconds, and does not stand still", async () => {
    const before = timer.now();
    isTrue(Number.isFinite(before), "now is a number");
    await pass(20);
    const passed = timer.now() - before;
    isTrue(passed >= 15 && passed < 20_000, `20 ms and not ${passed} passed`);
  });
}
