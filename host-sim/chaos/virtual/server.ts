/** The embedded server on a virtual network. It can be killed, and comes back with what is on its disk. */

import type { SavedNode } from "../../server/pubsub/node.js";
import { deriveCredentials } from "../../server/sasl/credentials.js";
import { Server } from "../../server/server.js";
import type { Filter } from "../../server/session.js";
import type { Dice } from "../dice.js";
import type { VirtualClock } from "./clock.js";
import type { VirtualNetwork } from "./network.js";

/**
 * When what was published is on disk: before it is acknowledged, as with Prosody's file store, or up to five
 * seconds after that, as with ejabberd's Mnesia.
 */
export type Durability = "at-once" | "late";

export const DOMAIN = "chaos.test";
export const PASSWORD = "chaos";

/** Milliseconds between two writes to disk of a server that acknowledges before. */
const WRITE_INTERVAL = 5_000;

/** Of every account. Derived once, for that takes longer than a whole run. */
const CREDENTIALS = deriveCredentials(PASSWORD, new Uint8Array(16));

export interface VirtualServerOptions {
  readonly durability: Durability;
  readonly node: string;
  /** Sees every stanza, and may change it. */
  readonly filter: Filter | undefined;
}

export class VirtualServer {
  readonly #clock: VirtualClock;
  readonly #network: VirtualNetwork;
  readonly #dice: Dice;
  readonly #durability: Durability;
  readonly #filter: Filter | undefined;
  #disk: readonly SavedNode[] = [];
  /** Counts how often it was killed, so that a write that was due before is not made after. */
  #kills = 0;

  /** Starts it, with one node on it that everybody may publish to. */
  constructor(
    clock: VirtualClock,
    network: VirtualNetwork,
    dice: Dice,
    { durability, node, filter }: VirtualServerOptions,
  ) {
    this.#clock = clock;
    this.#network = network;
    this.#dice = dice;
    this.#durability = durability;
    this.#filter = filter;
    this.start();
    const config = { publish_model: "open", max_items: 10_000 } as const;
    network.server?.pubsub.createNode(node, `owner@${DOMAIN}`, config);
    this.#write();
  }

  /** Starts it again. */
  start(): void {
    const dice = this.#dice;
    const server = new Server({
      domain: DOMAIN,
      accounts: () => CREDENTIALS,
      random: (count) => dice.bytes(count),
      timer: this.#clock,
      ...(this.#filter === undefined ? {} : { filter: this.#filter }),
    });
    server.pubsub.restore(this.#disk);
    this.#network.server = server;
    if (this.#durability === "late") this.#writeLater(this.#kills);
  }

  /** Ends it as SIGKILL does. */
  kill(): void {
    this.#kills++;
    if (this.#durability === "at-once") this.#write();
    this.#network.drop();
  }

  /** It forgets the sessions whose connection is lost. */
  forgetSessions(): void {
    this.#network.server?.forgetSessions();
  }

  #writeLater(kills: number): void {
    this.#clock.later(WRITE_INTERVAL, () => {
      if (kills !== this.#kills) return;
      this.#write();
      this.#writeLater(kills);
    });
  }

  #write(): void {
    this.#disk = this.#network.server?.pubsub.save() ?? this.#disk;
  }
}
