import { describe, expect, test } from "@jest/globals";
import type { TimeServerMode } from "../../host-sim/board/time-server.js";
import { Rig, SETTINGS, SSID } from "./support.js";

const HOUR = 3600;

describe("the clock", () => {
  test.each<[TimeServerMode, string]>([
    ["silent", "no answer"],
    ["forged", "no answer"],
    ["kiss-of-death", "the server wants to be left alone"],
    ["unsynchronised", "the server does not know the time"],
    ["false", "it says 2001-09-09T00:00:00.000Z, which cannot be"],
  ])("is not set by a server that is %s", (mode, says) => {
    const rig = new Rig(SETTINGS);
    rig.timeServer.mode = mode;
    rig.on().pass(HOUR);
    expect(rig.serial).toContain(`warning clock: 192.0.2.123: ${says}; next try in 15 s`);
    expect(rig.network.peers).toHaveLength(0);
    // RFC 4330 10: never more often than every 15 seconds, and less and less.
    expect(rig.timeServer.asked).toBeLessThan(15);
    rig.timeServer.mode = "right";
    rig.pass(HOUR);
    expect(rig.published.length).toBeGreaterThan(0);
  });

  test("is no earlier than the build when it has not been set", () => {
    const rig = new Rig(SETTINGS);
    rig.timeServer.mode = "silent";
    rig.on();
    expect(rig.board.clock).toBe(Date.UTC(2025, 10, 30));
  });

  test("is no earlier than it was known to be once", () => {
    const rig = new Rig(SETTINGS).on().untilPublished();
    const known = rig.board.clock;
    rig.timeServer.mode = "silent";
    rig.on();
    expect(rig.board.clock).toBeGreaterThan(known - 60_000);
  });

  test("is set again every six hours", () => {
    const rig = new Rig({ ...SETTINGS, interval: "3600000" }).on().pass(13 * HOUR);
    expect(rig.timeServer.asked).toBe(3);
  });

  test("that went wrong by itself is set right", () => {
    const rig = new Rig({ ...SETTINGS, interval: "3600000" }).on().untilPublished();
    rig.air.remove(SSID);
    rig.pass(60);
    rig.air.add({ ssid: SSID, passphrase: SETTINGS.passphrase as string, signal: -50 });
    rig.pass(7 * HOUR);
    expect(Math.abs(rig.board.clock - rig.clock.now())).toBeLessThan(1_000);
  });

  test("asks by name, of one that it has to resolve", () => {
    const rig = new Rig({ ...SETTINGS, ntp: "time.example.org" });
    rig.on().pass(30);
    expect(rig.serial).toContain("warning clock: time.example.org: the name has no address");
    rig.network.addresses.set("time.example.org", "192.0.2.124");
    rig.untilPublished();
  });
});
