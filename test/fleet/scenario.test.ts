/** Scenarios on a virtual clock, with the embedded server. */

import { describe, expect, test } from "@jest/globals";
import { parseFleetFile } from "../../host-sim/fleet/fleet-file.js";
import { readPlan } from "../../host-sim/fleet/read-plan.js";
import { type Ended, runFleet } from "../../host-sim/fleet/run.js";
import { openVirtualStage } from "../../host-sim/fleet/virtual-stage.js";

/** How a run ended, and what happened to devices. */
interface Played extends Ended {
  readonly log: readonly string[];
  /** When samples were taken, in milliseconds, by device. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

/** Runs devices of one type through a scenario. */
async function play(scenario: readonly object[], more: object = {}): Promise<Played> {
  const file = { devices: [{ type: "meter", count: 10, interval: "2s" }], scenario, ...more };
  const plan = await readPlan(parseFleetFile(JSON.stringify(file), "test.yaml"));
  const log: string[] = [];
  const samples: Record<string, number[]> = {};
  const ended = await runFleet({
    plan,
    stage: openVirtualStage(plan),
    onEvent: (device, event) => {
      if (event.kind === "fault") log.push(`${device.name}: ${event.fault}`);
      if (event.kind === "readings") {
        samples[device.name] ??= [];
        samples[device.name]?.push(Math.round(1000 * (event.readings[0]?.time ?? 0)));
      }
      if (event.kind === "error") log.push(`${device.name}: ${event.error.condition}`);
    },
  });
  return { ...ended, log, samples };
}

const ALL_WELL = { expect: { online: "100%", pending: 0, lost: 0, within: "300s" } };

describe("a scenario", () => {
  test("waits, expects, and ends", async () => {
    const { fleet, failure } = await play([
      { wait: "5s" },
      { expect: { online: "100%", published: 2, "latency-p95": "1s", within: "20s" } },
    ]);
    expect(failure).toBeUndefined();
    expect(fleet.counts).toMatchObject({
      devices: 10,
      connects: 10,
      lost: 0,
      failed: 0,
      states: { closed: 10 },
    });
    expect(fleet.counts.published).toBeGreaterThanOrEqual(20);
  });

  test.each<[string, object, RegExp]>([
    [
      "online",
      { online: "100%" },
      /^step 1: after 1000 ms [0-9]+% are online, and 100% should be$/,
    ],
    ["published", { published: 9 }, /a device has delivered 0 items, and each should have 9$/],
    ["resumed", { resumed: "10%" }, /0% have resumed a session, and 10% should have$/],
    ["latency-p95", { "latency-p95": "1ms" }, /the 95th percentile of latency is/],
  ])("fails when %s is not as expected in time", async (_, expectation, words) => {
    const more = { start: { rate: 0.1 } };
    const { failure } = await play([{ expect: { ...expectation, within: "1s" } }], more);
    expect(failure).toMatch(words);
  });

  test.each<[string, object, object, RegExp]>([
    ["cut", { cut: { share: "50%" } }, { resumes: 5, connects: 10 }, /is cut$/],
    [
      "stall",
      { stall: { share: "50%", for: "3s" } },
      { connects: 10 },
      /nothing passes for 3000 ms$/,
    ],
    [
      "latency",
      { latency: { share: "50%", delay: "200ms", for: "3s" } },
      { connects: 10 },
      /200 ms longer/,
    ],
    ["reboot", { reboot: { share: "50%" } }, { reboots: 5, resumes: 5, connects: 10 }, /restarts$/],
    [
      "power-loss",
      { "power-loss": { share: "50%", off: "2s" } },
      { reboots: 5, connects: 15 },
      /power is off/,
    ],
    [
      "skew-clock",
      { "skew-clock": { share: "50%", by: "-1h" } },
      { connects: 10 },
      /set by -3600000 ms$/,
    ],
  ])("%s, on half of the devices, and nothing is lost", async (_, step, counts, words) => {
    const { fleet, failure, log } = await play([{ wait: "5s" }, step, { wait: "10s" }, ALL_WELL]);
    expect(failure).toBeUndefined();
    expect(fleet.counts).toMatchObject({ faults: 5, ...counts });
    expect(log.filter((line) => words.test(line))).toHaveLength(5);
  });

  test("server-restart: every device comes back, and nothing is lost", async () => {
    const { fleet, failure } = await play([
      { wait: "5s" },
      { "server-restart": { down: "3s" } },
      ALL_WELL,
    ]);
    expect(failure).toBeUndefined();
    expect(fleet.counts.connects).toBe(20);
  });

  test("revoke: the devices are refused, give up, and the others go on", async () => {
    const { fleet, failure, log } = await play([
      { wait: "5s" },
      { revoke: { share: "30%" } },
      { wait: "60s" },
      { expect: { online: "70%" } },
    ]);
    expect(failure).toBeUndefined();
    expect(fleet.counts.failed).toBe(3);
    expect(log.filter((line) => line.endsWith("not-authorized"))).toHaveLength(3);
  });

  test("is about one type, if it says so", async () => {
    const devices = [
      { type: "lamp", count: 3 },
      { type: "meter", count: 7 },
    ];
    const { log } = await play([{ wait: "5s" }, { reboot: { type: "lamp" } }], { devices });
    expect(log.map((line) => line.split(":")[0])).toEqual(["lamp1", "lamp2", "lamp3"]);
  });
});

describe("the time between two samples", () => {
  const between = async (more: object): Promise<number[][]> => {
    const { samples } = await play([{ wait: "60s" }], more);
    // The first is taken at once, and the second at a phase of the device's own.
    return Object.values(samples).map((times) =>
      times.slice(2).map((time, i) => time - (times[i + 1] as number)),
    );
  };
  const device = { type: "a", count: 2, interval: "2s" };

  test("is the interval", async () => {
    const [first] = await between({ devices: [device] });
    expect(new Set(first)).toEqual(new Set([2000]));
  });

  test("varies within the jitter, for each device by the seed", async () => {
    const devices = [{ ...device, jitter: "50%" }];
    const [first = [], second] = await between({ devices });
    for (const time of first) {
      expect(time).toBeGreaterThanOrEqual(1000);
      expect(time).toBeLessThanOrEqual(3000);
    }
    expect(new Set(first).size).toBeGreaterThan(first.length / 2);
    expect(second).not.toEqual(first);
    expect(await between({ devices })).toEqual([first, second]);
    expect(await between({ devices, seed: 2 })).not.toEqual([first, second]);
  });
});
