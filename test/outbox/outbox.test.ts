import { describe, expect, test } from "@jest/globals";
import type { Message } from "../../firmware/outbox/entry.js";
import { Outbox, type OutboxOptions } from "../../firmware/outbox/outbox.js";
import { XmppError } from "../../firmware/xmpp/errors.js";
import { decode, encode } from "../../firmware/xmpp/utf8.js";
import { seeded } from "../support/random.js";
import { DeviceClock } from "./support/clock.js";
import { Flash } from "./support/flash.js";
import { drain } from "./support/model.js";

/** A device with an outbox, which can be restarted. */
class Device {
  readonly flash = new Flash();
  readonly clock = new DeviceClock();
  readonly #options: Partial<OutboxOptions>;
  readonly #random = seeded(1);
  outbox: Outbox;

  constructor(options: Partial<OutboxOptions> = {}) {
    this.#options = options;
    this.outbox = this.#open();
  }

  #open(): Outbox {
    return new Outbox({
      storage: this.flash,
      timer: this.clock,
      random: (count) => Uint8Array.from({ length: count }, () => this.#random.int(256)),
      capacity: 20_000,
      segment: 1000,
      window: 0,
      settle: 0,
      policy: "drop-oldest",
      ...this.#options,
    });
  }

  /** Power goes and comes back. */
  restart(): void {
    this.clock.restart();
    this.outbox = this.#open();
  }

  /** Appends a text. */
  add(text: string, message: Partial<Message> = {}): string | undefined {
    const { qos = "at-least-once", time = this.clock.now(), ...rest } = message;
    return this.outbox.append({ node: "node", time, payload: encode(text), qos, ...rest });
  }

  /** Another entry is acknowledged. */
  hear(): void {
    this.add("", { qos: "at-least-once" });
    this.outbox.acknowledge(this.outbox.next()?.id as string);
  }

  /** The settle time passes twice, and each time the service is heard of. */
  settle(time: number): void {
    for (let i = 0; i < 2; i++) {
      this.clock.advance(time);
      this.hear();
    }
  }

  /** Delivers everything that waits, and says what it was. */
  deliver(): string[] {
    const entries = drain(this.outbox);
    for (const { id } of entries) this.outbox.acknowledge(id);
    return texts(entries);
  }
}

const texts = (entries: readonly { payload: Uint8Array }[]) =>
  entries.map(({ payload }) => decode(payload));

const errorOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof XmppError) return error.condition;
    throw error;
  }
  throw new Error("nothing was thrown");
};

const NOTHING_LOST = { full: 0, expired: 0, refused: 0, damaged: 0, unsettled: 0 };

describe("the life of an entry", () => {
  test("it comes out as it went in, and its id stays through a restart", () => {
    const device = new Device();
    const id = device.add("21.5", { node: "größe", time: 1_709_294_400_123 });
    for (let start = 0; start < 2; start++) {
      expect(device.outbox.next()).toEqual({
        id,
        node: "größe",
        time: 1_709_294_400_123,
        payload: encode("21.5"),
        attempts: 1,
      });
      expect(device.outbox.next()).toBeUndefined();
      device.restart();
    }
  });

  test("pitfall 47: what is put back comes again in its place, and the attempts are counted", () => {
    const device = new Device();
    for (const text of ["a", "b", "c"]) device.add(text);
    const [a, b] = [device.outbox.next(), device.outbox.next()];
    for (const entry of [b, a]) device.outbox.putBack(entry?.id as string, "unsettled");
    const again = drain(device.outbox);
    expect(texts(again)).toEqual(["a", "b", "c"]);
    expect(again.map(({ attempts }) => attempts)).toEqual([2, 2, 1]);
  });

  test("what was in flight when the connection was lost comes again", () => {
    const device = new Device();
    for (const text of ["a", "b", "c"]) device.add(text);
    device.outbox.acknowledge(device.outbox.next()?.id as string);
    device.outbox.next();
    device.outbox.suspect();
    expect(device.deliver()).toEqual(["b", "c"]);
  });

  test("an alarm goes before what has waited for longer, alarms among themselves in order", () => {
    const device = new Device({ window: 1000 });
    device.add("a");
    device.add("first alarm", { alarm: true });
    device.add("b");
    device.add("second alarm", { alarm: true });
    expect(device.deliver()).toEqual(["first alarm", "second alarm", "a", "b"]);
  });

  test("an alarm does not wait for the window, and takes along what does", () => {
    const device = new Device({ window: 1000 });
    device.add("a");
    expect(device.flash.writes).toBe(0);
    device.add("alarm", { alarm: true });
    expect(device.flash.writes).toBe(1);
    device.restart();
    expect(device.deliver()).toEqual(["alarm", "a"]);
  });

  test("what is refused is gone, and counted through restarts", () => {
    const device = new Device();
    device.add("a");
    device.add("b");
    device.outbox.refuse(device.outbox.next()?.id as string);
    device.outbox.flush();
    device.restart();
    expect(device.outbox.losses).toEqual({ ...NOTHING_LOST, refused: 1 });
    expect(device.deliver()).toEqual(["b"]);
  });

  test.each(["", "unknown", "00000000000000000000-10"])("the id %j is ignored", (id) => {
    const device = new Device();
    device.add("a");
    device.outbox.next();
    device.outbox.acknowledge(id);
    device.outbox.refuse(id);
    device.outbox.putBack(id, "unsettled");
    expect(device.outbox.pending).toBe(1);
    expect(device.outbox.next()).toBeUndefined();
  });
});

