import { describe, expect, test } from "@jest/globals";
import { StanzaError, TransportError, type XmppError } from "../../../firmware/xmpp/errors.js";
import { NS_DISCO_ITEMS } from "../../../firmware/xmpp/extensions/disco.js";
import type { Item, PubSub } from "../../../firmware/xmpp/extensions/pubsub.js";
import { NS_RSM } from "../../../firmware/xmpp/extensions/rsm.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import { Feed } from "../../../host-sim/collector/feed.js";

type Done<T> = (error: XmppError | undefined, value?: T) => void;

const item = (id: string): Item => ({ id, payload: undefined });

/** The ids on a node, in one page (XEP-0059). */
function listOf(ids: readonly string[]): Element {
  const items = ids.map((id) => xml("item", { jid: "pubsub.example.org", name: id }));
  const [first] = ids;
  const page = xml(
    "set",
    { xmlns: NS_RSM },
    first === undefined ? undefined : xml("first", {}, first),
    xml("count", {}, String(ids.length)),
  );
  return xml("iq", {}, xml("query", { xmlns: NS_DISCO_ITEMS }, ...items, page));
}

/** A node, and somebody who remembers what came. */
class Node {
  ids: string[];
  /** Ids in the order in which they were taken, and words. */
  readonly told: string[] = [];
  readonly known = new Set<string>();
  /** Called before each answer, with what was asked for. */
  beforeAnswer: (asked: string) => void = () => {};
  readonly feed: Feed;
  readonly requested: number[] = [];

  constructor(...ids: string[]) {
    this.ids = ids;
    const pubsub = {
      subscribe: (_node: string, done: Done<void>) => this.#answer("subscribe", done, () => {}),
      service: "pubsub.example.org",
      stanzas: {
        request: (_type: string, _to: string, _query: Element, done: Done<Element>) =>
          this.#answer("ids", done, () => listOf(this.ids)),
      },
      items: (_node: string, which: string[], done: Done<Item[]>) => {
        this.requested.push(which.length);
        // In what order they are sent is up to the service.
        this.#answer("items", done, () =>
          which
            .filter((id) => this.ids.includes(id))
            .reverse()
            .map(item),
        );
      },
    };
    this.feed = new Feed({
      pubsub: pubsub as unknown as PubSub,
      node: "n",
      memory: {
        unknown: (_node, ids) => ids.filter((id) => !this.known.has(id)),
        hasHad: () => this.known.size > 0,
      },
      onItem: ({ id }) => {
        this.told.push(id);
        this.known.add(id);
      },
      onSubscribed: () => this.told.push("subscribed"),
      onCaughtUp: ({ isTruncated, gone }) => {
        this.told.push(
          `caught up${isTruncated ? ", truncated" : ""}${gone.map((id) => `, ${id} gone`)}`,
        );
      },
      onNoCatchingUp: (error) => this.told.push(error.condition),
    });
  }

  publish(id: string): void {
    this.ids.push(id);
    this.feed.take(item(id));
  }

  #answer<T>(asked: string, done: Done<T>, value: () => T): void {
    setImmediate(() => {
      try {
        this.beforeAnswer(asked);
      } catch (error) {
        return done(error as XmppError);
      }
      done(undefined, value());
    });
  }
}

describe("what was missed comes first, the oldest first,", () => {
  test("without what is known", async () => {
    const node = new Node("1", "2", "3", "4");
    for (const id of ["1", "3"]) node.known.add(id);
    await node.feed.begin();
    node.publish("5");
    expect(node.told).toEqual(["subscribed", "2", "4", "caught up", "5"]);
  });

  test.each(["subscribe", "ids", "items"])(
    "and then what is published before the answer to %s",
    async (when) => {
      const node = new Node("1", "2");
      node.beforeAnswer = (asked) => {
        if (asked !== when) return;
        node.publish("3");
        node.publish("4");
      };
      await node.feed.begin();
      // Those that were on the node by then come twice: by their ids they are told to be the same.
      expect([...new Set(node.told)].filter((id) => /^\d/.test(id))).toEqual(["1", "2", "3", "4"]);
    },
  );

  test("in portions whose requests fit a stanza", async () => {
    const long = Array.from({ length: 10 }, (_, i) => `${i}`.repeat(1_000));
    const node = new Node(...Array.from({ length: 45 }, (_, i) => `i${i}`), ...long);
    await node.feed.begin();
    expect(node.told.slice(1, -1)).toEqual(node.ids);
    expect(node.requested).toEqual([20, 20, 7, 3, 3, 2]);
  });

  test("however much is published meanwhile", async () => {
    const node = new Node("old");
    let more = 3_000;
    node.beforeAnswer = () => {
      for (let i = 0; i < 1_500 && more > 0; i++) node.publish(`new${more--}`);
    };
    await node.feed.begin();
    expect(new Set(node.told.filter((id) => !/ /.test(id))).size).toBe(1 + 1 + 3_000);
  });
});

describe("that something may be missing is told", () => {
  test.each<[string, string[], string[], string]>([
    [
      "when the oldest on the node is not known",
      ["3", "4", "5"],
      ["1", "4"],
      "caught up, truncated",
    ],
    ["when none is known", ["3", "4"], ["1", "2"], "caught up, truncated"],
    ["not when the oldest is known", ["1", "2", "3"], ["1"], "caught up"],
    ["not when nothing was had before", ["1", "2"], [], "caught up"],
    ["not when there is nothing", [], ["1"], "caught up"],
  ])("%s", async (_when, ids, known, told) => {
    const node = new Node(...ids);
    for (const id of known) node.known.add(id);
    await node.feed.begin();
    expect(node.told.at(-1)).toBe(told);
  });

  test("when an item goes while it is asked for", async () => {
    const node = new Node("1", "2");
    node.beforeAnswer = (asked) => {
      if (asked === "items") node.ids.shift();
    };
    await node.feed.begin();
    expect(node.told).toEqual(["subscribed", "2", "caught up, 1 gone"]);
  });
});

test("a service without retrieval is no obstacle", async () => {
  const node = new Node("1");
  node.beforeAnswer = (asked) => {
    if (asked === "ids") throw new StanzaError("feature-not-implemented", "cancel");
  };
  await node.feed.begin();
  node.publish("2");
  expect(node.told).toEqual(["subscribed", "feature-not-implemented", "2"]);
});

test("what comes while the connection is lost waits for the next session", async () => {
  const node = new Node("1");
  node.beforeAnswer = (asked) => {
    if (asked === "items") throw new TransportError("session-lost");
  };
  await expect(node.feed.begin()).rejects.toThrow("session-lost");
  node.publish("2");
  expect(node.told).toEqual(["subscribed"]);
  node.beforeAnswer = () => {};
  await node.feed.begin();
  expect([...new Set(node.told)]).toEqual(["subscribed", "1", "2", "caught up"]);
});
