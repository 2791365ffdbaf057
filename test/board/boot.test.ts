import { describe, expect, test } from "@jest/globals";
import { CRASH_LIMIT } from "../../firmware/board/boot-record.js";
import type { Element } from "../../firmware/xmpp/xml/element.js";
import { PASSPHRASE, Rig, SETTINGS, SSID } from "./support.js";

const DAY = 24 * 3600;

/** The first SenML pack that was published. */
function packOf(rig: Rig): Element | undefined {
  const [iq] = rig.published;
  const item = iq?.elements()[0]?.elements()[0]?.elements()[0];
  return item?.elements()[0];
}

/** A board that is up, with one item published. */
function running(texts = SETTINGS): Rig {
  return new Rig(texts).on().untilPublished();
}

describe("a board that has its settings", () => {
  test("joins, sets its clock, connects and publishes, in this order", () => {
    const rig = running();
    expect(rig.board.board?.mode).toBe("normal");
    const subjects = [...rig.serial.matchAll(/\] \w+ (\w+): (.*)/g)].map((line) => line[1]);
    expect([...new Set(subjects)]).toEqual(["board", "wifi", "clock", "sensor", "server"]);
    expect(rig.serial).toContain("[0.000] info board: Pipit 1.2.3 on ESP32-C3: started, power-on");
    expect(rig.network.violations).toEqual([]);
  });

  test("publishes itself under its MAC address", () => {
    const pack = packOf(running());
    expect(pack?.elements()[0]?.attr("bn")).toBe("urn:dev:mac:0024befffefe4ff1:");
    expect(pack?.elements().map((record) => record.attr("n"))).toEqual(["chip", "heap", "rssi"]);
  });

  test("TLS waits for the clock", () => {
    const rig = new Rig(SETTINGS);
    rig.timeServer.mode = "silent";
    rig.on().pass(600);
    expect(rig.timeServer.asked).toBeGreaterThan(3);
    expect(rig.network.peers).toHaveLength(0);
    rig.timeServer.mode = "right";
    rig.untilPublished();
    expect(rig.board.clock).toBeCloseTo(rig.clock.now(), -4);
  });

  test("feeds the watchdog for as long as it runs", () => {
    const rig = running().pass(3600);
    expect(rig.starts).toEqual(["power-on"]);
    expect(rig.published.length).toBeGreaterThan(350);
  });
});

describe("the LED", () => {
  /** How long it was on and off, in milliseconds, over and over. */
  const pattern = (rig: Rig, seconds: number, length: number): number[] => {
    rig.led.length = 0;
    rig.pass(seconds);
    const times = rig.led.map(({ at }) => at);
    const first = rig.led.findIndex(({ value }) => value === 1);
    return times.slice(first + 1, first + 1 + length).map((at, i) => at - (times[first + i] ?? 0));
  };

  test("says that the board waits for settings", () => {
    expect(pattern(new Rig().on(), 10, 4)).toEqual([1_000, 1_000, 1_000, 1_000]);
  });

  test("says that there is no network", () => {
    const rig = new Rig(SETTINGS);
    rig.air.remove(SSID);
    expect(pattern(rig.on(), 10, 2)).toEqual([100, 900]);
  });

  test("says that the time is not known", () => {
    const rig = new Rig(SETTINGS);
    rig.timeServer.mode = "silent";
    const times = pattern(rig.on().pass(5), 10, 4).sort((a, b) => a - b);
    expect(times).toEqual([100, 100, 200, 600]);
  });

  test("says that all is well", () => {
    expect(pattern(running(), 30, 2)).toEqual([30, 4_970]);
  });

  test("says that a person is needed", () => {
    const rig = new Rig({ ...SETTINGS, password: "wrong" }).on();
    rig.until(() => rig.board.board?.mode === "stopped");
    expect(pattern(rig, 10, 2)).toEqual([1_800, 200]);
  });

  test("says that it is in safe mode", () => {
    const rig = new Rig(SETTINGS).on();
    for (let crashes = 0; crashes < CRASH_LIMIT; crashes++) rig.board.crash();
    expect(pattern(rig, 10, 2)).toEqual([100, 100]);
  });
});

