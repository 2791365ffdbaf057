import { describe, expect, test } from "@jest/globals";
import type { Message } from "../../firmware/outbox/entry.js";
import { Outbox } from "../../firmware/outbox/outbox.js";
import { PACE, type PaceOptions } from "../../firmware/telemetry/pace.js";
import { pack } from "../../firmware/telemetry/pack.js";
import { Publisher } from "../../firmware/telemetry/publisher.js";
import { type Reading, toRecords } from "../../firmware/telemetry/senml.js";
import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import {
  ConfigError,
  StreamError,
  TransportError,
  type XmppError,
} from "../../firmware/xmpp/errors.js";
import { NS_PUBSUB, NS_PUBSUB_ERRORS, PubSub } from "../../firmware/xmpp/extensions/pubsub.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { NS_CLIENT, NS_STANZA_ERRORS } from "../../firmware/xmpp/namespaces.js";
import { Dispatcher } from "../../firmware/xmpp/stanza/dispatcher.js";
import { type Element, xml } from "../../firmware/xmpp/xml/element.js";
import { Flash } from "../outbox/support/flash.js";
import { FakeClock } from "../support/clock.js";
import { seeded } from "../support/random.js";
import { fakeCrypto } from "../support/world.js";

const SERVICE = "pubsub.example.org";
const NODE = "telemetry";
const BASE = "urn:dev:ops:1:";

const offline = () => new TransportError("not-connected");

interface Refusal {
  type: string;
  condition: string;
  specific?: string;
}

const NOT_FOUND: Refusal = { type: "cancel", condition: "item-not-found" };
const TOO_BIG: Refusal = {
  type: "modify",
  condition: "not-acceptable",
  specific: "payload-too-big",
};

/** A publisher with its outbox, and the service at the other end, which answers when it is told to. */
class Bench {
  readonly clock = new FakeClock();
  readonly outbox: Outbox;
  readonly publisher: Publisher;
  /** What the publisher has told, in order: `published 1`, `refused not-acceptable`, `lost 1 refused`. */
  readonly told: string[] = [];
  /** What was sent, in order: the values in each item, as in `1` or `1 2`. */
  readonly sent: string[] = [];
  /** The readings in them. */
  readonly readings: Reading[][] = [];
  /** The ids of the items that were sent. */
  readonly ids: string[] = [];
  /** When they were, in milliseconds since the start. */
  readonly times: number[] = [];
  /** What sending throws, while it does. */
  obstacle: (values: string) => XmppError | undefined = () => undefined;
  /** What is done when the publisher tells of a refusal. */
  whenRefused = (): void => {};
  readonly #names = new Map<string, string>();
  readonly #dispatcher: Dispatcher;
  readonly #requests: Element[] = [];
  readonly #start = this.clock.now();

