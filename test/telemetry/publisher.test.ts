import { describe, expect, test } from "@jest/globals";
import { ItemIds } from "../../firmware/telemetry/item-id.js";
import { Publisher } from "../../firmware/telemetry/publisher.js";
import { ConfigError, TransportError, type XmppError } from "../../firmware/xmpp/errors.js";
import { NS_PUBSUB, PubSub } from "../../firmware/xmpp/extensions/pubsub.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { NS_CLIENT, NS_STANZA_ERRORS } from "../../firmware/xmpp/namespaces.js";
import { Dispatcher } from "../../firmware/xmpp/stanza/dispatcher.js";
import { type Element, xml } from "../../firmware/xmpp/xml/element.js";
import { FakeClock } from "../support/clock.js";
import { seeded } from "../support/random.js";
import { fakeCrypto } from "../support/world.js";

const SERVICE = "pubsub.example.org";

/** As many items as wait at most. */
const CAPACITY = 64;

const offline = () => new TransportError("not-connected");

/** A publisher, and the service at the other end, which answers when it is told to. */
class Bench {
  readonly clock = new FakeClock();
  /** What the publisher has told, in order: `published 1`, `dropped 2 not-acceptable`. */
  readonly told: string[] = [];
  /** The ids of the items that were sent, in order; one that was sent again is there again. */
  readonly sent: string[] = [];
  /** What sending the item with this id throws, while it does. */
  obstacle: (id: string) => XmppError | undefined = () => undefined;
  /** What is done when the publisher tells of a refusal. */
  whenRefused = (): void => {};
  readonly publisher: Publisher;
  readonly #dispatcher: Dispatcher;
  readonly #requests: Element[] = [];
  #count = 0;

  constructor(nextId?: () => string) {
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
      node: "telemetry",
      nextId: nextId ?? (() => String(++this.#count)),
      timer: this.clock,
      onPublished: (id) => this.told.push(`published ${id}`),
      onDropped: (id, error) => this.told.push(`dropped ${id} ${error?.condition ?? "no room"}`),
      onRefused: (error) => {
        this.told.push(`refused ${error.condition}`);
        this.whenRefused();
      },
    });
  }

  /** Requests that were not answered. */
  get open(): number {
    return this.#requests.length;
  }

  /** Adds items. */
  add(count = 1): void {
    for (let i = 0; i < count; i++)
      this.publisher.add([{ name: "temperature", unit: "Cel", value: 21.5, time: 1_700_000_000 }]);
  }

  #receive(iq: Element): void {
    const publish = iq.child("pubsub", NS_PUBSUB)?.child("publish");
    if (publish?.attr("node") !== "telemetry") throw new Error("published to another node");
    const id = publish.child("item")?.attr("id") ?? "";
    const obstacle = this.obstacle(id);
    if (obstacle !== undefined) throw obstacle;
    this.#requests.push(iq);
    this.sent.push(id);
  }

  /** The oldest request is carried out, or refused. */
  answer(error?: { type: string; condition: string }): void {
    const iq = this.#requests.shift();
    if (iq === undefined) throw new Error("nothing was asked");
    const failure =
      error &&
      xml("error", { type: error.type }, xml(error.condition, { xmlns: NS_STANZA_ERRORS }));
    const type = error === undefined ? "result" : "error";
    const attributes = { xmlns: NS_CLIENT, type, id: iq.attr("id"), from: SERVICE };
    this.#dispatcher.receive(xml("iq", attributes, failure));
  }

  /** The connection is lost, and with it the answers that are on their way. */
  lose(): void {
    this.obstacle = offline;
    this.#requests.length = 0;
    this.#dispatcher.disconnected(new TransportError("connection-lost"));
  }

  /** There is a connection again. */
  restore(): void {
    this.obstacle = () => undefined;
    this.publisher.flush();
  }
}

