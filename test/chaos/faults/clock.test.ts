import { describe, expect, test } from "@jest/globals";
import { FaultyClock } from "../../../host-sim/chaos/faults/clock.js";
import { VirtualClock } from "../../../host-sim/chaos/virtual/clock.js";

function made() {
  const clock = new VirtualClock();
  return { clock, device: new FaultyClock(clock), told: [] as string[] };
}

describe("the clock of a device", () => {
  test("jumps, and timers know nothing of it", () => {
    const { clock, device, told } = made();
    device.set(() => told.push("rang"), 1000);
    device.jump(-3_600_000);
    expect(device.now()).toBe(clock.now() - 3_600_000);
    clock.advance(999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual(["rang"]);
  });

  test("loses its timers with its power, and sets none without", () => {
    const { clock, device, told } = made();
    device.set(() => told.push("before"), 10);
    device.powerOff();
    device.clear(device.set(() => told.push("without"), 10));
    device.powerOn();
    device.set(() => told.push("after"), 10);
    clock.advance(10);
    expect(told).toEqual(["after"]);
  });

  test("what throws is heard of, unless power went meanwhile", () => {
    const { clock, device } = made();
    const fail = (): void => {
      throw new Error("a fault of the device's own");
    };
    device.set(fail, 1);
    expect(() => clock.advance(1)).toThrow("a fault of the device's own");
    device.set(() => {
      device.powerOff();
      fail();
    }, 1);
    expect(() => clock.advance(1)).not.toThrow();
  });
});
