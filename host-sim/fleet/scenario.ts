/** Plays a scenario: one step after the other, by the stage's clock. */

import { Random } from "../../firmware/sensors/random.js";
import type { Fleet, FleetDevice } from "./fleet.js";
import type { DeviceStep, Expectation, Step, Target } from "./steps.js";

export interface ScenarioOptions {
  readonly fleet: Fleet;
  /** Is told of each step as it begins. */
  readonly onStep?: (words: string) => void;
  /**
   * Is told of the end, once.
   * @param failure what was expected and did not come to be; undefined when all went as it should
   */
  readonly onEnd: (failure: string | undefined) => void;
}

/** Milliseconds between two looks at whether an expectation has come true. */
const LOOK = 100;

export class Scenario {
  readonly #options: ScenarioOptions;
  readonly #steps: readonly Step[];
  #at = 0;
  #isOver = false;

  /** Begins with the first step. */
  constructor(options: ScenarioOptions) {
    this.#options = options;
    this.#steps = options.fleet.plan.scenario;
    this.#next();
  }

  /** Ends it before its time; nothing is told any more. */
  close(): void {
    this.#isOver = true;
  }

  #next(): void {
    const step = this.#steps[this.#at++];
    if (step === undefined) return this.#finish(undefined);
    this.#options.onStep?.(describeStep(step));
    switch (step.kind) {
      case "wait":
        return this.#later(step.time, () => this.#next());
      case "expect":
        return this.#expect(step, this.#now() + step.within);
      case "server-restart":
        return this.#wait("the server could not be restarted", async () => {
          await this.#options.fleet.stage.restartServer?.(step.down);
        });
      case "revoke": {
        const devices = this.#choose(step);
        return this.#wait("accounts could not be revoked", async () => {
          await this.#options.fleet.stage.revoke?.(devices.map(({ plan }) => plan));
          for (const device of devices) device.cut();
        });
      }
      default:
        for (const device of this.#choose(step)) apply(step, device);
        return this.#later(0, () => this.#next());
    }
  }

  #finish(failure: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onEnd(failure);
  }

  #wait(trouble: string, action: () => Promise<void>): void {
    action().then(
      () => {
        if (!this.#isOver) this.#next();
      },
      (error: Error) => this.#finish(`step ${this.#at}: ${trouble}: ${error.message}`),
    );
  }

  #expect(step: Expectation, deadline: number): void {
    const unmet = whatIsNot(step, this.#options.fleet);
    if (unmet === undefined) return this.#next();
    if (this.#now() >= deadline)
      return this.#finish(`step ${this.#at}: after ${step.within} ms ${unmet}`);
    this.#later(Math.min(LOOK, deadline - this.#now()), () => this.#expect(step, deadline));
  }

  /**
   * The devices that a step is about: those that a draw puts first. The draw is from the seed, over the whole
   * fleet: so they are the same ones however it is spread over processes.
   */
  #choose({ share, type }: Target): FleetDevice[] {
    const { fleet } = this.#options;
    const random = new Random(fleet.plan.seed + this.#at);
    const candidates = fleet.plan.devices
      .filter((device) => type === undefined || device.type.name === type)
      .sort((a, b) => random.at(a.number) - random.at(b.number));
    const count = Math.ceil(share * candidates.length);
    const chosen = new Set(candidates.slice(0, count));
    return fleet.devices.filter(({ plan }) => chosen.has(plan));
  }

  #later(time: number, action: () => void): void {
    this.#options.fleet.stage.reach.timer.set(() => {
      if (!this.#isOver) action();
    }, time);
  }

  #now(): number {
    return this.#options.fleet.stage.reach.timer.now();
  }
}

function apply(step: Exclude<DeviceStep, { kind: "revoke" }>, device: FleetDevice): void {
  switch (step.kind) {
    case "cut":
      device.cut();
      return;
    case "stall":
      device.stall(step.time);
      return;
    case "latency":
      device.delay(step.delay, step.time);
      return;
    case "reboot":
      device.reboot();
      return;
    case "power-loss":
      device.powerLoss(step.off);
      return;
    case "skew-clock":
      device.skewClock(step.by);
      return;
  }
}

/** The first thing that is not as expected, in words. */
function whatIsNot(step: Expectation, { devices, latency, counts }: Fleet): string | undefined {
  const partOf = (is: (device: FleetDevice) => boolean): number =>
    devices.length === 0 ? 1 : devices.filter(is).length / devices.length;
  const percent = (part: number): string => `${Number((100 * part).toFixed(1))}%`;
  const checks: (readonly [unknown, boolean, () => string])[] = [
    check(
      step.online,
      partOf(({ state }) => state === "online"),
      "least",
      (is, should) => `${percent(is)} are online, and ${percent(should)} should be`,
    ),
    check(
      step.resumed,
      partOf(({ resumes }) => resumes > 0),
      "least",
      (is, should) => `${percent(is)} have resumed a session, and ${percent(should)} should have`,
    ),
    check(
      step.published,
      Math.min(...devices.map(({ published }) => published)),
      "least",
      (is, should) => `a device has delivered ${is} items, and each should have ${should}`,
    ),
    check(
      step.pending,
      counts.pending,
      "most",
      (is, should) => `${is} items wait to be delivered, and ${should} may`,
    ),
    check(
      step.lost,
      counts.lost,
      "most",
      (is, should) => `${is} items are lost, and ${should} may be`,
    ),
    check(
      step.latencyP95,
      latency.quantile(0.95) ?? Number.POSITIVE_INFINITY,
      "most",
      (is, should) =>
        `the 95th percentile of latency is ${Math.round(is)} ms, and may be ${should} ms`,
    ),
  ];
  return checks.find(([expected, isSo]) => expected !== undefined && !isSo)?.[2]();
}

function check(
  expected: number | undefined,
  is: number,
  bound: "least" | "most",
  say: (is: number, should: number) => string,
): readonly [unknown, boolean, () => string] {
  const should = expected ?? 0;
  return [expected, bound === "least" ? is >= should : is <= should, () => say(is, should)];
}

/** Details of steps that are shares, and those that are numbers. The others are times. */
const SHARES = new Set(["share", "online", "resumed"]);
const NUMBERS = new Set(["published", "pending", "lost"]);

/** A step in words: `stall, share 20 %, time 5 s`. */
export function describeStep({ kind, ...details }: Step): string {
  const words = Object.entries(details).map(([name, value]) => `${name} ${describe(name, value)}`);
  return [kind, ...words].join(", ");
}

function describe(name: string, value: string | number): string {
  if (typeof value === "string" || NUMBERS.has(name)) return String(value);
  if (SHARES.has(name)) return `${Math.round(100 * value)} %`;
  return value % 1_000 === 0 ? `${value / 1_000} s` : `${value} ms`;
}