  constructor(pace: Partial<PaceOptions> = {}, { settle = 0, seed = 1, flash = new Flash() } = {}) {
    const random = seeded(seed);
    this.outbox = new Outbox({
      storage: flash,
      timer: this.clock,
      random: (count) => Uint8Array.from({ length: count }, () => random.int(256)),
      capacity: 16_000,
      segment: 1024,
      window: 0,
      settle,
      policy: "drop-oldest",
    });
    this.#dispatcher = new Dispatcher({
      jid: JID.parse("board@example.org/1"),
      timer: this.clock,
      crypto: fakeCrypto(seeded(1)),
      send: (iq) => this.#receive(iq),
    });
    const pubsub = new PubSub(SERVICE);
    pubsub.install(this.#dispatcher);
    this.publisher = new Publisher({
      pubsub,
      outbox: this.outbox,
      timer: this.clock,
      random: () => random.next(),
      pace: { ...PACE, ...pace },
      node: NODE,
      baseName: BASE,
      onPublished: (id) => this.told.push(`published ${this.#names.get(id)}`),
      onLosses: (losses) => {
        const counts = Object.entries(losses).filter(([, count]) => count > 0);
        this.told.push(`lost ${counts.map(([cause, count]) => `${count} ${cause}`).join(", ")}`);
      },
      onRefused: (error) => {
        this.told.push(`refused ${error.condition}`);
        this.whenRefused();
      },
    });
  }

  static online(...parameters: ConstructorParameters<typeof Bench>): Bench {
    const bench = new Bench(...parameters);
    bench.publisher.writable();
    return bench;
  }

  /** Adds an entry with some values. */
  add(values: readonly number[], message: Partial<Message> = {}): void {
    const time = this.clock.now();
    const readings = values.map((value) => ({ name: `${BASE}n`, value, time: time / 1000 }));
    const payload = pack(toRecords(readings));
    const id = this.outbox.append({
      node: NODE,
      time,
      payload,
      qos: "effectively-once",
      ...message,
    });
    this.#names.set(id ?? "", values.join(" "));
    this.publisher.added();
  }

  /** Adds entries with the values `from` to `to`. */
  addAll(from: number, to: number): void {
    for (let value = from; value <= to; value++) this.add([value]);
  }

  #receive(iq: Element): void {
    const publish = iq.child("pubsub", NS_PUBSUB)?.child("publish");
    if (publish?.attr("node") !== NODE) throw new Error("published to another node");
    const item = publish.child("item") as Element;
    const readings = decodeSenml(item.elements()[0] as Element, 0);
    const values = readings
      .map(({ name, value }) =>
        name.includes("lost/") ? `${name.slice(BASE.length)}=${value}` : value,
      )
      .join(" ");
    const obstacle = this.obstacle(values);
    if (obstacle !== undefined) throw obstacle;
    this.#requests.push(iq);
    this.sent.push(values);
    this.readings.push(readings);
    this.ids.push(item.attr("id") ?? "");
    this.times.push(this.clock.now() - this.#start);
  }

  /** How many requests are to be answered. */
  get waiting(): number {
    return this.#requests.length;
  }

  /** The oldest request is carried out, or refused. */
  answer(refusal?: Refusal): void {
    const iq = this.#requests.shift();
    if (iq === undefined) throw new Error("nothing was asked");
    const { type, condition, specific } = refusal ?? {};
    const failure =
      condition &&
      xml(
        "error",
        { type },
        xml(condition, { xmlns: NS_STANZA_ERRORS }),
        specific === undefined ? undefined : xml(specific, { xmlns: NS_PUBSUB_ERRORS }),
      );
    const attributes = {
      xmlns: NS_CLIENT,
      type: refusal === undefined ? "result" : "error",
      id: iq.attr("id"),
      from: SERVICE,
    };
    this.#dispatcher.receive(xml("iq", attributes, failure || undefined));
  }

  /** All requests are carried out, those that follow too, as time goes on. */
  answerAll(milliseconds = 0): void {
    const end = this.clock.now() + milliseconds;
    do {
      while (this.#requests.length > 0) this.answer();
      if (this.clock.now() < end) this.clock.advance(Math.min(100, end - this.clock.now()));
    } while (this.#requests.length > 0 || this.clock.now() < end);
  }

  /** The session is lost, and with it the answers that are on their way. */
  lose(error: XmppError = new TransportError("connection-lost")): void {
    this.obstacle = offline;
    this.#requests.length = 0;
    this.publisher.suspect();
    this.#dispatcher.disconnected(error);
  }

  /** There is a stream again. */
  restore(): void {
    this.obstacle = () => undefined;
    this.publisher.writable();
  }
}

describe("an item", () => {
  test("is published when the service says so, and not before (pitfall 53)", () => {
    const bench = Bench.online();
    bench.add([1]);
    expect(bench.sent).toEqual(["1"]);
    expect(bench.told).toEqual([]);
    expect(bench.outbox.pending).toBe(1);
    bench.answer();
    expect(bench.told).toEqual(["published 1"]);
    expect(bench.outbox.pending).toBe(0);
  });

  test("waits for the stream", () => {
    const bench = new Bench();
    bench.add([1]);
    expect(bench.sent).toEqual([]);
    bench.publisher.writable();
    expect(bench.sent).toEqual(["1"]);
  });

  test("goes with few others at a time, and each result is matched to its own", () => {
    const bench = Bench.online({ window: 3 });
    bench.addAll(1, 5);
    expect(bench.sent).toEqual(["1", "2", "3"]);
    bench.answer();
    bench.answer(NOT_FOUND);
    bench.answer();
    expect(bench.told).toEqual(["published 1", "refused item-not-found", "published 3"]);
  });

  test("goes again under the same id when the connection was lost (pitfall 54)", () => {
    const bench = Bench.online();
    bench.addAll(1, 2);
    bench.lose();
    expect(bench.outbox.pending).toBe(2);
    bench.restore();
    bench.answerAll();
    expect(bench.sent).toEqual(["1", "2", "1", "2"]);
    expect(bench.ids.slice(2)).toEqual(bench.ids.slice(0, 2));
    expect(bench.told).toEqual(["published 1", "published 2"]);
  });

  test("goes again under the same id when no reply comes", () => {
    const bench = Bench.online();
    bench.add([1]);
    bench.clock.advance(30_000);
    expect(bench.ids).toEqual([bench.ids[0], bench.ids[0]]);
    bench.answer(); // the reply to the first, which comes too late to count
    expect(bench.told).toEqual([]);
    bench.answer();
    expect(bench.told).toEqual(["published 1"]);
  });

  test("does not go in place of the others that wait for their replies, and get none either", () => {
    const bench = Bench.online();
    bench.addAll(1, 4);
    bench.clock.advance(30_000);
    expect(bench.sent).toEqual(["1", "2", "3", "4", "1", "2", "3", "4"]);
  });

  test("does not wait longer for the error that the server ended the stream with", () => {
    const bench = Bench.online();
    bench.addAll(1, 2);
    bench.lose(new StreamError("system-shutdown"));
    bench.restore();
    expect(bench.sent).toEqual(["1", "2", "1", "2"]);
    expect(bench.told).toEqual([]);
  });

  test.each([
    ["not-connected", "effectively-once"],
    ["queue-full", "effectively-once"],
    ["not-connected", "at-most-once"],
    ["queue-full", "at-most-once"],
  ] as const)("waits while it cannot be sent: %s, %s", (condition, qos) => {
    const bench = Bench.online();
    let tries = 0;
    bench.obstacle = () => {
      tries++;
      return new TransportError(condition);
    };
    bench.add([1], { qos });
    bench.add([2], { qos });
    bench.clock.advance(600_000);
    expect(tries).toBe(1); // nothing is tried until the client says so
    bench.restore();
    bench.answerAll();
    expect(bench.sent).toEqual(["1", "2"]);
  });

  test("that is to go at most once does not go twice, even if it was lost, but is counted", () => {
    const bench = Bench.online();
    bench.add([1], { qos: "at-most-once" });
    bench.lose();
    bench.restore();
    bench.answerAll();
    expect(bench.sent).toEqual(["1", "lost/unsettled=1"]);
    expect(bench.told).toEqual(["lost 1 unsettled"]);
  });

  test.each([NOT_FOUND, TOO_BIG])(
    "that is to go at most once is counted when it is refused: $condition",
    (refusal) => {
      const bench = Bench.online();
      bench.add([1], { qos: "at-most-once" });
      bench.answer(refusal);
      expect(bench.told).toEqual([`refused ${refusal.condition}`, "lost 1 refused"]);
      bench.answerAll(60_000);
      expect(bench.sent).toEqual(["1", "lost/refused=1"]);
    },
  );

  test("that is to go at most once is counted when the stream ends amid its parts", () => {
    const bench = Bench.online();
    bench.add([1, 2], { qos: "at-most-once" });
    bench.add([3]);
    bench.answer(TOO_BIG);
    bench.obstacle = offline;
    bench.answer(); // the other one
    bench.answer(); // the first part
    bench.restore();
    bench.answerAll();
    expect(bench.sent).toEqual(["1 2", "3", "1", "lost/unsettled=1"]);
  });
});

describe("after the session was lost, what was acknowledged a short while ago", () => {
  const published = (settle: number, pause: number): string[] => {
    const bench = Bench.online({}, { settle });
    for (let value = 1; value <= 4; value++) {
      bench.add([value]);
      bench.answer();
      bench.clock.advance(pause);
    }
    bench.lose();
    bench.restore();
    bench.answerAll(10_000);
    return bench.sent.slice(4);
  };

  test.each<[string, number, number, string[]]>([
    ["goes again, in its order", 15_000, 1_000, ["1", "2", "3", "4"]],
    ["does not, where it has settled", 15_000, 20_000, ["3", "4"]],
    ["does not, with a settle time of 0", 0, 1_000, []],
  ])("%s", (_what, settle, pause, again) => {
    expect(published(settle, pause)).toEqual(again);
  });

  test("goes before what is new", () => {
    const bench = Bench.online({}, { settle: 15_000 });
    bench.add([1]);
    bench.answer();
    bench.lose();
    bench.add([2]);
    bench.restore();
    bench.answerAll();
    expect(bench.sent).toEqual(["1", "1", "2"]);
    expect(bench.ids[1]).toBe(bench.ids[0]);
  });

  // That of another server may have fallen over, and our session with our own goes on.
  test("goes again when the service was out of reach for another item", () => {
    const bench = Bench.online({}, { settle: 15_000 });
    bench.add([1]);
    bench.answer();
    bench.add([2]);
    bench.answer({ type: "cancel", condition: "remote-server-not-found" });
    bench.answerAll(60_000);
    expect(bench.sent).toEqual(["1", "2", "1", "2"]);
  });
});

describe("an item that is refused", () => {
  test.each<Refusal>([
    { type: "modify", condition: "bad-request", specific: "invalid-payload" },
    TOO_BIG,
    { ...TOO_BIG, type: "cancel" },
  ])("as $type, $condition, $specific is lost and counted, and the next one goes", (refusal) => {
    const bench = Bench.online({ window: 1 });
    bench.addAll(1, 2);
    bench.answer(refusal);
    expect(bench.told).toEqual([`refused ${refusal.condition}`, "lost 1 refused"]);
    bench.answerAll(10_000);
    expect(bench.sent).toContain("2");
  });

  test("before it was sent, as too big, is lost and counted, and the next one goes", () => {
    const bench = Bench.online();
    bench.obstacle = (values) => (values === "1" ? new ConfigError("stanza-too-big") : undefined);
    bench.addAll(1, 2);
    expect(bench.told).toEqual(["refused stanza-too-big", "lost 1 refused"]);
    expect(bench.sent).toContain("2");
  });

  test.each<Refusal>([
    NOT_FOUND,
    { type: "cancel", condition: "gone" },
    { type: "modify", condition: "redirect" },
    { type: "modify", condition: "jid-malformed" },
    { type: "auth", condition: "forbidden" },
    { type: "auth", condition: "not-authorized" },
    { type: "cancel", condition: "not-allowed" },
    { type: "cancel", condition: "feature-not-implemented" },
    { type: "cancel", condition: "service-unavailable" },
    { type: "cancel", condition: "remote-server-not-found" },
    { type: "cancel", condition: "conflict", specific: "precondition-not-met" },
    { type: "modify", condition: "conflict", specific: "precondition-not-met" },
    // Prosody 0.12, when the node that it is to make by itself is configured as it does not want it.
    { type: "modify", condition: "not-acceptable" },
    // ejabberd 23.01: the node is configured to take no payloads.
    { type: "modify", condition: "bad-request", specific: "item-forbidden" },
    { type: "modify", condition: "policy-violation" },
    { type: "wait", condition: "policy-violation" },
    { type: "wait", condition: "remote-server-timeout" },
    { type: "wait", condition: "resource-constraint" },
    { type: "wait", condition: "internal-server-error" },
    { type: "cancel", condition: "something-new" },
  ])(
    "for a reason outside of it ($type, $condition, $specific) waits with all others",
    (refusal) => {
      const bench = Bench.online({ window: 1 });
      bench.addAll(1, 2);
      bench.answer(refusal);
      expect(bench.told).toEqual([`refused ${refusal.condition}`]);
      bench.add([3]);
      bench.publisher.writable(); // a new stream changes nothing about it
      bench.clock.advance(14_999);
      expect(bench.sent).toEqual(["1"]);
      bench.clock.advance(30_001);
      expect(bench.sent).toEqual(["1", "1"]);
      bench.answerAll(10_000);
      expect(bench.told.slice(1)).toEqual(["published 1", "published 2", "published 3"]);
    },
  );

  test("without a word on what is at fault is lost when it is refused again though others were taken", () => {
    const bench = Bench.online();
    const refusal = { type: "modify", condition: "policy-violation" };
    bench.addAll(1, 3);
    bench.answer(refusal);
    bench.answerAll();
    expect(bench.told).toEqual(["refused policy-violation", "published 2", "published 3"]);
    bench.clock.advance(45_000);
    expect(bench.sent.slice(3)).toEqual(["1"]);
    bench.answer(refusal);
    expect(bench.told.slice(3)).toEqual(["refused policy-violation", "lost 1 refused"]);
  });

  test("without a word on what is at fault is never lost as long as all others are, too", () => {
    const bench = Bench.online();
    const refusal = { type: "modify", condition: "policy-violation" };
    bench.addAll(1, 3);
    bench.answerAll(); // what was taken before does not count
    bench.addAll(4, 6);
    for (let second = 0; second < 7_200; second++) {
      while (bench.waiting > 0) bench.answer(refusal);
      bench.clock.advance(1_000);
    }
    bench.answerAll(1_200_000);
    expect(bench.told).not.toContain("lost 1 refused");
    expect(bench.told.slice(-3)).toEqual(["published 4", "published 5", "published 6"]);
  });

  test("again, but was taken in the meantime, is as one that is refused first", () => {
    const bench = Bench.online({}, { settle: 15_000 });
    const refusal = { type: "modify", condition: "policy-violation" };
    bench.add([1]);
    bench.answer(refusal);
    bench.clock.advance(45_000);
    bench.answer();
    bench.lose();
    bench.restore();
    bench.answer(refusal);
    bench.answerAll(60_000);
    expect(bench.told).toEqual([
      "refused policy-violation",
      "published 1",
      "refused policy-violation",
      "published 1",
    ]);
  });

  test("again and again is tried less and less often, until the service takes one", () => {
    const bench = Bench.online({ window: 1 });
    bench.add([1]);
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      bench.answer(NOT_FOUND);
      const { length } = bench.sent;
      const start = bench.clock.now();
      while (bench.sent.length === length) bench.clock.step();
      waits.push((bench.clock.now() - start) / 1000);
    }
    [30, 60, 120, 240, 480, 600, 600, 600].forEach((usual, index) => {
      expect(waits[index]).toBeGreaterThanOrEqual(usual / 2);
      expect(waits[index]).toBeLessThanOrEqual(usual * 1.5);
    });
    bench.answer();
    bench.add([2]);
    bench.answer(NOT_FOUND);
    bench.clock.advance(45_000);
    expect(bench.sent.slice(-2)).toEqual(["2", "2"]);
  });
});

