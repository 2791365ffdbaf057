/** That no reading is lost: whole devices on the embedded server, through whatever goes wrong. */

import { describe, expect, test } from "@jest/globals";
import { Device, type DeviceOptions } from "../firmware/device.js";
import type { Timer } from "../firmware/io.js";
import type { Channel, Sample, Sensor } from "../firmware/sensors/sensor.js";
import { type Cut, Flash } from "./outbox/support/flash.js";
import { FakeClock } from "./support/clock.js";
import { EmbeddedServer, type EmbeddedServerOptions, NODE } from "./support/embedded-server.js";
import { FakeNetwork } from "./support/network.js";
import { type Seeded, seeded } from "./support/random.js";
import { fakeCrypto } from "./support/world.js";
import { DOMAIN, PASSWORD } from "./support/xmpp-server.js";

const INTERVAL = 2_000;

/** Counts up, through reboots too: no value comes twice. */
class Counter implements Sensor {
  readonly channels: readonly Channel[];
  count = 0;

  constructor(channels: readonly Partial<Channel>[]) {
    this.channels = channels.map((channel, index) => ({
      name: `n${index}`,
      unit: "count",
      ...channel,
    }));
  }

  sample(): readonly Sample[] {
    return this.channels.map(() => ++this.count);
  }

  close(): void {}
}

const LATE = "late";
/** Not what comes when a test has ended, and not the reports of losses. */
const counts = (values: string): boolean => /^[0-9 ]+$/.test(values);

/** A device with its flash, a server, and what there is between them. */
class Bench {
  readonly clock = new FakeClock();
  readonly network = new FakeNetwork(this.clock);
  readonly server: EmbeddedServer;
  readonly flash = new Flash();
  readonly random: Seeded;
  /** The values that the device has taken into its outbox, an item in each text. */
  readonly accepted: string[] = [];
  /** Conditions of the errors that it has told. */
  readonly errors: string[] = [];
  readonly sensor: Counter;
  device: Device;
  readonly #options: Partial<DeviceOptions>;
  #power = { isOn: true };

  constructor(
    options: Partial<DeviceOptions> = {},
    server: EmbeddedServerOptions = {},
    channels: readonly Partial<Channel>[] = [{}],
    seed = 1,
  ) {
    this.#options = options;
    this.random = seeded(seed);
    this.server = new EmbeddedServer(this.network, this.clock, server);
    this.sensor = new Counter(channels);
    this.flash.onCut = () => this.powerOff();
    this.device = this.#boot();
  }

  /** The device stops where it is. The server does not hear of it. */
  powerOff(): void {
    this.#power.isOn = false;
    this.network.open.clear();
  }

  /** It begins anew, on the same flash. */
  powerOn(): void {
    this.flash.restart();
    this.network.violations.length = 0;
    this.device = this.#boot();
  }

  /** Lets time pass; a device that has lost power gets it back at once. */
  advance(milliseconds: number): void {
    const end = this.clock.now() + milliseconds;
    while (this.clock.now() < end) {
      this.clock.advance(Math.min(100, end - this.clock.now()));
      if (!this.#power.isOn) this.powerOn();
    }
  }

  /** What is sampled from here on does not count, and what waits is delivered. */
  finish(): void {
    this.sensor.sample = () => this.sensor.channels.map(() => LATE);
    this.server.restart();
    this.advance(180_000);
  }

  /** The items on the node. */
  get stored(): string[] {
    return this.server.stored.filter(counts);
  }

  /** Those that came there, repeats included. */
  get received(): string[] {
    return this.server.received.filter(counts);
  }

  #boot(): Device {
    const { clock, network } = this;
    const power = { isOn: true };
    this.#power = power;
    const timer: Timer = {
      set: (callback, delay) =>
        clock.set(() => {
          if (power.isOn) callback();
        }, delay),
      clear: (handle) => clock.clear(handle),
      now: () => clock.now(),
    };
    return new Device({
      client: {
        jid: `juliet@${DOMAIN}/board`,
        password: PASSWORD,
        host: "192.0.2.1",
        floor: "PLAIN",
        tcp: { io: network.TCP },
        tls: { io: network.TLS, TCP: { io: network.TCP } },
        timer,
        crypto: fakeCrypto(this.random, clock),
        backoff: { start: 0, base: 500, limit: 2_000, later: 2_000 },
      },
      sensor: this.sensor,
      baseName: "urn:dev:ops:1:",
      service: `pubsub.${DOMAIN}`,
      node: NODE,
      interval: INTERVAL,
      storage: { open: () => this.flash },
      ...this.#options,
      onReadings: (readings) => {
        const values = readings.map(({ value }) => value).join(" ");
        if (power.isOn && counts(values)) this.accepted.push(values);
      },
      onError: (error) => {
        if (power.isOn) this.errors.push(error.condition);
      },
    });
  }
}

