import type { ClientOptions } from "../../../firmware/client/client.js";
import type { Timer } from "../../../firmware/io.js";
import { PACE } from "../../../firmware/telemetry/pace.js";
import { TELEMETRY_NODE } from "../../../firmware/xmpp/extensions/pubsub.js";
import { Board, type Site } from "../../../host-sim/chaos/board.js";
import { Dice } from "../../../host-sim/chaos/dice.js";
import { describe, Journal } from "../../../host-sim/chaos/journal.js";
import { type Arrived, findViolation, type Violation } from "../../../host-sim/chaos/property.js";
import { Witness } from "../../../host-sim/chaos/witness.js";
import { promised } from "../../../host-sim/cli/session.js";
import { crypto } from "../../../host-sim/node/crypto.js";
import { MemoryStorage } from "../../../host-sim/node/memory-storage.js";
import { TCP } from "../../../host-sim/node/tcp.js";
import { timer } from "../../../host-sim/node/timer.js";
import { TLSSocket } from "../../../host-sim/node/tls.js";
import { TestClient } from "./clients.js";
import type { XmppServer } from "./server.js";

const NODE = "readings";
const PASSWORD = "secret";

/** How much faster time passes for devices, because they wait for half a minute after a refusal. */
const HASTE = 12;

const EPOCH = Date.now();

const hastyTimer: Timer = {
  set: (callback, delay) => timer.set(callback, Math.ceil(delay / HASTE)),
  clear: (handle) => timer.clear(handle),
  now: () => EPOCH + (Date.now() - EPOCH) * HASTE,
};

/** In milliseconds as they pass for devices. */
const SETTINGS = {
  qos: "effectively-once",
  interval: 5_000,
  batch: {},
  backoff: { start: 0, base: 2_000, limit: 16_000, later: 16_000 },
  keepAlive: { interval: 16_000, timeout: 80_000 },
} as const;

export interface FleetOptions {
  /** Where devices have their accounts. */
  readonly home: XmppServer;
  /** Where the node and the subscriber are. */
  readonly away: XmppServer;
  readonly devices: number;
  /** How everybody finds the server; where it is, when absent. */
  readonly reach?: Pick<ClientOptions, "dns">;
  /** As those of the device's outbox and pace. */
  readonly settle?: number;
  readonly window?: number;
}

/** Devices that count, and a subscriber who sees whether what they counted has arrived. */
export class Fleet {
  readonly #journal = new Journal(() => Date.now() - EPOCH);
  readonly #boards: Board[] = [];
  readonly #witness: Witness;
  #changed = (): void => {};

  /** Makes the accounts and the node, subscribes, and then starts the devices. */
  static async start(options: FleetOptions): Promise<Fleet> {
    const { home, away, devices } = options;
    const owner = new TestClient(away, away.owner, { security: "direct" });
    await owner.tells("online");
    const config = { ...TELEMETRY_NODE, max_items: "10000" };
    await promised<void>((done) => owner.pubsub.createNode(NODE, config, done));
    await owner.close();
    await away.addAccount("witness", PASSWORD);
    for (let number = 1; number <= devices; number++)
      await home.addAccount(`device${number}`, PASSWORD);
    return new Promise((resolve) => {
      const fleet: Fleet = new Fleet(options, () => resolve(fleet));
    });
  }

  private constructor(options: FleetOptions, onStarted: () => void) {
    const { home, away, devices, reach, settle = 0, window = PACE.window } = options;
    const site: Site = {
      timer: hastyTimer,
      TCP,
      TLS: TLSSocket,
      ghost: 0,
      reach: (who) => {
        const { domain, host, directPort, ca } = who === "witness" ? away : home;
        const account = { jid: `${who}@${domain}/fleet`, password: PASSWORD, certificate: ca };
        return { ...account, ...(reach ?? { host, port: directPort, security: "direct" }) };
      },
      crypto: () => crypto,
      service: away.pubsub,
      node: NODE,
    };
    const settings = {
      ...SETTINGS,
      outbox: { settle, capacity: 1_000_000 },
      pace: { window, catchUp: 50 },
    };
    const dice = new Dice(1);
    const journal = this.#journal;
    journal.onHappening = () => this.#changed();
    this.#witness = new Witness(site, dice, journal, () => {
      for (let number = 1; number <= devices; number++) {
        const storage = new MemoryStorage();
        this.#boards.push(new Board(number, { site, settings, storage, dice, journal }));
      }
      onStarted();
    });
  }

  /** How many sessions the devices have had, the present ones included. */
  get sessions(): number {
    return this.#boards.reduce((sum, board) => sum + board.sessions, 0);
  }

  /** The most entries that wait in an outbox. */
  get backlog(): number {
    return Math.max(...this.#boards.map(({ pending }) => pending));
  }

  /** What has happened to the devices, a line for each thing. */
  get history(): string {
    return this.#journal.all.map(describe).join("\n");
  }

  /** Waits; jest's own time-out is the limit. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = () => {
        if (condition()) resolve();
      };
      this.#changed();
    });
  }

  /** Waits until the subscriber has been told of two more readings of each device. */
  async flows(): Promise<void> {
    const { told } = this.#witness;
    const start = told.length;
    await this.until(() => {
      const count = new Map<number, number>();
      for (const { device } of told.slice(start)) count.set(device, (count.get(device) ?? 0) + 1);
      return this.#boards.every(({ number }) => (count.get(number) ?? 0) >= 2);
    });
  }

  /**
   * Waits until everything that was accepted so far is delivered.
   * @returns the first reading that was lost, repeated, or out of order, if there is one
   */
  async delivers(): Promise<Violation | undefined> {
    for (const board of this.#boards) board.heal();
    const taken = (): Board["taken"] => this.#boards.flatMap((board) => board.taken);
    await this.until(
      () =>
        taken().every((reading) => !reading.isOwed || this.#witness.knows(reading)) &&
        this.#boards.every((board) => board.hasDelivered),
    );
    const stored = await promised<readonly Arrived[]>((done) => this.#witness.read(done));
    const { told, found } = this.#witness;
    return findViolation({ taken: taken(), told, found, stored, counted: new Map() });
  }

  close(): void {
    for (const board of this.#boards) board.end();
    this.#witness.close();
  }
}