describe("an item", () => {
  test("is published when the service says so, and not before (pitfall 53)", () => {
    const bench = new Bench();
    bench.add();
    expect(bench.sent).toEqual(["1"]);
    expect(bench.told).toEqual([]);
    expect(bench.publisher.pending).toBe(1);
    bench.answer();
    expect(bench.told).toEqual(["published 1"]);
    expect(bench.publisher.pending).toBe(0);
    expect(bench.clock.timers).toBe(0);
  });

  test("waits for the one before it", () => {
    const bench = new Bench();
    bench.add(3);
    expect(bench.sent).toEqual(["1"]);
    bench.answer();
    expect(bench.sent).toEqual(["1", "2"]);
    bench.answer();
    bench.answer();
    expect(bench.told).toEqual(["published 1", "published 2", "published 3"]);
  });

  test("goes again under the same id when the connection was lost (pitfall 54)", () => {
    const bench = new Bench();
    bench.add(2);
    bench.lose();
    expect(bench.publisher.pending).toBe(2);
    bench.restore();
    bench.answer();
    bench.answer();
    expect(bench.sent).toEqual(["1", "1", "2"]);
    expect(bench.told).toEqual(["published 1", "published 2"]);
  });

  test("goes again under the same id when no reply comes", () => {
    const bench = new Bench();
    bench.add();
    bench.clock.advance(30_000);
    expect(bench.sent).toEqual(["1", "1"]);
    bench.answer(); // the reply to the first, which comes too late to count
    expect(bench.told).toEqual([]);
    bench.answer();
    expect(bench.told).toEqual(["published 1"]);
  });

  test.each(["not-connected", "queue-full"])("waits while it cannot be sent: %s", (condition) => {
    const bench = new Bench();
    bench.obstacle = () => new TransportError(condition);
    bench.add(2);
    expect(bench.clock.timers).toBe(0); // nothing is tried until the client says so
    bench.restore();
    bench.answer();
    bench.answer();
    expect(bench.sent).toEqual(["1", "2"]);
  });

  test("that SenML cannot say is refused where the mistake is, and uses up no room", () => {
    const bench = new Bench();
    expect(() =>
      bench.publisher.add([{ name: "temperature", value: Number.NaN, time: 0 }]),
    ).toThrow(ConfigError);
    expect(bench.publisher.pending).toBe(0);
  });
});

describe("an item that is refused", () => {
  test.each(["bad-request", "not-acceptable"])(
    "as %s is dropped, for it will not get better, and the next one goes",
    (condition) => {
      const bench = new Bench();
      bench.add(2);
      bench.answer({ type: "modify", condition });
      expect(bench.told).toEqual([`dropped 1 ${condition}`]);
      expect(bench.sent).toEqual(["1", "2"]);
      bench.answer();
      expect(bench.told.at(-1)).toBe("published 2");
    },
  );

  test("before it was sent, as too big, is dropped, and the next one goes", () => {
    const bench = new Bench();
    bench.obstacle = (id) => (id === "1" ? new ConfigError("stanza-too-big") : undefined);
    bench.publisher.flush();
    bench.add(2);
    expect(bench.told).toEqual(["dropped 1 stanza-too-big"]);
    expect(bench.sent).toEqual(["2"]);
  });

  test.each([
    ["cancel", "item-not-found"],
    ["auth", "forbidden"],
    ["auth", "not-authorized"],
    ["cancel", "not-allowed"],
    ["cancel", "feature-not-implemented"],
    ["cancel", "service-unavailable"],
    ["cancel", "remote-server-not-found"],
    ["wait", "remote-server-timeout"],
    ["wait", "resource-constraint"],
    ["wait", "internal-server-error"],
    ["cancel", "internal-server-error"],
    ["cancel", "something-new"],
  ])(
    "for a reason outside of it (%s, %s) is kept, and tried again in a while",
    (type, condition) => {
      const bench = new Bench();
      bench.add(2);
      bench.answer({ type, condition });
      expect(bench.told).toEqual([`refused ${condition}`]);
      bench.add();
      bench.publisher.flush(); // a new stream changes nothing about it
      bench.clock.advance(29_999);
      expect(bench.sent).toEqual(["1"]);
      bench.clock.advance(1);
      expect(bench.sent).toEqual(["1", "1"]);
      for (let i = 0; i < 3; i++) bench.answer();
      expect(bench.told.slice(1)).toEqual(["published 1", "published 2", "published 3"]);
    },
  );
});