const inOrder = (values: readonly string[]): string[] =>
  [...values].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));

/** Every reading that was accepted is on the node, none is there twice, and they are in order. */
function checkAll({ accepted, stored }: Bench): void {
  expect(stored).toEqual(expect.arrayContaining(accepted));
  expect(new Set(stored).size).toBe(stored.length);
  expect(stored).toEqual(inOrder(stored));
}

describe("power goes", () => {
  const cuts: readonly Cut[] = ["before", "torn", "after"];

  test.each(cuts)("%s the n-th write of flash", (cut) => {
    for (let changes = 0; changes < 20; changes++) {
      const bench = new Bench({}, {}, [{}], changes);
      bench.flash.cutAfter(changes, cut, bench.random);
      bench.advance(60_000);
      bench.finish();
      expect(bench.accepted.length).toBeGreaterThan(20);
      checkAll(bench);
    }
  });

  test("at any moment, with no server to be reached in between", () => {
    for (let moment = 100; moment < 8_000; moment += 700) {
      const bench = new Bench({}, {}, [{}], moment);
      bench.advance(4_000);
      bench.server.kill();
      bench.advance(moment);
      bench.powerOff();
      bench.advance(20_000);
      bench.finish();
      checkAll(bench);
    }
  });

  test("with readings collected in RAM: no more than those are lost", () => {
    const bench = new Bench({ batch: { time: 10_000 } });
    bench.advance(31_000);
    const { count } = bench.sensor;
    bench.powerOff();
    bench.advance(60_000);
    bench.finish();
    checkAll(bench);
    const lost =
      count -
      bench.stored
        .join(" ")
        .split(" ")
        .map(Number)
        .filter((value) => value <= count).length;
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThanOrEqual(10_000 / INTERVAL + 1);
  });
});

describe("connections are cut at any moment", () => {
  test.each([
    ["and sessions resumed", true],
    ["and sessions lost", false],
  ])("%s", (_what, isResumed) => {
    for (let moment = 0; moment < 20; moment++) {
      const bench = new Bench({}, {}, [{}], moment);
      for (let cut = 0; cut < 5; cut++) {
        bench.advance(bench.random.int(6_000));
        if (isResumed) bench.server.cut();
        else bench.server.kill();
        bench.server.restart();
      }
      bench.finish();
      checkAll(bench);
      if (isResumed) expect(new Set(bench.received).size).toBe(bench.received.length);
    }
  });
});