describe("an item of several records that the service finds too large", () => {
  test("goes as one item for each, with ids of their own, and all are published then", () => {
    const bench = Bench.online({ window: 1 });
    bench.add([1, 2, 3]);
    bench.add([4]);
    bench.answer(TOO_BIG);
    bench.answerAll();
    expect(bench.sent).toEqual(["1 2 3", "1", "2", "3", "4"]);
    const [id] = bench.ids;
    expect(bench.ids.slice(0, 4)).toEqual([id, `${id}.0`, `${id}.1`, `${id}.2`]);
    expect(bench.told).toEqual(["published 1 2 3", "published 4"]);
  });

  test("costs only the record that is at fault, and is counted", () => {
    const bench = Bench.online({ window: 1 });
    bench.add([1, 2, 3]);
    bench.answer(TOO_BIG);
    bench.answer();
    bench.answer(TOO_BIG);
    bench.answer();
    expect(bench.told).toEqual(["refused not-acceptable", "lost 1 refused"]);
    expect(bench.outbox.pending).toBe(0);
    bench.answerAll(1_000);
    expect(bench.sent).toEqual(["1 2 3", "1", "2", "3", "lost/refused=1"]);
  });

  test("has the same ids after a loss of power amid them, so nothing is there twice", () => {
    const flash = new Flash();
    const bench = Bench.online({}, { flash });
    bench.add([1, 2]);
    bench.answer(TOO_BIG);
    bench.answer();
    const again = Bench.online({}, { flash, seed: 2 });
    again.answer(TOO_BIG);
    again.answerAll();
    expect(again.ids).toEqual(bench.ids);
  });

  test("keeps its names, units and times", () => {
    const bench = Bench.online();
    const readings = [
      { name: `${BASE}t`, unit: "Cel", value: 1, time: 1_700_000_000 },
      { name: `${BASE}t`, unit: "Cel", value: 2, time: 1_700_000_010.5 },
    ];
    const payload = pack(toRecords(readings));
    bench.outbox.append({ node: NODE, time: 0, payload, qos: "at-least-once" });
    bench.publisher.added();
    bench.answer(TOO_BIG);
    bench.answerAll();
    expect(bench.readings).toEqual([readings, [readings[0]], [readings[1]]]);
  });
});

