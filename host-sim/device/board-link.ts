/** The computer's end of provisioning: `docs/provisioning.md`, `firmware/board/provisioning`. */

import type { ReadableStreamDefaultReader, WritableStreamDefaultWriter } from "node:stream/web";
import {
  COMMAND,
  CURRENT_STATE,
  decodeStrings,
  ERROR_STATE,
  encodePacket,
  encodeStrings,
  type Packet,
  PacketReader,
  RESULT,
} from "../../firmware/board/provisioning/improv.js";
import {
  GET_STATE,
  INVALID_PACKET,
  NO_ERROR,
  UNABLE_TO_CONNECT,
  UNKNOWN_COMMAND,
} from "../../firmware/board/provisioning/provisioner.js";
import { type LogLine, LogReader } from "./log-reader.js";
import { BAUD_RATE, type SerialLine, UnpluggedError } from "./serial-line.js";

/** How long an answer may take, in milliseconds, and how often a command is sent: boards take time to start. */
const PATIENCE = 2_000;
const TRIES = 6;

/** What may follow a packet, so that it does not begin in the middle of a line. */
const END = Uint8Array.of(0x0a);

export interface RequestOptions {
  /** Whether there is a result for each of several things, and an empty one that ends them. */
  readonly isList?: boolean;
  /** How long it may take from one packet of the answer to the next, in milliseconds. */
  readonly patience?: number;
  /** How often to send it when nothing comes back. */
  readonly tries?: number;
}

/** The board said no. */
export class RefusedError extends Error {
  /** `NO_ERROR` and the like of `provisioner.ts`. */
  readonly code: number;

  constructor(code: number) {
    super(REASONS[code] ?? "the board could not do it: it is busy, or its storage failed");
    this.code = code;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  [INVALID_PACKET]: "the board could make nothing of what it was sent",
  [UNKNOWN_COMMAND]: "the board's firmware does not know this command: is it Pipit?",
  [UNABLE_TO_CONNECT]: "the network could not be joined",
};

/** Nothing came back in time. */
export class SilentError extends Error {
  constructor(name: string) {
    super(
      `the board on ${name} does not answer: is Pipit's firmware on it? (pipit flash puts it there)`,
    );
  }
}

interface Pending {
  readonly command: number;
  readonly isList: boolean;
  readonly results: string[][];
  /** Something of the answer has come: time begins anew. */
  readonly onProgress: () => void;
  readonly resolve: (results: string[][]) => void;
  readonly reject: (error: Error) => void;
}

export class BoardLink {
  readonly #line: SerialLine;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #packets: PacketReader;
  readonly #log: LogReader;
  #pending: Pending | undefined;
  #state: number | undefined;
  #onState: () => void = () => {};

  /** Opens the line. @throws Error as {@link SerialLine.open} does */
  static async open(
    line: SerialLine,
    onLog: (line: LogLine) => void = () => {},
  ): Promise<BoardLink> {
    await line.open({ baudRate: BAUD_RATE });
    // Raised, as they are now, these wires hold some boards in reset.
    await line.setSignals({ dataTerminalReady: false, requestToSend: false });
    const { readable, writable } = line;
    if (readable === null || writable === null) throw new UnpluggedError(line.name);
    return new BoardLink(line, readable.getReader(), writable.getWriter(), onLog);
  }

  private constructor(
    line: SerialLine,
    reader: ReadableStreamDefaultReader<Uint8Array>,
    writer: WritableStreamDefaultWriter<Uint8Array>,
    onLog: (line: LogLine) => void,
  ) {
    this.#line = line;
    this.#reader = reader;
    this.#writer = writer;
    this.#log = new LogReader(onLog);
    this.#packets = new PacketReader(
      (packet) => this.#received(packet),
      () => {}, // the command is sent again
    );
    line.lost.catch((error: Error) => this.#pending?.reject(error));
    void this.#read();
  }

  /** Rejects when the board is unplugged. */
  get lost(): Promise<never> {
    return this.#line.lost;
  }

  /**
   * Sends a command, again if need be, and waits for its results. One at a time.
   * @throws RefusedError, SilentError, UnpluggedError
   */
  async request(
    command: number,
    strings: readonly string[] = [],
    { isList = false, patience = PATIENCE, tries = TRIES }: RequestOptions = {},
  ): Promise<string[][]> {
    for (let tried = 1; ; tried++) {
      try {
        return await this.#exchange(command, strings, isList, patience);
      } catch (error) {
        const isNoise = error instanceof RefusedError && error.code === INVALID_PACKET;
        if (tried >= tries || !(isNoise || error instanceof SilentError)) throw error;
      }
    }
  }

  /** Improv's state of the board, such as `READY`. @throws as {@link request} does */
  async state(): Promise<number> {
    this.#state = undefined;
    const told = new Promise<void>((resolve) => {
      this.#onState = resolve;
    });
    // Only a board in a network gives a result as well; the state comes before it.
    const answer = this.request(GET_STATE);
    await Promise.race([told, answer]);
    this.#pending?.resolve([]);
    return this.#state ?? 0;
  }

  async close(): Promise<void> {
    this.#pending?.reject(new Error("the line was closed"));
    this.#writer.releaseLock();
    await this.#reader.cancel().catch(() => {}); // it fails when the board was unplugged
    await this.#line.close();
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) return;
        this.#log.write(value);
        this.#packets.write(value, performance.now());
      }
    } catch {
      // `lost` tells
    }
  }

  #exchange(
    command: number,
    strings: readonly string[],
    isList: boolean,
    patience: number,
  ): Promise<string[][]> {
    return new Promise<string[][]>((resolve, reject) => {
      const silent = (): void => this.#pending?.reject(new SilentError(this.#line.name));
      let timer = setTimeout(silent, PATIENCE);
      const end = (): void => {
        clearTimeout(timer);
        this.#pending = undefined;
      };
      this.#pending = {
        command,
        isList,
        results: [],
        onProgress: () => {
          clearTimeout(timer);
          timer = setTimeout(silent, patience);
        },
        resolve: (results) => {
          end();
          resolve(results);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      const packet = encodePacket(COMMAND, encodeStrings(command, strings));
      this.#writer
        .write(Uint8Array.from([...packet, ...END]))
        .catch((error: Error) => this.#pending?.reject(error));
    });
  }

  #received({ type, data }: Packet): void {
    if (type === CURRENT_STATE) {
      this.#state = data[0] ?? 0;
      return this.#onState();
    }
    const pending = this.#pending;
    if (pending === undefined) return;
    if (type === ERROR_STATE) {
      const [code = NO_ERROR] = data;
      return code === NO_ERROR ? pending.onProgress() : pending.reject(new RefusedError(code));
    }
    const result = type === RESULT ? decodeStrings(data) : undefined;
    if (result?.command !== pending.command) return;
    pending.onProgress();
    if (pending.isList && result.strings.length > 0) pending.results.push(result.strings);
    else pending.resolve(pending.isList ? pending.results : [result.strings]);
  }
}
