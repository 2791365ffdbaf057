import { describe, expect, test } from "@jest/globals";
import { Device, type DeviceOptions } from "../firmware/device.js";
import type { Sensor } from "../firmware/sensors/sensor.js";
import type { Reading } from "../firmware/telemetry/senml.js";
import { decodeSenml } from "../firmware/telemetry/senml-decode.js";
import { ConfigError } from "../firmware/xmpp/errors.js";
import { NS_PUBSUB } from "../firmware/xmpp/extensions/pubsub.js";
import type { Element } from "../firmware/xmpp/xml/element.js";
import { MemoryStorage } from "../host-sim/node/memory-storage.js";
import { FakeClock } from "./support/clock.js";
import { FakeNetwork } from "./support/network.js";
import { type Seeded, seeded } from "./support/random.js";
import { fakeCrypto } from "./support/world.js";
import { DOMAIN, FakeServer, PASSWORD } from "./support/xmpp-server.js";

const NODE = "telemetry";
const INTERVAL = 10_000;

/** A sensor whose readings count up. */
class Counter implements Sensor {
  readonly channels = [{ name: "count", unit: "count" }];
  samples = 0;
  closed = 0;

  sample(): readonly number[] {
    if (this.closed > 0) throw new Error("sampled after close");
    return [++this.samples];
  }

  close(): void {
    this.closed++;
  }
}

/** A device in a world of its own, in which time passes only when it is told to. */
class Bench {
  readonly clock = new FakeClock();
  readonly network = new FakeNetwork(this.clock);
  readonly server = new FakeServer(this.network);
  readonly sensor = new Counter();
  readonly storage = new MemoryStorage();
  /** What the device has told, in order, apart from its states. */
  readonly told: string[] = [];
  readonly device: Device;
  readonly #random: Seeded;

  constructor(options: Partial<DeviceOptions> = {}, password = PASSWORD, seed = 1) {
    this.#random = seeded(seed);
    this.device = new Device({ ...this.options(password), ...options });
  }

  /** Lets time pass until the second sample was taken. @returns how many milliseconds that took */
  passPhase(): number {
    const start = this.clock.now();
    while (this.sensor.samples < 2) this.clock.step();
    this.clock.advance(0);
    return this.clock.now() - start;
  }

