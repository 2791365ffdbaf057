/** Simulated sensor boards: the firmware's own device, with a simulated sensor. */

import type { ClientState } from "../../firmware/client/client.js";
import { Device } from "../../firmware/device.js";
import { SimulatedSensor } from "../../firmware/sensors/simulated.js";
import type { Reading } from "../../firmware/telemetry/senml.js";
import type { XmppError } from "../../firmware/xmpp/errors.js";
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
  onBoard?: (board: Board) => void;
  onError?: (board: Board, error: XmppError) => void;
}

/** One board, and what it has done so far. */
export interface Board {
  readonly number: number;
  readonly name: string;
  readonly node: string;
  state: ClientState;
  /** The last readings taken. */
  readings: readonly Reading[];
  published: number;
  /** Items that will never be published: there was no room for them, or they were refused. */
  dropped: number;
  pending: number;
  /** What went wrong last, until it works again. */
  error: XmppError | undefined;
}

export class Boards {
  readonly list: Board[] = [];
  readonly #options: BoardsOptions;
  readonly #devices: Device[] = [];
  readonly #ended: Promise<void>[] = [];

  constructor(options: BoardsOptions) {
    this.#options = options;
    for (let i = 0; i < options.count; i++) this.#start(options.first + i, i);
  }

  /** Closes all streams in good order. */
  async close(): Promise<void> {
    for (const device of this.#devices) device.close();
    await this.ended();
  }

  /** Resolves when every board has ended: by `close()`, or because trying again was of no use. */
  async ended(): Promise<void> {
    await Promise.all(this.#ended);
  }

  #start(number: number, index: number): void {
    const { reach, password, service, interval, connectInterval, seed } = this.#options;
    const name = `board${number}`;
    const node = fill(this.#options.node, number);
    const account = fill(this.#options.jid, number);
    const board: Board = {
      number,
      name,
      node,
      state: "waiting",
      readings: [],
      published: 0,
      dropped: 0,
      pending: 0,
      error: undefined,
    };
    this.list.push(board);
    const changed = (): void => {
      board.pending = this.#devices[index]?.pending ?? 0;
      this.#options.onBoard?.(board);
    };
    this.#ended.push(
      new Promise((resolve) => {
        const device = new Device({
          client: {
            ...reach,
            jid: account.includes("/") ? account : `${account}/${name}`,
            password,
            // Each board of a fleet waits its turn, so that they do not start in step.
            backoff: { start: Math.max(1, 2 * index * connectInterval) },
          },
          sensor: new SimulatedSensor(seed + number),
          baseName: `urn:dev:ops:pipit-${name}:`,
          service,
          node,
          interval,
          onState: (state) => {
            board.state = state;
            if (state === "online") board.error = undefined;
            changed();
          },
          onReadings: (readings) => {
            board.readings = readings;
            changed();
          },
          onPublished: () => {
            board.published++;
            board.error = undefined;
            changed();
          },
          onDropped: () => {
            board.dropped++;
            changed();
          },
          onError: (error) => {
            board.error = error;
            this.#options.onError?.(board, error);
            changed();
          },
          onClosed: () => resolve(),
        });
        this.#devices.push(device);
      }),
    );
  }
}

/** Puts a board's number in the place of `%i`. */
export function fill(pattern: string, number: number): string {
  return pattern.replaceAll("%i", String(number));
}