describe("a board without settings that will do", () => {
  test.each([
    { name: "none", texts: undefined, said: "" },
    { name: "some missing", texts: { ssid: SSID }, said: "error settings: jid is needed" },
    {
      name: "one that is wrong",
      texts: { ...SETTINGS, interval: "0" },
      said: "error settings: interval should be whole milliseconds",
    },
  ])("waits: $name", ({ texts, said }) => {
    const rig = new Rig(texts).on().pass(DAY);
    expect(rig.board.board?.mode).toBe("setup");
    expect(rig.serial).toContain(said);
    expect(rig.serial).not.toContain(PASSPHRASE);
    expect(rig.starts).toEqual(["power-on"]);
    expect(rig.network.peers).toHaveLength(0);
  });

  test("says so when they are damaged, without showing them", () => {
    const rig = new Rig();
    rig.flash.open({ path: "settings" }).write("record", new TextEncoder().encode("secret{"));
    rig.on().pass(1);
    expect(rig.board.board?.mode).toBe("setup");
    expect(rig.serial).toContain("error settings: what is stored is not JSON");
    expect(rig.serial).not.toContain("secret");
  });

  test("stays, with a later version's, and does not touch them", () => {
    const rig = new Rig();
    const record = new TextEncoder().encode('{"version":9,"texts":{}}');
    rig.flash.open({ path: "settings" }).write("record", record);
    rig.on().pass(1);
    expect(rig.serial).toContain("version 9 was stored by a later firmware");
    expect(rig.flash.open({ path: "settings" }).read("record")?.byteLength).toBe(record.length);
  });
});

describe("Wi-Fi", () => {
  test("that is not there is looked for, over and over, and the server is not blamed", () => {
    const rig = new Rig(SETTINGS);
    rig.air.remove(SSID);
    rig.on().pass(3600);
    const tries = rig.serial.match(/warning wifi/g)?.length ?? 0;
    expect(tries).toBeGreaterThan(20);
    expect(tries).toBeLessThan(200);
    expect(rig.serial).not.toContain("warning server");
    expect(rig.starts).toEqual(["power-on"]);
    rig.air.add({ ssid: SSID, passphrase: PASSPHRASE, signal: -70 });
    rig.untilPublished();
  });

  test("that is lost is not a server that is lost, and all goes on when it is back", () => {
    const rig = running();
    rig.air.remove(SSID);
    rig.pass(900);
    const before = rig.published.length;
    expect(rig.board.board?.mode).toBe("normal");
    expect(rig.serial).toContain("warning wifi: lost");
    expect(rig.serial).not.toContain("warning server");
    rig.air.add({ ssid: SSID, passphrase: PASSPHRASE, signal: -70 });
    // The client does not sit out the wait that it was in.
    rig.until(() => rig.published.length > before, 150);
    expect(rig.starts).toEqual(["power-on"]);
    expect(rig.network.violations).toEqual([]);
  });

  test("with a wrong passphrase says so", () => {
    const rig = new Rig({ ...SETTINGS, passphrase: "wrong horse" }).on().pass(60);
    expect(rig.serial).toContain("wifi: not in reach, or the passphrase is wrong");
    expect(rig.serial).not.toContain("wrong horse");
  });
});

describe("a crash", () => {
  test("is survived", () => {
    const rig = running();
    rig.board.crash();
    rig.untilPublished(rig.published.length + 1);
    expect(rig.board.board?.mode).toBe("normal");
  });

  test("that comes again and again ends in safe mode, which can be provisioned and ends by itself", () => {
    const rig = new Rig(SETTINGS).on();
    for (let crashes = 0; crashes < CRASH_LIMIT; crashes++) {
      expect(rig.board.board?.mode).toBe("normal");
      rig.pass(10).board.crash();
    }
    expect(rig.board.board?.mode).toBe("safe");
    const peers = rig.network.peers.length;
    rig.pass(60);
    expect(rig.network.peers).toHaveLength(peers);
    expect(rig.command(0x03).results[0]?.[0]).toBe("Pipit");
    // A quarter of an hour later it tries again, once.
    rig.pass(15 * 60);
    expect(rig.board.board?.mode).toBe("normal");
    rig.board.crash();
    expect(rig.board.board?.mode).toBe("safe");
  });

  test("long after the one before does not count with it", () => {
    const rig = new Rig(SETTINGS).on();
    for (let crashes = 0; crashes < 2 * CRASH_LIMIT; crashes++) rig.pass(600).board.crash();
    expect(rig.board.board?.mode).toBe("normal");
  });

  test.each(["power-on", "external", "deep-sleep", "brownout"] as const)(
    "is not what a start by %s is",
    (reason) => {
      const rig = new Rig(SETTINGS).on();
      for (let starts = 0; starts < 2 * CRASH_LIMIT; starts++) rig.pass(1).board.crash(reason);
      expect(rig.board.board?.mode).toBe("normal");
    },
  );

  test("safe mode is not left by switching off and on", () => {
    const rig = new Rig(SETTINGS).on();
    for (let crashes = 0; crashes < CRASH_LIMIT; crashes++) rig.board.crash();
    rig.on();
    expect(rig.board.board?.mode).toBe("safe");
  });
});

describe("what only a person can mend", () => {
  test("stops the board: a wrong password is not tried again", () => {
    const rig = new Rig({ ...SETTINGS, password: "wrong" }).on();
    rig.until(() => rig.board.board?.mode === "stopped");
    rig.pass(DAY);
    expect(rig.server.sessions).toHaveLength(1);
    expect(rig.serial).toContain("error account: not-authorized");
    expect(rig.serial).not.toContain("wrong");
    expect(rig.starts).toEqual(["power-on"]);
  });
});
