/** The lines of a board's log, as they come over the serial line with packets between them. */

import { LEVELS, type Level } from "../../firmware/board/log.js";

/** A line of the log; or of something else that writes to the line, such as the boot loader. */
export interface LogLine {
  /** The line as it came, without its end. */
  readonly text: string;
  /** What it says, if it is the firmware's. */
  readonly entry?: {
    /** Seconds since the board started. */
    readonly time: number;
    readonly level: Level;
    readonly subject: string;
    readonly text: string;
  };
}

/** How packets begin; and where the length of their data is, how long all before it, and the sum behind it. */
const PACKET = Uint8Array.from([...new TextEncoder().encode("IMPROV"), 1]);
const LENGTH_AT = 8;
const AROUND_DATA = 10;

/** A line may go on for ever where the other side speaks at another rate. */
const MAX_LINE = 1_024;

const NEWLINE = 0x0a;

/** Finds lines, and passes over the packets, which begin lines as well. */
export class LogReader {
  readonly #onLine: (line: LogLine) => void;
  /** The line, or packet, that has begun. */
  #begun: number[] = [];

  constructor(onLine: (line: LogLine) => void) {
    this.#onLine = onLine;
  }

  write(bytes: Uint8Array): void {
    for (const byte of bytes) this.#take(byte);
  }

  #take(byte: number): void {
    const begun = this.#begun;
    begun.push(byte);
    if (PACKET.every((one, at) => at >= begun.length || begun[at] === one)) {
      const length = begun[LENGTH_AT];
      if (length !== undefined && begun.length >= length + AROUND_DATA) this.#begun = [];
    } else if (byte === NEWLINE || begun.length === MAX_LINE) {
      this.#begun = [];
      const text = Buffer.from(begun).toString().trimEnd();
      if (text !== "") this.#onLine(parseLine(text));
    }
  }
}

const ENTRY = /^\[([0-9]+\.[0-9]{3})\] ([a-z]+) ([^:]*): (.*)$/;

/** Reads a line as `firmware/board/log.ts` writes it. */
export function parseLine(text: string): LogLine {
  const [, time, level = "", subject = "", rest = ""] = ENTRY.exec(text) ?? [];
  if (time === undefined || !isLevel(level)) return { text };
  return { text, entry: { time: Number(time), level, subject, text: rest } };
}

function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}