describe("the queue", () => {
  test("is bounded: the oldest makes room, and that is told (pitfall 51)", () => {
    const bench = new Bench();
    bench.obstacle = offline;
    bench.add(CAPACITY);
    expect(bench.told).toEqual([]);
    bench.add(2);
    expect(bench.told).toEqual(["dropped 1 no room", "dropped 2 no room"]);
    expect(bench.publisher.pending).toBe(CAPACITY);
    bench.restore();
    bench.answer();
    expect(bench.told.at(-1)).toBe("published 3");
  });

  test("never drops the item that is on its way: the reply would be to another", () => {
    const bench = new Bench();
    bench.add(CAPACITY + 1);
    expect(bench.told).toEqual(["dropped 2 no room"]);
    bench.answer();
    expect(bench.told.at(-1)).toBe("published 1");
    expect(bench.sent.at(-1)).toBe("3");
  });

  test("does drop one that the service refuses for now", () => {
    const bench = new Bench();
    bench.add();
    bench.answer({ type: "cancel", condition: "item-not-found" });
    bench.add(CAPACITY);
    expect(bench.told).toEqual(["refused item-not-found", "dropped 1 no room"]);
    bench.clock.advance(30_000);
    expect(bench.sent).toEqual(["1", "2"]);
  });
});

describe("after close", () => {
  test("nothing is sent, whatever happens, and no timer is left", () => {
    const bench = new Bench();
    bench.add(2);
    bench.answer({ type: "cancel", condition: "item-not-found" });
    bench.publisher.close();
    expect(bench.clock.timers).toBe(0);
    bench.publisher.flush();
    bench.clock.advance(60_000);
    expect(bench.sent).toEqual(["1"]);
  });

  test("the reply to the item that was on its way is told, and the next one stays", () => {
    const bench = new Bench();
    bench.add(2);
    bench.publisher.close();
    bench.answer();
    expect(bench.told).toEqual(["published 1"]);
    expect(bench.sent).toEqual(["1"]);
  });

  test("a refusal changes nothing", () => {
    const bench = new Bench();
    bench.add(2);
    bench.publisher.close();
    bench.answer({ type: "modify", condition: "not-acceptable" });
    expect(bench.told).toEqual([]);
    expect(bench.clock.timers).toBe(0);
  });

  test("that a refusal brings about, nothing is tried again", () => {
    const bench = new Bench();
    bench.whenRefused = () => bench.publisher.close();
    bench.add();
    bench.answer({ type: "auth", condition: "forbidden" });
    expect(bench.clock.timers).toBe(0);
  });
});

test("over any course of events, order is kept, and no item is lost or sent under another's id", () => {
  for (let round = 0; round < 200; round++) {
    const random = seeded();
    const hint = `PIPIT_SEED=${random.seed}`;
    const ids = new ItemIds(fakeCrypto(random).random);
    const made: string[] = [];
    const bench = new Bench(() => {
      made.push(ids.next());
      return made.at(-1) as string;
    });
    const events: (() => void)[] = [
      () => bench.add(1 + random.int(CAPACITY)),
      () => bench.open > 0 && bench.answer(),
      () => bench.open > 0 && bench.answer({ type: "cancel", condition: "item-not-found" }),
      () => bench.open > 0 && bench.answer({ type: "modify", condition: "bad-request" }),
      () => bench.lose(),
      () => bench.restore(),
      () => bench.clock.advance(random.int(40_000)),
    ];
    for (let i = 0; i < 60; i++) random.pick(events)();
    bench.restore();
    while (bench.publisher.pending > 0) {
      if (bench.open === 0) bench.clock.advance(30_000);
      else bench.answer();
    }

    const ends = bench.told.filter((word) => !word.startsWith("refused"));
    const of = (kind: string) =>
      ends.filter((word) => word.startsWith(kind)).map((word) => word.split(" ")[1] as string);
    expect([hint, new Set(made).size]).toEqual([hint, made.length]);
    expect([hint, of("").sort()]).toEqual([hint, [...made].sort()]);
    expect([hint, of("published")]).toEqual([hint, of("published").sort()]);
    const first = bench.sent.filter((id, i) => bench.sent.indexOf(id) === i);
    expect([hint, first]).toEqual([hint, [...first].sort()]);
    expect([hint, bench.clock.timers]).toEqual([hint, 0]);
  }
});
