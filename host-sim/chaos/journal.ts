/** What happened in a run, in order: so that the way of one reading can be told. */

export interface Happening {
  /** Milliseconds since the run began. */
  readonly at: number;
  /** The device it happened to; all of them, or the server, when absent. */
  readonly device?: number;
  /** The readings that it concerns, by their numbers. */
  readonly readings?: readonly number[];
  readonly what: string;
}

export class Journal {
  readonly #now: () => number;
  readonly #happenings: Happening[] = [];
  /** Is told of everything at once. */
  onHappening: (happening: Happening) => void = () => {};

  /** @param now milliseconds since the run began */
  constructor(now: () => number) {
    this.#now = now;
  }

  note(what: string, device?: number, readings?: readonly number[]): void {
    const happening = {
      at: this.#now(),
      what,
      ...(device === undefined ? {} : { device }),
      ...(readings === undefined ? {} : { readings }),
    };
    this.#happenings.push(happening);
    this.onHappening(happening);
  }

  get all(): readonly Happening[] {
    return this.#happenings;
  }

  /** What became of a reading: all that concerns it, and the faults of its device and the server since. */
  historyOf(device: number, reading: number): Happening[] {
    const concerns = (it: Happening): boolean =>
      it.device === device && it.readings?.includes(reading) === true;
    const first = this.#happenings.findIndex(concerns);
    return this.#happenings.filter(
      (it, index) =>
        concerns(it) ||
        (index > first && it.readings === undefined && (it.device ?? device) === device),
    );
  }
}

/** One line for each happening: `  12.345 s  device 2  power is cut`. */
export function describe({ at, device, readings, what }: Happening): string {
  const time = (at / 1000).toFixed(3).padStart(9);
  const who = device === undefined ? "        " : `device ${device}`;
  const which = readings === undefined ? "" : ` [${ranges(readings)}]`;
  return `${time} s  ${who}  ${what}${which}`;
}

/** `1-4, 7` */
function ranges(numbers: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const number of numbers) {
    const last = parts.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}