describe("the qualities of service: when an entry is forgotten", () => {
  test.each([
    { qos: "at-most-once", given: [], acknowledged: [], settled: [] },
    { qos: "at-least-once", given: ["a"], acknowledged: [], settled: [] },
    { qos: "effectively-once", given: ["a"], acknowledged: ["a"], settled: [] },
  ] as const)("$qos", ({ qos, given, acknowledged, settled }) => {
    const device = new Device({ settle: 1000 });
    const leftAfter = (step: (id: string) => void): string[] => {
      device.add("a", { qos });
      step(device.outbox.next()?.id as string);
      device.outbox.suspect();
      return device.deliver();
    };
    const { outbox } = device;
    expect(leftAfter(() => {})).toEqual(given);
    device.settle(1000);
    expect(leftAfter((id) => outbox.acknowledge(id))).toEqual(acknowledged);
    device.settle(1000);
    expect(
      leftAfter((id) => {
        outbox.acknowledge(id);
        device.settle(1000);
      }),
    ).toEqual(settled);
  });

  test("at most once: nothing is written, and none survives a restart", () => {
    const device = new Device();
    device.add("a", { qos: "at-most-once" });
    expect(device.flash.changes).toBe(0);
    device.restart();
    expect(device.deliver()).toEqual([]);
  });

  test("at most once: the oldest makes room, and is counted", () => {
    const device = new Device({ segment: 256 });
    const ids = Array.from({ length: 10 }, (_, i) =>
      device.add(`${i}`.repeat(100), { qos: "at-most-once" }),
    );
    expect(new Set(ids).size).toBe(10);
    expect(device.deliver().map((text) => text[0])).toEqual(["8", "9"]);
    expect(device.outbox.losses).toEqual({ ...NOTHING_LOST, full: 8 });
  });

  test("at most once: what could not be sent waits again, what may have been does not", () => {
    const device = new Device();
    for (const text of ["A", "B"]) device.add(text, { qos: "at-most-once" });
    const id = device.outbox.next()?.id as string;
    device.outbox.putBack(id, undefined);
    expect(device.outbox.pending).toBe(2);
    expect(device.outbox.next()?.id).toBe(id);
    device.outbox.putBack(id, "unsettled");
    expect(device.deliver()).toEqual(["B"]);
    expect(device.outbox.losses).toEqual({ ...NOTHING_LOST, unsettled: 1 });
  });

  test("at most once: what is refused is counted, and what others refuse is not", () => {
    const device = new Device();
    device.add("A", { qos: "at-most-once" });
    device.outbox.refuse(device.outbox.next()?.id as string);
    device.outbox.refuse("0123456789abcdef0123-10");
    expect(device.outbox.losses).toEqual({ ...NOTHING_LOST, refused: 1 });
  });

  test("at most once and the others take turns", () => {
    const device = new Device();
    for (const text of ["a", "b", "c"]) device.add(text);
    for (const text of ["A", "B"]) device.add(text, { qos: "at-most-once" });
    expect(device.deliver()).toEqual(["A", "a", "B", "b", "c"]);
  });

  test("settling takes acknowledgements, the settle time apart at least, whatever the clock shows", () => {
    const device = new Device({ settle: 1000 });
    device.add("a", { qos: "effectively-once" });
    device.outbox.acknowledge(device.outbox.next()?.id as string);
    device.clock.jump(1_000_000);
    device.hear();
    device.clock.advance(1000);
    device.hear();
    device.clock.advance(999);
    device.clock.jump(-2_000_000);
    device.hear();
    expect(device.outbox.settling).toBe(1);
    device.clock.advance(1);
    device.hear();
    expect([device.outbox.settling, device.clock.timers]).toEqual([0, 0]);
  });

  test("when the server is doubted while the session goes on, what is in flight stays there", () => {
    const device = new Device({ settle: 1000 });
    for (const text of ["a", "b", "c"]) device.add(text, { qos: "effectively-once" });
    device.outbox.acknowledge(device.outbox.next()?.id as string);
    device.outbox.next();
    device.outbox.doubt();
    expect(texts(drain(device.outbox))).toEqual(["a", "c"]);
  });

  test("silence settles nothing: a server that fell over may not be missed yet", () => {
    const device = new Device({ settle: 1000 });
    device.add("a", { qos: "effectively-once" });
    device.outbox.acknowledge(device.outbox.next()?.id as string);
    device.clock.advance(3_600_000);
    expect(device.outbox.settling).toBe(1);
    device.outbox.suspect();
    expect(device.deliver()).toEqual(["a"]);
  });

  test("what has not settled is there after a restart, under its id", () => {
    const device = new Device({ settle: 1000 });
    const id = device.add("a", { qos: "effectively-once" });
    device.outbox.acknowledge(device.outbox.next()?.id as string);
    device.outbox.flush();
    device.restart();
    expect(device.outbox.next()?.id).toBe(id);
  });

  test("what has settled and been flushed is not", () => {
    const device = new Device({ settle: 1000 });
    device.add("a", { qos: "effectively-once" });
    device.deliver();
    device.settle(1000);
    device.outbox.close();
    device.restart();
    expect(device.deliver()).toEqual([]);
  });
});

