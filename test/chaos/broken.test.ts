/** What would be the use of a check that finds nothing? Parts that do not work have to be found out. */

import { describe, expect, test } from "@jest/globals";
import type { KeyValueStorage } from "../../firmware/io.js";
import { NS_PUBSUB } from "../../firmware/xmpp/extensions/pubsub.js";
import { NS_CLIENT } from "../../firmware/xmpp/namespaces.js";
import { type Element, xml } from "../../firmware/xmpp/xml/element.js";
import { Dice } from "../../host-sim/chaos/dice.js";
import type { FaultKind } from "../../host-sim/chaos/faults/fault.js";
import { describeFailure, type Ended, isGood } from "../../host-sim/chaos/summary.js";
import { runVirtually, type VirtualOptions } from "../../host-sim/chaos/virtual/run.js";
import { MemoryStorage } from "../../host-sim/node/memory-storage.js";
import type { Filter } from "../../host-sim/server/session.js";

describe("the check finds out", () => {
  test("an outbox that forgets now and then", () => {
    const kinds: readonly FaultKind[] = ["power", "outage"];
    const failure = failureIn({ kinds, sabotage: { storage: () => forgetful(new Dice(1)) } });
    expect(failure?.violation?.kind).toBe("lost");
    expect(describeFailure(failure as Ended)).toMatch(
      /^reading .* is lost.*\nIts history:\n.*accepted as item/,
    );
    expect(failureIn({ kinds })).toBeUndefined();
  });

  test("an id that changes when an item is published again", () => {
    const kinds: readonly FaultKind[] = ["power", "kill"];
    const failure = failureIn({ kinds, sabotage: { filter: renaming() } });
    expect(failure?.violation).toMatchObject({ kind: "repeated" });
    expect(failureIn({ kinds })).toBeUndefined();
  });

  test("a server that forgets what it has acknowledged, if nobody doubts it", () => {
    const kinds: readonly FaultKind[] = ["kill"];
    const failure = failureIn({ kinds, durability: "late", settle: 0 });
    expect(failure?.violation?.kind).toBe("lost");
    expect(describeFailure(failure as Ended)).toMatch(/is acknowledged(.*\n)*.*the server: kill/);
    expect(failureIn({ kinds, durability: "late" })).toBeUndefined();
  });
});

test("a seed makes the same run again", () => {
  const log = (): string[] => {
    const happenings: string[] = [];
    const onHappening = (happening: object): void =>
      void happenings.push(JSON.stringify(happening));
    runVirtually(7, { kinds: ["cut", "power-at-write", "kill"], onHappening });
    return happenings;
  };
  expect(log().length).toBeGreaterThan(20);
  expect(log()).toEqual(log());
});

/** The first of fifty runs in which something is wrong. */
function failureIn(options: VirtualOptions): Ended | undefined {
  for (let seed = 1; seed <= 50; seed++) {
    const result = runVirtually(seed, options);
    if (!isGood(result)) return result;
  }
  return undefined;
}

/** Storage that takes one write in ten, and does not keep it. */
function forgetful(dice: Dice): KeyValueStorage {
  const storage = new MemoryStorage();
  return {
    open(options) {
      const store = storage.open(options);
      const write = store.write.bind(store);
      return Object.assign(store, {
        write: (...args: Parameters<typeof write>) => {
          if (!dice.oneIn(10)) write(...args);
        },
      });
    },
  };
}

/** Gives an item that comes again another id. */
function renaming(): Filter {
  const known = new Set<string>();
  return (stanza, direction) => {
    const item = published(stanza);
    if (direction === "out" || item === undefined) return stanza;
    const id = item.attr("id") as string;
    if (known.has(id)) return republish(stanza, item.with({ id: `${id}-again` }));
    known.add(id);
    return stanza;
  };
}

function published(stanza: Element): Element | undefined {
  return stanza.child("pubsub", NS_PUBSUB)?.child("publish")?.child("item");
}

function republish(stanza: Element, item: Element): Element {
  const node = stanza.child("pubsub", NS_PUBSUB)?.child("publish")?.attr("node");
  const attributes = {
    xmlns: NS_CLIENT,
    type: "set",
    to: stanza.attr("to"),
    id: stanza.attr("id"),
  };
  return xml("iq", attributes, xml("pubsub", { xmlns: NS_PUBSUB }, xml("publish", { node }, item)));
}
