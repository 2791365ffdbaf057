import { describe, expect, test } from "@jest/globals";
import { Rig, SETTINGS, SSID } from "./support.js";

const CYCLE = { ...SETTINGS, power: "cycle", interval: "300000" };

describe("power", () => {
  test.each([
    ["on", false],
    ["idle", true],
    ["cycle", true],
  ])("%s: the radio sleeps between beacons: %s", (power, isModemSleepOn) => {
    const rig = new Rig({ ...SETTINGS, power }).on().pass(1);
    expect(rig.board.isModemSleepOn).toBe(isModemSleepOn);
  });

  test("cycle: the board sleeps from sample to sample", () => {
    const rig = new Rig(CYCLE).on().pass(3600);
    expect(rig.starts.slice(1)).toEqual(Array(rig.starts.length - 1).fill("deep-sleep"));
    expect(rig.starts.length).toBeGreaterThan(10);
    expect(rig.published.length).toBeGreaterThanOrEqual(rig.starts.length - 1);
    expect(rig.network.violations).toEqual([]);
  });

  test("cycle: the clock runs on in sleep, and is trusted for a day", () => {
    const rig = new Rig(CYCLE).on().pass(5 * 3600);
    // Asked once at the start, and then when the radio was on long enough for it to matter.
    expect(rig.timeServer.asked).toBe(1);
    rig.pass(3 * 3600);
    expect(rig.timeServer.asked).toBe(2);
  });

  test("cycle: without a network it samples all the same, and sleeps; nothing is lost", () => {
    const rig = new Rig(CYCLE).on().pass(600);
    rig.air.remove(SSID);
    rig.pass(3600);
    const before = rig.published.length;
    expect(rig.board.board?.mode ?? "asleep").not.toBe("safe");
    rig.air.add({ ssid: SSID, passphrase: SETTINGS.passphrase as string, signal: -50 });
    rig.pass(1800);
    expect(rig.published.length).toBeGreaterThan(before + 12);
  });

  test("cycle: a wrong password is not tried with every start", () => {
    const rig = new Rig({ ...CYCLE, password: "wrong" }).on().pass(3600);
    expect(rig.server.sessions).toHaveLength(1);
    expect(rig.starts).toEqual(["power-on"]);
  });

  test("cycle: it stays awake for a minute after it was switched on, and while somebody speaks to it", () => {
    const rig = new Rig(CYCLE).on().pass(59);
    expect(rig.board.board).toBeDefined();
    for (let minute = 0; minute < 5; minute++) {
      rig.command(0x02);
      rig.pass(50);
      expect(rig.board.board).toBeDefined();
    }
    rig.pass(70);
    expect(rig.board.board).toBeUndefined();
  });
});