describe("the window", () => {
  test("what came within it is written together when it is over, and is there after a restart", () => {
    const device = new Device({ window: 1000 });
    for (let i = 0; i < 3; i++) {
      device.add(`${i}`);
      device.clock.advance(300);
    }
    expect(device.flash.writes).toBe(0);
    device.clock.advance(100);
    expect(device.flash.writes).toBe(1);
    device.restart();
    expect(device.deliver()).toEqual(["0", "1", "2"]);
  });

  test("what is dealt with before it is over is never written", () => {
    const device = new Device({ window: 1000 });
    for (let i = 0; i < 100; i++) {
      device.add(`${i}`);
      device.deliver();
      device.clock.advance(30);
    }
    device.clock.advance(1000);
    expect(device.flash.changes).toBe(0);
  });

  test("a segment that is full does not wait for it, and the next has a window of its own", () => {
    const device = new Device({ window: 1000 });
    device.clock.advance(0);
    for (let i = 0; i < 16; i++) device.add("x");
    device.clock.advance(900);
    device.add("x");
    expect(device.flash.writes).toBe(1);
    device.clock.advance(900);
    expect(device.flash.writes).toBe(1);
    device.clock.advance(100);
    expect(device.flash.writes).toBe(2);
  });

  test("after closing, no timer runs", () => {
    const device = new Device({ window: 1000, settle: 1000 });
    device.add("a", { qos: "effectively-once" });
    device.deliver();
    device.outbox.close();
    expect([device.clock.timers, device.flash.writes]).toEqual([0, 1]);
  });
});