describe("the server falls over, and with it what it had acknowledged in the last five seconds", () => {
  /** The readings that are missing in the end, over some moments at which it falls. */
  const missing = (settle: number, isQuiet = false): number => {
    let lost = 0;
    for (let moment = 0; moment < 20; moment++) {
      const bench = new Bench({ outbox: { settle } }, { flushing: 5_000 }, [{}], moment);
      bench.advance(20_000 + moment * 500);
      bench.server.kill(isQuiet);
      bench.advance(60_000);
      bench.finish();
      const { accepted, stored } = bench;
      lost += accepted.filter((values) => !stored.includes(values)).length;
      if (settle > 0) checkAll(bench);
    }
    return lost;
  };

  test("without settling, readings are lost, of which nobody hears", () => {
    expect(missing(0)).toBeGreaterThan(20);
  });

  test("with it, none is", () => {
    expect(missing(15_000)).toBe(0);
  });

  test("with it, none is, even if nobody notices for a while that the server is gone", () => {
    expect(missing(15_000, true)).toBe(0);
  });
});

describe("storage fails", () => {
  test("sampling goes on, what comes meanwhile goes once, and what was accepted before is kept", () => {
    const bench = new Bench();
    bench.advance(10_000);
    bench.server.kill();
    bench.advance(10_000);
    const before = bench.accepted.length;
    bench.flash.broken = true;
    bench.server.restart();
    bench.advance(20_000);
    expect(bench.accepted).toHaveLength(before);
    expect(bench.errors).toContain("outbox-storage");
    bench.flash.broken = false;
    bench.advance(10_000);
    expect(bench.accepted.length).toBeGreaterThan(before);
    bench.finish();
    expect(bench.stored).toEqual(expect.arrayContaining(bench.accepted));
    // Nothing was wrong with the connection, so nothing was lost even without storage.
    expect(inOrder(bench.stored)).toEqual(
      Array.from({ length: bench.sensor.count }, (_, i) => `${i + 1}`),
    );
  });
});

describe("channels are delivered as they declare", () => {
  test("in items of their own, alarms first", () => {
    const channels = [
      {},
      { qos: "at-most-once" },
      { qos: "at-least-once" },
      { alarm: true },
      {},
    ] as const;
    const bench = new Bench({}, {}, channels);
    bench.server.kill();
    bench.advance(3_000); // two samples
    bench.server.restart();
    bench.finish();
    expect(bench.received.slice(0, 2)).toEqual(["4", "9"]);
    const items = ["1 5", "2", "3", "4", "6 10", "7", "8", "9"];
    expect(bench.received.filter((values) => items.includes(values)).sort()).toEqual(items);
  });
});

describe("batches", () => {
  test("carry the readings of a time, each with its own", () => {
    const bench = new Bench({ batch: { time: 10_000 } });
    bench.advance(35_000);
    const [first, second] = bench.stored;
    expect(first?.split(" ").length).toBeGreaterThanOrEqual(5);
    expect(second?.split(" ")).toHaveLength(5);
  });

  test("are stored by close(), and delivered by the next device", () => {
    const bench = new Bench({ batch: { time: 600_000 } });
    bench.advance(10_000);
    expect(bench.accepted).toEqual([]);
    bench.device.close();
    bench.clock.advance(1_000);
    expect(bench.accepted).toHaveLength(1);
    bench.powerOff();
    bench.finish();
    expect(bench.stored.slice(0, 1)).toEqual(bench.accepted.slice(0, 1));
  });
});

describe("a planned restart", () => {
  const sessionsOf = (bench: Bench): number => bench.server.presences;

  test("goes on with the session, at the cost of two changes of flash", () => {
    const bench = new Bench();
    bench.advance(10_000);
    expect(sessionsOf(bench)).toBe(1);
    const { changes } = bench.flash;
    bench.device.suspend();
    bench.powerOff();
    bench.powerOn();
    expect(bench.flash.changes - changes).toBeLessThanOrEqual(3);
    bench.advance(10_000);
    expect(bench.device.state).toBe("online");
    expect(sessionsOf(bench)).toBe(1);
    bench.finish();
    checkAll(bench);
  });

  test("an unplanned one begins a new session", () => {
    const bench = new Bench();
    bench.advance(10_000);
    bench.powerOff();
    bench.advance(10_000);
    expect(sessionsOf(bench)).toBe(2);
  });
});