  options(password = PASSWORD): DeviceOptions {
    const { network, clock } = this;
    const item = new Map<string, number>();
    return {
      client: {
        jid: `juliet@${DOMAIN}/board`,
        password,
        host: "192.0.2.1",
        floor: "PLAIN",
        tcp: { io: network.TCP },
        tls: { io: network.TLS, TCP: { io: network.TCP } },
        timer: clock,
        crypto: fakeCrypto(this.#random, clock),
        backoff: { start: 0 },
      },
      sensor: this.sensor,
      baseName: "urn:dev:ops:1:",
      service: `pubsub.${DOMAIN}`,
      node: NODE,
      interval: INTERVAL,
      storage: this.storage,
      onReadings: ([reading], id) => {
        item.set(id, reading?.value as number);
        this.told.push(`read ${reading?.value}`);
      },
      onPublished: (id) => this.told.push(`published ${item.get(id)}`),
      onLosses: ({ full }) => this.told.push(`lost ${full}`),
      onError: (error) => this.told.push(`error ${error.condition}`),
      onClosed: (error) => this.told.push(`closed ${error?.condition ?? "in good order"}`),
    };
  }

  /** The values that were published on the session that was begun last. */
  get published(): unknown[] {
    return this.server.last.stanzas.flatMap(readingsOf).map((reading) => reading.value);
  }

  /** What the device holds: nothing, when it is closed. */
  get held(): { timers: number; sockets: number } {
    return { timers: this.clock.timers, sockets: this.network.open.size };
  }
}

function readingsOf(stanza: Element): Reading[] {
  const publish = stanza.child("pubsub", NS_PUBSUB)?.child("publish");
  const pack = publish?.child("item")?.elements()[0];
  return pack === undefined ? [] : decodeSenml(pack, 0);
}

const TONE = { qos: "effectively-once", alarm: false } as const;
const ALARM = { qos: "effectively-once", alarm: true } as const;

test("readings that are added go the way of those of the sensor, the alarms before the others", () => {
  const sensor: Sensor = { channels: [], sample: () => [], close: () => {} };
  const bench = new Bench({ sensor });
  const reading = (value: number | boolean) => ({ name: "urn:dev:ops:1:tone", value, time: 1.7e9 });
  bench.device.add([
    [TONE, reading(1)],
    [TONE, reading(2)],
    [ALARM, reading(true)],
  ]);
  bench.clock.advance(1000);
  expect(bench.published).toEqual([true, 1, 2]);
  bench.device.close();
  bench.clock.advance(1000);
  bench.device.add([[TONE, reading(3)]]);
  bench.clock.advance(1000);
  expect(bench.published).toEqual([true, 1, 2]);
  expect(bench.held).toEqual({ timers: 0, sockets: 0 });
});

test("a device logs in, and publishes a reading at each interval", () => {
  const bench = new Bench();
  bench.passPhase();
  bench.clock.advance(INTERVAL);
  expect(bench.device.state).toBe("online");
  expect(bench.published).toEqual([1, 2, 3]);
  expect(bench.told).toEqual([1, 2, 3].flatMap((value) => [`read ${value}`, `published ${value}`]));
  expect(bench.network.violations).toEqual([]);
});

test("readings carry the time they were taken at, and the full name of their channel", () => {
  const bench = new Bench();
  const start = bench.clock.now() / 1000;
  const phase = bench.passPhase();
  const readings = bench.server.last.stanzas.flatMap(readingsOf);
  const reading = { name: "urn:dev:ops:1:count", unit: "count" };
  expect(readings).toEqual([
    { ...reading, value: 1, time: start },
    { ...reading, value: 2, time: start + phase / 1000 },
  ]);
});

test("a reading from before 1970, when the clock was not set, is taken like any other", () => {
  const bench = new Bench();
  bench.clock.advance(0);
  const lane = { qos: "effectively-once", alarm: false } as const;
  const reading = { name: "urn:dev:ops:1:count", value: 7 };
  bench.device.add([
    [lane, { ...reading, time: -0.5 }],
    [lane, { ...reading, time: 0.5 }],
  ]);
  bench.clock.advance(1_000);
  expect(bench.told).not.toContain("error outbox-entry");
  expect(bench.published.slice(-2)).toEqual([7, 7]);
});

test("the devices of a fleet do not sample in step: the first is at once, the second at a time drawn", () => {
  const phases = Array.from({ length: 20 }, (_, seed) => new Bench({}, PASSWORD, seed).passPhase());
  expect(new Set(phases).size).toBeGreaterThan(15);
  expect(Math.min(...phases)).toBeLessThan(INTERVAL / 4);
  expect(Math.max(...phases)).toBeGreaterThan((INTERVAL * 3) / 4);
  expect(Math.max(...phases)).toBeLessThan(INTERVAL);
});

test("it samples while there is no server, and publishes what waited, in order", () => {
  const bench = new Bench();
  bench.server.intercept = (event, { peer }) => {
    if (event !== "connect") return false;
    peer.end(new Error("refused"));
    return true;
  };
  bench.passPhase();
  bench.clock.advance(INTERVAL);
  expect(bench.device.pending).toBe(3);
  bench.server.intercept = () => false;
  bench.clock.advance(600_000);
  expect(bench.published.slice(0, 4)).toEqual([1, 2, 3, 4]);
  expect(bench.told.filter((word) => word.startsWith("published"))).toEqual(
    bench.published.map((value) => `published ${value}`),
  );
  expect(bench.device.pending).toBe(0);
});

test("a reading whose reply was lost with the connection goes again on the next one (pitfall 54)", () => {
  const bench = new Bench();
  bench.server.intercept = (event) => event === "iq"; // nothing is answered
  bench.clock.advance(1_000);
  expect(bench.published).toEqual([1]);
  const [first] = bench.server.last.stanzas.filter((stanza) => readingsOf(stanza).length > 0);
  bench.server.intercept = () => false;
  bench.server.last.peer.end();
  bench.clock.advance(60_000);
  expect(bench.server.sessions).toHaveLength(2);
  expect(bench.published.slice(0, 2)).toEqual([1, 2]);
  const [again] = bench.server.last.stanzas.filter((stanza) => readingsOf(stanza).length > 0);
  const idOf = (iq: Element | undefined): string | undefined =>
    iq?.child("pubsub", NS_PUBSUB)?.child("publish")?.child("item")?.attr("id");
  expect(idOf(again)).toBe(idOf(first));
  expect(bench.told).toContain("error connection-lost");
});

test("a service that refuses says so, and gets the reading when it does no longer", () => {
  const bench = new Bench();
  bench.server.intercept = (event, session, iq) => {
    if (event !== "iq" || iq === undefined || readingsOf(iq).length === 0) return false;
    session.send(
      `<iq type='error' id='${iq.attr("id")}' from='${iq.attr("to")}'><error type='cancel'>` +
        "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
    );
    return true;
  };
  bench.clock.advance(1_000);
  expect(bench.told).toEqual(["read 1", "error item-not-found"]);
  bench.server.intercept = () => false;
  bench.clock.advance(35_000);
  const said = (word: string): string[] => bench.told.filter((told) => told.startsWith(word));
  expect(said("published").length).toBeGreaterThan(1);
  expect(said("published")).toEqual(said("read").map((read) => read.replace("read", "published")));
});

test("readings for which there is no room are counted, the oldest first, and that is published (pitfall 51)", () => {
  const bench = new Bench({ outbox: { capacity: 3_000 } });
  bench.server.intercept = (event) => event === "connect"; // nobody answers
  bench.clock.advance(INTERVAL * 20);
  const { pending, losses } = bench.device;
  expect(pending).toBeGreaterThan(3);
  expect(pending + losses.full).toBe(bench.sensor.samples);
  expect(bench.told.at(-1)).toBe(`lost ${losses.full}`);
  bench.server.intercept = () => false;
  bench.clock.advance(600_000);
  // The report of the losses, and the first that was not lost.
  const lost = bench.device.losses.full;
  expect(bench.published.slice(0, 2)).toEqual([lost, lost + 1]);
});

test("a wrong password ends it, with one clear error, and it holds nothing (pitfall 32)", () => {
  const bench = new Bench({}, "not that");
  bench.clock.advance(600_000);
  expect(bench.told.filter((word) => !word.startsWith("read"))).toEqual([
    "error not-authorized",
    "closed not-authorized",
  ]);
  expect(bench.server.sessions).toHaveLength(1);
  expect(bench.sensor.closed).toBe(1);
  expect(bench.held).toEqual({ timers: 0, sockets: 0 });
  bench.device.close(); // which may still be called
  bench.clock.advance(600_000);
  expect(bench.told.filter((word) => word.startsWith("closed"))).toHaveLength(1);
});

describe("close", () => {
  test("ends the stream in good order, and holds nothing", () => {
    const bench = new Bench();
    bench.clock.advance(INTERVAL);
    bench.told.length = 0;
    let ended = false;
    bench.server.intercept = (event) => {
      if (event === "end") ended = true;
      return false;
    };
    bench.device.close();
    bench.device.close();
    expect(bench.told).toEqual([]); // callbacks come later
    bench.clock.advance(600_000);
    expect(bench.told).toEqual(["closed in good order"]);
    expect(ended).toBe(true);
    expect(bench.server.last.summary.at(-1)).toBe("presence unavailable");
    expect(bench.sensor.closed).toBe(1);
    expect(bench.held).toEqual({ timers: 0, sockets: 0 });
  });

  test.each([
    ["at once", 0],
    ["while it connects", 1],
    ["while it waits to connect again", 6_000],
  ])("%s ends it as well", (_when, delay) => {
    const bench = new Bench();
    bench.server.intercept = (event, { peer }) => {
      if (event === "connect") bench.clock.later(5_000, () => peer.end());
      return event === "connect";
    };
    if (delay > 0) bench.clock.advance(delay);
    bench.told.length = 0;
    bench.device.close();
    bench.clock.advance(600_000);
    expect(bench.told).toEqual(["closed in good order"]);
    expect(bench.sensor.closed).toBe(1);
    expect(bench.held).toEqual({ timers: 0, sockets: 0 });
  });

  test("after suspend(), ends it as well", () => {
    const bench = new Bench();
    bench.clock.advance(INTERVAL);
    bench.told.length = 0;
    bench.device.suspend();
    bench.device.close();
    bench.clock.advance(600_000);
    expect(bench.told).toEqual(["closed in good order"]);
    expect(bench.held).toEqual({ timers: 0, sockets: 0 });
  });

  test("may be called from any of its callbacks", () => {
    for (const callback of ["onReadings", "onPublished", "onState", "onError"] as const) {
      let isFirst = true;
      const close = (): void => {
        if (isFirst) bench.device.close();
        isFirst = false;
      };
      const bench = new Bench({ [callback]: close });
      if (callback === "onError")
        bench.server.intercept = (event, { peer }) => {
          if (event === "connect") peer.end();
          return event === "connect";
        };
      bench.clock.advance(60_000);
      expect([callback, isFirst]).toEqual([callback, false]);
      expect(bench.told.at(-1)).toBe("closed in good order");
      expect([callback, bench.held]).toEqual([callback, { timers: 0, sockets: 0 }]);
      expect([callback, bench.network.violations]).toEqual([callback, []]);
    }
  });
});

describe("options that cannot be used are refused where the mistake is", () => {
  const sensor = (name: string, unit: string): Sensor => ({
    channels: [{ name, unit }],
    sample: () => [1],
    close: () => {},
  });

  const alarm: Sensor = {
    ...sensor("smoke", "%"),
    channels: [{ name: "smoke", unit: "%", qos: "at-most-once", alarm: true }],
  };

  test.each<[string, Partial<DeviceOptions>]>([
    ["a name of a node that leaves no room for readings", { node: "n".repeat(700) }],
    ["a base name with a space", { baseName: "my board:" }],
    ["a channel with a space", { sensor: sensor("room temperature", "Cel") }],
    ["a unit that nobody registered", { sensor: sensor("temperature", "Celsius") }],
    ["an alarm that goes at most once", { sensor: alarm }],
    ["an interval of 0", { interval: 0 }],
    ["a window with a fraction", { outbox: { window: 0.5 } }],
    ["a settle time below 0", { outbox: { settle: -1 } }],
    ["an age that is no number", { outbox: { maxAge: Number.NaN } }],
    ["an outbox without room", { outbox: { capacity: 100 } }],
    ["a policy that keeps everything", { outbox: { policy: { thin: 1 } } }],
    ["items of no readings", { batch: { readings: 0 } }],
    ["items of no bytes", { batch: { bytes: 0 } }],
    ["no item on its way", { pace: { window: 0 } }],
    ["a backlog that never goes", { pace: { catchUp: 0 } }],
    ["an interval with a fraction", { interval: 0.5 }],
    ["an interval that is no number", { interval: Number.NaN }],
    ["a service that is no address", { service: "not an address" }],
  ])("%s", (_what, options) => {
    const bench = new Bench();
    const { timers } = bench.clock;
    expect(() => new Device({ ...bench.options(), ...options })).toThrow(ConfigError);
    expect(bench.clock.timers).toBe(timers);
  });
});
