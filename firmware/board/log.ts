/** The log: lines for whoever is at the serial line, and the last of them kept for whoever comes later. */

/** How bad it is, the worst first. */
export const LEVELS = Object.freeze(["error", "warning", "info", "debug"] as const);
export type Level = (typeof LEVELS)[number];

export interface LogEntry {
  /** Counts all entries since the start, from 0. */
  readonly sequence: number;
  /** Milliseconds since the start. The clock may not be set yet. */
  readonly time: number;
  readonly level: Level;
  /** Which part of the firmware it is about. */
  readonly subject: string;
  readonly text: string;
}

export interface LogOptions {
  /** Milliseconds since the start. */
  readonly uptime: () => number;
  /** Is given every line, with its end. */
  readonly print: (line: string) => void;
}

/** Entries that are kept: some 6 kB of RAM when all are as long as they mostly are. */
const CAPACITY = 48;

/** Code points of an entry's text, above which it is cut. */
const MAX_TEXT = 200;

/**
 * A ring of entries. What is written must hold no secrets; that is for the callers to see to, who log
 * conditions and names, and never settings.
 */
export class Log {
  /** The least important of what is printed and kept. */
  level: Level = "info";
  readonly #options: LogOptions;
  readonly #entries: LogEntry[] = [];
  #next = 0;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  error(subject: string, text: string): void {
    this.#write("error", subject, text);
  }

  warning(subject: string, text: string): void {
    this.#write("warning", subject, text);
  }

  info(subject: string, text: string): void {
    this.#write("info", subject, text);
  }

  debug(subject: string, text: string): void {
    this.#write("debug", subject, text);
  }

  /** The entries that are left of those from a number on. */
  since(sequence: number): readonly LogEntry[] {
    return this.#entries.filter((entry) => entry.sequence >= sequence);
  }

  #write(level: Level, subject: string, text: string): void {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(this.level)) return;
    const entry: LogEntry = {
      sequence: this.#next++,
      time: this.#options.uptime(),
      level,
      subject,
      text: printable(text),
    };
    this.#entries.push(entry);
    if (this.#entries.length > CAPACITY) this.#entries.shift();
    this.#options.print(`${formatEntry(entry)}\n`);
  }
}

/** `[12.345] warning wifi: what happened` */
export function formatEntry({ time, level, subject, text }: LogEntry): string {
  return `[${(time / 1000).toFixed(3)}] ${level} ${subject}: ${text}`;
}

/** Servers choose some of the texts. They are not to begin lines, or packets, or colour a terminal. */
function printable(text: string): string {
  return Array.from(text.slice(0, MAX_TEXT), (character) =>
    isControl(character.codePointAt(0) as number) ? " " : character,
  ).join("");
}

function isControl(point: number): boolean {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || point === 0x2028 || point === 0x2029;
}