describe("pitfall 51: when it is full", () => {
  /** Sixty entries into room for twenty or so. */
  const fill = (policy: OutboxOptions["policy"], window = 0) => {
    const device = new Device({ policy, window, segment: 256, capacity: 6000 });
    const ids = Array.from({ length: 60 }, (_, i) => device.add(`${i}`.padEnd(100, ".")));
    device.outbox.flush();
    device.restart();
    const { losses } = device.outbox;
    const left = device.deliver().map((text) => Number.parseInt(text, 10));
    expect(losses).toEqual({ ...NOTHING_LOST, full: 60 - left.length });
    expect(device.flash.peak).toBeLessThanOrEqual(6000);
    return { left, refused: ids.filter((id) => id === undefined).length };
  };
  const range = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => from + index);

  test("it says what room there is for values of others", () => {
    const device = new Device({ segment: 256, capacity: 6010 });
    for (let i = 0; i < 60; i++) device.add(`${i}`.padEnd(100, "."));
    const { spare } = device.outbox;
    device.flash.write("other", new Uint8Array(spare));
    expect(device.flash.used).toBe(5984); // whole units of 32 bytes
    device.flash.write("other", new Uint8Array(spare + 1));
    expect(device.flash.used).toBeGreaterThan(6010);
  });

  test("drop-oldest keeps the newest", () => {
    const { left, refused } = fill("drop-oldest");
    expect(left.length).toBeGreaterThan(15);
    expect(left).toEqual(range(60 - left.length, 60));
    expect(refused).toBe(0);
  });

  test("drop-newest keeps the oldest, and says what it did not take", () => {
    const { left, refused } = fill("drop-newest");
    expect(left.length).toBeGreaterThan(15);
    expect(left).toEqual(range(0, left.length));
    expect(refused).toBe(60 - left.length);
  });

  test("thin keeps every n-th", () => {
    const { left } = fill({ thin: 2 });
    const thinned = left.map((number, index) => number - (left[index - 1] ?? -1));
    // It has come to 45 the second time, and to 50 the first.
    expect(thinned).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  test("with a window, they are dropped as they were written: together", () => {
    const { left } = fill("drop-oldest", 1000);
    expect(left).toEqual(range(60 - left.length, 60));
  });

  test.each<OutboxOptions["policy"]>(["drop-oldest", "drop-newest", { thin: 2 }])(
    "%j: alarms go last",
    (policy) => {
      const device = new Device({ policy, segment: 256, capacity: 4000 });
      for (let i = 0; i < 30; i++) device.add("x");
      for (let i = 0; i < 5; i++) device.add(`alarm ${i}`, { alarm: true });
      for (let i = 0; i < 30; i++) device.add("x");
      const left = device.deliver();
      expect(left.slice(0, 5)).toEqual(range(0, 5).map((i) => `alarm ${i}`));
      expect(left.length).toBeGreaterThan(5);
    },
  );

  test("what has not settled goes before what was not delivered", () => {
    const device = new Device({ settle: 1000, segment: 256, capacity: 4000 });
    for (let i = 0; i < 5; i++) device.add("delivered", { qos: "effectively-once" });
    device.deliver();
    while (device.outbox.losses.unsettled < 5) device.add("waiting");
    expect(device.outbox.losses).toEqual({ ...NOTHING_LOST, unsettled: 5 });
    expect(device.outbox.settling).toBe(0);
  });

  test("what is in flight is not dropped, nor what was written with it", () => {
    const device = new Device({ segment: 256, capacity: 4000, window: 1000 });
    device.add("in flight");
    device.add("with it");
    device.outbox.flush();
    device.outbox.next();
    for (let i = 0; i < 200; i++) device.add("x".repeat(50));
    device.outbox.suspect();
    expect(device.deliver().slice(0, 2)).toEqual(["in flight", "with it"]);
  });

  describe("the capacity holds", () => {
    test.each([
      ["what was acknowledged in order", 0],
      ["what was acknowledged out of order", 1],
    ])("when power goes before %s could be deleted", (_, kept) => {
      const device = new Device({ capacity: 6000 });
      for (let i = 0; i < 34; i++) device.add("x");
      const entries = drain(device.outbox);
      for (const { id } of entries.slice(kept)) device.outbox.acknowledge(id);
      device.flash.cutAfter(1, "before", seeded(1));
      device.add("y".repeat(850));
      device.flash.restart();
      device.restart();
      for (let i = 0; i < 3; i++) device.add("y".repeat(850));
      expect(device.flash.peak).toBeLessThanOrEqual(6000);
    });

    test("when a large entry needs the room of more small ones than a head can name", () => {
      const device = new Device({ capacity: 14_000, segment: 4000, policy: { thin: 8 } });
      device.add("in flight");
      device.outbox.next();
      for (let i = 0; i < 70; i++) device.add("x");
      for (let i = 0; i < 2; i++) device.add("y".repeat(3800));
      const { losses, pending } = device.outbox;
      expect(losses.full).toBe(73 - pending);
      device.restart();
      for (let i = 0; i < 3; i++) device.add("y".repeat(3800));
      expect(device.outbox.losses.full).toBe(76 - device.outbox.pending);
      expect(device.flash.peak).toBeLessThanOrEqual(14_000);
    });
  });
});

describe("pitfall 50: the age limit", () => {
  const HOUR = 3_600_000;

  test("what is too old is not given out, but counted", () => {
    const device = new Device({ maxAge: HOUR });
    device.add("old");
    device.clock.advance(HOUR);
    device.add("young");
    device.clock.advance(1);
    expect(device.deliver()).toEqual(["young"]);
    expect(device.outbox.losses).toEqual({ ...NOTHING_LOST, expired: 1 });
  });

  test.each([
    { what: "whose time is from before the clock was set", time: 5000, by: 0 },
    { what: "that seem to come from the future", time: undefined, by: -100 * HOUR },
  ])("entries $what do not expire", ({ time, by }) => {
    const device = new Device({ maxAge: HOUR });
    device.add("a", time === undefined ? {} : { time });
    device.clock.jump(by);
    expect(device.deliver()).toEqual(["a"]);
  });
});

describe("ids are not used twice", () => {
  const idsOf = (device: Device, count: number) =>
    Array.from({ length: count }, () => device.add("x") as string);

  test("after storage was erased", () => {
    const device = new Device();
    const before = idsOf(device, 20);
    device.flash.values.clear();
    device.restart();
    const after = idsOf(device, 20);
    expect(before.filter((id) => after.includes(id))).toEqual([]);
  });

  test("after an old image was restored, and what is in that keeps its ids", () => {
    const device = new Device();
    const old = idsOf(device, 5);
    const image = new Map(device.flash.values);
    const lives = [old];
    for (let life = 0; life < 3; life++) {
      device.flash.values.clear();
      for (const [key, value] of image) device.flash.values.set(key, value);
      device.restart();
      expect(drain(device.outbox).map(({ id }) => id)).toEqual(old);
      lives.push(idsOf(device, 20));
    }
    expect(new Set(lives.flat()).size).toBe(65);
  });

  test("in the numbers there is no gap through restarts, though all was delivered", () => {
    const device = new Device();
    const numbers: string[] = [];
    for (let life = 0; life < 4; life++) {
      for (const id of idsOf(device, 3)) numbers.push(id.slice(id.indexOf("-") + 1));
      device.deliver();
      device.outbox.close();
      device.restart();
    }
    expect(numbers).toEqual([
      "10",
      "11",
      "12",
      "13",
      "14",
      "15",
      "16",
      "17",
      "18",
      "19",
      "1a",
      "1b",
    ]);
  });
});

describe("storage that is damaged or fails", () => {
  const { seed, int } = seeded();

  test("a wrong byte costs one entry, or those of one segment, and is counted", () => {
    for (let run = 0; run < 300; run++) {
      const device = new Device({ window: 1000 });
      const all = Array.from({ length: 12 }, (_, i) => {
        device.add(`${i}`.padEnd(60, "."));
        if (i % 3 === 2) device.outbox.flush();
        return `${i}`.padEnd(60, ".");
      });
      const hit = int(4);
      const value = [...device.flash.values.values()][hit] as Uint8Array;
      (value[int(value.length)] as number) ^= 1 + int(255);
      device.restart();
      const left = device.deliver();
      const lost = all.filter((text) => !left.includes(text));
      expect({ seed, run, left }).toEqual({
        seed,
        run,
        left: all.filter((text) => !lost.includes(text)),
      });
      expect([1, 3]).toContain(lost.length);
      expect(all.slice(3 * hit, 3 * hit + 3)).toEqual(expect.arrayContaining(lost));
      expect(device.outbox.losses).toEqual({ ...NOTHING_LOST, damaged: 1 });
      device.outbox.flush();
      device.restart();
      expect(device.outbox.losses.damaged).toBe(1);
    }
  });

  test("if all of it is damaged, it begins anew", () => {
    const device = new Device({ segment: 256, capacity: 6000 });
    for (let i = 0; i < 25; i++) device.add("x");
    const values = [...device.flash.values.values()];
    for (const value of values) value.fill(0xff);
    device.restart();
    expect(device.outbox.losses).toEqual({ ...NOTHING_LOST, damaged: values.length });
    device.add("a");
    device.restart();
    expect(device.outbox.losses).toEqual({ ...NOTHING_LOST, damaged: values.length });
    expect(device.deliver()).toEqual(["a"]);
    expect(device.flash.peak).toBeLessThanOrEqual(6000);
  });

  test("keys of others are left alone", () => {
    const device = new Device();
    const others = ["other", "q", "q01", "q1elb", "qzzzz", "Q1", ""].map((key) => [
      key,
      encode(key),
    ]);
    for (const [key, value] of others as [string, Uint8Array][])
      device.flash.values.set(key, value);
    device.restart();
    device.add("a");
    expect(device.outbox.losses).toEqual(NOTHING_LOST);
    expect([...device.flash.values]).toEqual(expect.arrayContaining(others));
  });

  test("an entry that cannot be written is not taken; the others stay", () => {
    const device = new Device();
    device.add("a");
    device.flash.broken = true;
    expect(errorOf(() => device.add("b"))).toBe("outbox-storage");
    device.flash.broken = false;
    device.add("c");
    expect(device.deliver()).toEqual(["a", "c"]);
    expect(device.outbox.losses).toEqual(NOTHING_LOST);
  });

  test("entries that cannot be written when their window is over stay, and are tried again", () => {
    const errors: string[] = [];
    const device = new Device({ window: 1000, onError: ({ condition }) => errors.push(condition) });
    device.add("a");
    device.flash.broken = true;
    device.clock.advance(2000);
    expect(errors).toEqual(["outbox-storage", "outbox-storage"]);
    device.flash.broken = false;
    device.clock.advance(1000);
    device.restart();
    expect(device.deliver()).toEqual(["a"]);
  });
});

describe("what cannot be used is refused", () => {
  test.each<[string, Partial<Message>]>([
    ["a payload that is too large", { payload: new Uint8Array(900) }],
    ["a time that is no whole number", { time: 0.5 }],
    ["a time before 1970", { time: -1 }],
    ["an alarm at most once", { alarm: true, qos: "at-most-once" }],
  ])("%s", (_, message) => {
    const device = new Device();
    expect(errorOf(() => device.add("x", message))).toBe("outbox-entry");
    expect(device.outbox.pending).toBe(0);
  });

  test.each<[string, Partial<OutboxOptions>, string]>([
    ["no room for two segments", { capacity: 2000 }, "outbox-capacity"],
    ["more than there are slots for", { capacity: 5_000_000 }, "outbox-capacity"],
    ["a capacity that is no number", { capacity: Number.NaN }, "outbox-capacity"],
    ["segments that are too short", { segment: 255 }, "outbox-capacity"],
    ["segments of no number of bytes", { segment: Number.NaN }, "outbox-capacity"],
    ["segments that NVS cannot hold", { segment: 4001, capacity: 100_000 }, "outbox-capacity"],
    ["thinning that keeps everything", { policy: { thin: 1 } }, "outbox-policy"],
  ])("%s", (_, options, condition) => {
    expect(errorOf(() => new Device(options))).toBe(condition);
  });
});
