/** Simulated sensor boards: the firmware's own device, with a simulated sensor. */

import { join } from "node:path";
import type { ClientState } from "../../firmware/client/client.js";
import { Device } from "../../firmware/device.js";
import { CAUSES } from "../../firmware/outbox/losses.js";
import { SimulatedSensor } from "../../firmware/sensors/simulated.js";
import type { XmppError } from "../../firmware/xmpp/errors.js";
import { MemoryStorage } from "../node/memory-storage.js";
import { Storage } from "../node/storage.js";
import type { Reach } from "./account.js";

export interface BoardsOptions {
  count: number;
  /** The number of the first board. */
  first: number;
  /** The account, with `%i` for the board's number; without it all boards share one account. */
  jid: string;
  password: string;
  reach: Reach;
  service: string;
  /** With `%i` for the board's number, if each is to have a node of its own. */
  node: string;
  /** Milliseconds between two boards' first connections, and between two samples of one board. */
  connectInterval: number;
  interval: number;
  seed: number;
  /** The folder in which the boards keep what waits to be published; in memory when absent. */
  storage?: string;
  onBoard?: (board: Board) => void;
  onError?: (board: Board, error: XmppError) => void;
}

/** One board, and what it has done so far. */
export interface Board {
  readonly number: number;
  readonly name: string;
  readonly node: string;
  state: ClientState;
  published: number;
  /** Items that were lost since the storage was new: there was no room for them, or they were refused. */
  dropped: number;
  pending: number;
  /** What went wrong last, until it works again. */
  error: XmppError | undefined;
}

export class Boards {
  readonly list: readonly Board[];
  readonly #options: BoardsOptions;
  /** What closes each of them. */
  readonly #close: (() => void)[] = [];
  readonly #runs: readonly Promise<void>[];

  constructor(options: BoardsOptions) {
    this.#options = options;
    this.list = Array.from({ length: options.count }, (_, i) => newBoard(options, i));
    this.#runs = this.list.map((board, i) => this.#run(board, i));
  }

  /** Closes all streams in good order. */
  async close(): Promise<void> {
    for (const close of this.#close) close();
    await Promise.allSettled(this.#runs);
  }

  /**
   * Resolves when every board has ended: by `close()`, or because trying again was of no use.
   * @throws ConfigError for options that cannot be used
   */
  async ended(): Promise<void> {
    await Promise.all(this.#runs);
  }

  /** @throws Error when some did not work at the end, with the error of the first of them as its cause */
  check(): void {
    const failed = this.list.filter((board) => board.error !== undefined);
    if (failed.length === 0) return;
    const what = `${failed.length} of ${this.list.length} boards ended with an error`;
    throw new Error(what, { cause: failed[0]?.error });
  }

  /** Runs one board from its turn on, so that a fleet does not start in one moment. */
  #run(board: Board, index: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let device: Device | undefined;
      const turn = setTimeout(() => {
        try {
          device = this.#start(board, () => device?.pending ?? 0, resolve);
        } catch (error) {
          reject(error);
        }
      }, index * this.#options.connectInterval);
      this.#close.push(() => {
        clearTimeout(turn);
        if (device !== undefined) return device.close();
        board.state = "closed";
        resolve();
      });
    });
  }

  #start(board: Board, pending: () => number, onClosed: () => void): Device {
    const { reach, password, service, interval, seed, storage } = this.#options;
    const { number, name, node } = board;
    const account = fill(this.#options.jid, number);
    const changed = (): void => {
      board.pending = pending();
      this.#options.onBoard?.(board);
    };
    const failed = (error: XmppError): void => {
      board.error = error;
      this.#options.onError?.(board, error);
    };
    return new Device({
      client: {
        ...reach,
        jid: account.includes("/") ? account : `${account}/${name}`,
        password,
        backoff: { start: 0 },
      },
      sensor: new SimulatedSensor(seed + number),
      baseName: `urn:dev:ops:pipit-${name}:`,
      service,
      node,
      interval,
      storage: storage === undefined ? new MemoryStorage() : new Storage(join(storage, name)),
      onState: (state) => {
        board.state = state;
        if (state === "online") board.error = undefined;
        changed();
      },
      onReadings: changed,
      onPublished: () => {
        board.published++;
        board.error = undefined;
        changed();
      },
      onLosses: (losses) => {
        // The server has the unsettled ones, unless it fell over.
        const lost = CAUSES.filter((cause) => cause !== "unsettled");
        board.dropped = lost.reduce((total, cause) => total + losses[cause], 0);
        changed();
      },
      onError: (error) => {
        failed(error);
        changed();
      },
      onClosed,
    });
  }
}

function newBoard({ first, node }: BoardsOptions, index: number): Board {
  const number = first + index;
  return {
    number,
    name: `board${number}`,
    node: fill(node, number),
    state: "waiting",
    published: 0,
    dropped: 0,
    pending: 0,
    error: undefined,
  };
}

/** Puts a board's number in the place of `%i`. */
export function fill(pattern: string, number: number): string {
  return pattern.replaceAll("%i", String(number));
}
