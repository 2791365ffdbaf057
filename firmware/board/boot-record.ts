/**
 * Remembers crashes from one start to the next, to end a loop of them in safe mode.
 *
 * Only crashes are written down, so a board that works, or wakes from deep sleep every minute, wears nothing
 * out.
 */

import type { KeyValue } from "../io.js";
import type { ResetReason } from "./hardware.js";

/** Crashes in a row that are too many. */
export const CRASH_LIMIT = 5;

const CRASHES = "crashes";
const PLANNED = "planned";

const CRASH: readonly ResetReason[] = Object.freeze([
  "panic",
  "watchdog",
  "software",
  "unknown",
] as const);

export class BootRecord {
  readonly #store: KeyValue;
  #crashes: number;

  /** To be made once, at the start, with a store that holds nothing else. */
  constructor(store: KeyValue, reason: ResetReason) {
    this.#store = store;
    const wasPlanned = store.read(PLANNED) !== undefined;
    if (wasPlanned) store.delete(PLANNED);
    this.#crashes = readByte(store, CRASHES);
    if (CRASH.includes(reason) && !wasPlanned) this.#write(this.#crashes + 1);
  }

  /** Whether to start with as little as possible. */
  get isSafeMode(): boolean {
    return this.#crashes >= CRASH_LIMIT;
  }

  /** How many crashes there have been since it last ran for a while. */
  get crashes(): number {
    return this.#crashes;
  }

  /**
   * It has run for a while, or has got new settings: those crashes are over. Switching it off and on does not
   * end them: to open a serial port does just that to many boards, before they can be told anything.
   */
  settle(): void {
    if (this.#crashes > 0) this.#write(0);
  }

  /** Leaves safe mode with the next start, for one try: the next crash leads back. */
  tryAgain(): void {
    this.#write(CRASH_LIMIT - 1);
  }

  /** To be called before a restart on purpose, which else would look like one after an exception. */
  planRestart(): void {
    this.#store.write(PLANNED, Uint8Array.of(1));
  }

  #write(crashes: number): void {
    this.#crashes = Math.min(crashes, CRASH_LIMIT);
    this.#store.write(CRASHES, Uint8Array.of(this.#crashes));
  }
}

function readByte(store: KeyValue, key: string): number {
  const value = store.read(key);
  return value === undefined ? 0 : (new Uint8Array(value)[0] ?? 0);
}
