/** Looks on from the outside: a subscriber, which also reads the node. */

import { Client } from "../../firmware/client/client.js";
import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import type { XmppError } from "../../firmware/xmpp/errors.js";
import { type Item, PubSub } from "../../firmware/xmpp/extensions/pubsub.js";
import { deviceOf, type Site } from "./board.js";
import type { Dice } from "./dice.js";
import type { Journal } from "./journal.js";
import { type Arrived, keyOf, type Numbered } from "./property.js";

/** Milliseconds. */
const BACKOFF = { start: 0, base: 200, limit: 1_000, later: 1_000 };
/** All of a node comes in one stanza. */
const LIMITS = { stanzaBytes: 16_777_216 };
const KEEP_ALIVE = { interval: 5_000, timeout: 15_000 };

export class Witness {
  /** What it was told, in order. */
  readonly told: Arrived[] = [];
  /** What was on the node when it came back to it. */
  readonly found: Arrived[] = [];
  readonly #site: Site;
  readonly #journal: Journal;
  readonly #pubsub: PubSub;
  readonly #client: Client;
  readonly #known = new Set<string>();
  #onReady: (() => void) | undefined;

  /** @param onReady the subscription stands */
  constructor(site: Site, dice: Dice, journal: Journal, onReady: () => void) {
    this.#site = site;
    this.#journal = journal;
    this.#onReady = onReady;
    this.#pubsub = new PubSub(site.service, (event) => {
      if (event.kind === "item" && event.node === site.node) this.#take(event.item);
    });
    const { certificate, ...reach } = site.reach("witness");
    this.#client = new Client({
      ...reach,
      tcp: { io: site.TCP },
      tls: {
        io: site.TLS,
        TCP: { io: site.TCP },
        ...(certificate === undefined ? {} : { secure: { certificate } }),
      },
      timer: site.timer,
      crypto: site.crypto(dice),
      backoff: BACKOFF,
      keepAlive: KEEP_ALIVE,
      limits: LIMITS,
      presence: { priority: 0 },
      extensions: [this.#pubsub],
      onOnline: () => this.#subscribe(),
    });
  }

  get isOnline(): boolean {
    return this.#client.state === "online";
  }

  /** Whether it has heard of a reading. */
  knows(reading: Numbered): boolean {
    return this.#known.has(keyOf(reading));
  }

  /** Reads the node. @param done gets an error when that cannot be done now */
  read(done: (error: XmppError | undefined, stored?: readonly Arrived[]) => void): void {
    try {
      this.#pubsub.items(this.#site.node, undefined, (error, items) => {
        if (items === undefined) done(error);
        else done(undefined, items.flatMap(readingsOf));
      });
    } catch (error) {
      done(error as XmppError);
    }
  }

  close(): void {
    this.#client.close();
  }

  /**
   * Both requests in one go: so what it is told of from then on came after what it finds, and nothing is missed
   * between the two.
   */
  #subscribe(): void {
    this.#journal.note("the subscriber begins a session");
    this.#pubsub.subscribe(this.#site.node, (error) => {
      if (error !== undefined) this.#journal.note(`the subscriber is refused: ${error.message}`);
    });
    this.read((_error, stored) => {
      for (const reading of stored ?? []) if (this.#isNew(reading)) this.found.push(reading);
      this.#onReady?.();
      this.#onReady = undefined;
    });
  }

  #take(item: Item): void {
    const readings = readingsOf(item);
    for (const reading of readings) {
      this.#isNew(reading);
      this.told.push(reading);
    }
    const [first] = readings;
    if (first === undefined) return;
    const numbers = readings.map(({ number }) => number);
    this.#journal.note(`the subscriber is told of item ${item.id}`, first.device, numbers);
  }

  #isNew(reading: Arrived): boolean {
    const key = keyOf(reading);
    if (this.#known.has(key)) return false;
    this.#known.add(key);
    return true;
  }
}

/** The readings in an item, by number: a clock that was set back puts them into another order. */
function readingsOf({ id, payload }: Item): Arrived[] {
  if (payload === undefined) return [];
  const readings = decodeSenml(payload, 0).flatMap(({ name, value }) => {
    const device = deviceOf(name);
    return device === undefined ? [] : { device, number: value as number, item: id };
  });
  return readings.sort((a, b) => a.number - b.number);
}
