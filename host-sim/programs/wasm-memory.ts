/**
 * How much memory a WebAssembly file wants, and how many entries in tables of functions, which its loader does not
 * say (WebAssembly Core 2.0, 5.5).
 */

const TABLE_SECTION = 4;
const MEMORY_SECTION = 5;

/** `most` is undefined when there is no bound. */
export interface Bounds {
  readonly least: number;
  readonly most: number | undefined;
}

const NONE: Bounds = { least: 0, most: 0 };

/**
 * @param bytes a file that the engine has found valid
 * @returns pages of 64 KiB
 */
export function memoryBounds(bytes: Uint8Array): Bounds {
  const reader = findSection(bytes, MEMORY_SECTION);
  return reader === undefined || reader.number() === 0 ? NONE : reader.bounds();
}

/**
 * @param bytes a file that the engine has found valid
 * @returns entries; without a bound where there is more than one table, which no compiler of programs makes
 */
export function tableBounds(bytes: Uint8Array): Bounds {
  const reader = findSection(bytes, TABLE_SECTION);
  const tables = reader?.number() ?? 0;
  if (reader === undefined || tables === 0) return NONE;
  const type = reader.number();
  return tables === 1 && type === FUNCREF ? reader.bounds() : { least: 0, most: undefined };
}

const FUNCREF = 0x70;

function findSection(bytes: Uint8Array, wanted: number): Reader | undefined {
  const reader = new Reader(bytes);
  while (reader.at < bytes.length) {
    const section = reader.number();
    const size = reader.number();
    if (section === wanted) return reader;
    reader.at += size;
  }
  return undefined;
}

class Reader {
  readonly #bytes: Uint8Array;
  at = 8; // behind the magic number and the version

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  bounds(): Bounds {
    const isBounded = (this.number() & 1) === 1;
    const least = this.number();
    return { least, most: isBounded ? this.number() : undefined };
  }
}