describe("the order", () => {
  test("is that of taking, and alarms go before all else", () => {
    const bench = new Bench({ window: 1 });
    bench.addAll(1, 3);
    bench.add([4], { alarm: true });
    bench.publisher.writable();
    bench.answer();
    bench.add([5], { alarm: true });
    bench.answerAll(10_000);
    expect(bench.sent).toEqual(["4", "5", "1", "2", "3"]);
  });

  test("holds for those behind one that was refused for now, which goes behind them", () => {
    const bench = Bench.online({ window: 3 });
    bench.addAll(1, 4);
    bench.answer(NOT_FOUND);
    bench.answerAll(60_000);
    expect(bench.sent).toEqual(["1", "2", "3", "1", "4"]);
  });
});

describe("after an outage", () => {
  /** Twenty entries wait when there is a stream, and more come. */
  const catchUp = (seed: number, interval = Number.POSITIVE_INFINITY) => {
    const bench = new Bench({ catchUp: 2 }, { seed });
    bench.addAll(1, 40);
    bench.publisher.writable();
    let next = 41;
    for (let time = 0; time < 40_000; time += 100) {
      if (time % interval === 0 && time > 0) bench.add([next++]);
      bench.answerAll(100);
    }
    return bench;
  };
  const perSecond = (bench: Bench, second: number): number =>
    bench.times.filter((time) => Math.floor(time / 1000) === second).length;

  test("the backlog goes at a bounded rate, behind a first few", () => {
    const bench = catchUp(1);
    expect(bench.times.filter((time) => time === 0)).toHaveLength(PACE.window);
    expect(bench.sent).toEqual(Array.from({ length: 40 }, (_, i) => `${i + 1}`));
    const end = bench.times.at(-1) as number;
    expect(end).toBeGreaterThan(14_000);
    expect(end).toBeLessThan(22_000);
    for (let second = 1; second < 40; second++)
      expect(perSecond(bench, second)).toBeLessThanOrEqual(4);
  });

  test("it shrinks at that rate however fast new readings come, so they are soon up to date", () => {
    const bench = catchUp(1, 200);
    expect(bench.outbox.pending).toBe(0);
    const numbers = bench.sent.map(Number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  test("there is no permit for the time it took: an hour of silence is no licence for a storm", () => {
    const bench = Bench.online({ window: 4 });
    bench.clock.advance(3_600_000);
    bench.lose();
    bench.addAll(1, 40);
    bench.clock.advance(3_600_000);
    bench.restore();
    bench.answerAll();
    expect(bench.sent).toHaveLength(4);
  });

  test("the devices of a fleet do not go on in step", () => {
    const times = [1, 2, 3].map((seed) => catchUp(seed).times[10]);
    expect(new Set(times).size).toBe(3);
  });
});

describe("losses", () => {
  const report = (bench: Bench) => bench.sent.filter((values) => values.startsWith("lost/"));

  test("are published when there are any, as readings of the device", () => {
    const bench = new Bench();
    bench.addAll(1, 100); // more than there is room for
    const { full } = bench.outbox.losses;
    expect(full).toBeGreaterThan(0);
    expect(bench.told.at(-1)).toBe(`lost ${full} full`);
    bench.publisher.writable();
    bench.answerAll(5_000);
    expect(report(bench)).toEqual([`lost/full=${full}`]);
    expect(bench.told.some((word) => word.includes("undefined"))).toBe(false);
  });

  test("are published again when they change, but not with every one", () => {
    const bench = Bench.online({ window: 1 });
    for (let value = 0; value < 10; value++) {
      bench.add([value]);
      bench.answer(TOO_BIG);
      bench.answerAll(1_000);
    }
    bench.answerAll(60_000);
    expect(report(bench)).toEqual(["lost/refused=1", "lost/refused=10"]);
  });

  test("are reported once there is a chance to: reports do not pile up, and push out what waits with them", () => {
    const bench = Bench.online({ window: 1 });
    bench.add([1]);
    bench.answer(TOO_BIG);
    for (let minute = 0; minute < 60; minute++) {
      bench.add([minute]);
      for (let second = 0; second < 60; second++) {
        while (bench.waiting > 0) bench.answer(NOT_FOUND);
        bench.clock.advance(1_000);
      }
    }
    expect(bench.outbox.pending).toBeLessThanOrEqual(61);
  });

  test("are not more when the report of them was lost, or refused", () => {
    const bench = Bench.online();
    bench.add([1]);
    bench.answer(TOO_BIG);
    bench.lose();
    bench.restore();
    bench.clock.advance(60_000);
    bench.answer(NOT_FOUND);
    bench.clock.advance(60_000);
    bench.answer(TOO_BIG);
    bench.answerAll(600_000);
    expect(report(bench)).toEqual(Array(4).fill("lost/refused=1"));
  });

  test("are published again when the report was lost", () => {
    const bench = Bench.online();
    bench.add([1]);
    bench.answer(TOO_BIG);
    expect(report(bench)).toHaveLength(1);
    bench.lose();
    bench.restore();
    bench.answerAll(60_000);
    expect(report(bench)).toEqual(["lost/refused=1", "lost/refused=1"]);
    bench.answerAll(600_000);
    expect(report(bench)).toHaveLength(2);
  });
});

describe("after close", () => {
  test("nothing is sent, whatever happens, and no timer is left", () => {
    const bench = Bench.online({ window: 1 });
    bench.addAll(1, 2);
    bench.answer(NOT_FOUND);
    bench.publisher.close();
    expect(bench.clock.timers).toBe(0);
    bench.publisher.writable();
    bench.clock.advance(60_000);
    expect(bench.sent).toEqual(["1"]);
  });

  test("the reply to the item that was on its way is told, and the next one stays", () => {
    const bench = Bench.online({ window: 1 });
    bench.addAll(1, 2);
    bench.publisher.close();
    bench.answer();
    expect(bench.told).toEqual(["published 1"]);
    expect(bench.sent).toEqual(["1"]);
    expect(bench.outbox.pending).toBe(1);
  });

  test.each([TOO_BIG, NOT_FOUND])("a refusal changes nothing: $condition", (refusal) => {
    const bench = Bench.online({ window: 1 });
    bench.add([1, 2]);
    bench.publisher.close();
    bench.answer(refusal);
    expect(bench.told).toEqual([]);
    expect(bench.clock.timers).toBe(0);
    expect(bench.outbox.pending).toBe(1);
  });

  test("that a refusal brings about, nothing is tried again", () => {
    const bench = Bench.online();
    bench.whenRefused = () => bench.publisher.close();
    bench.add([1]);
    bench.answer({ type: "auth", condition: "forbidden" });
    expect(bench.clock.timers).toBe(0);
  });
});
