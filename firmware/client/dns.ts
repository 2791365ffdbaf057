/** DNS messages (RFC 1035), as far as it takes to ask for SRV records (RFC 2782). */

export const TYPE_SRV = 33;
const CLASS_IN = 1;
const HEADER_BYTES = 12;
const FLAG_RESPONSE = 0x8000;
const FLAG_TRUNCATED = 0x0200;
const FLAG_RECURSE = 0x0100;
const RCODE = 0x000f;
/** Compression pointers to follow in one name; a loop has more than any name has labels. */
const MAX_POINTERS = 16;

export const NOERROR = 0;
export const NXDOMAIN = 3;

/** One place where a service is to be had. */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** A host name without the last dot; empty for the root, which means "there is no such service". */
  readonly target: string;
}

export interface SrvResponse {
  readonly id: number;
  /** The name that was asked for, in lower case. */
  readonly name: string;
  readonly rcode: number;
  /** Whether records are missing because the datagram was too small. */
  readonly truncated: boolean;
  readonly records: readonly SrvRecord[];
}

/** A query for the SRV records of a name in ASCII. */
export function srvQuery(id: number, name: string): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + name.length + 2 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id);
  view.setUint16(2, FLAG_RECURSE);
  view.setUint16(4, 1);
  let at = HEADER_BYTES;
  name.split(".").forEach((label) => {
    bytes[at++] = label.length;
    for (let i = 0; i < label.length; i++) bytes[at++] = label.charCodeAt(i);
  });
  at++;
  view.setUint16(at, TYPE_SRV);
  view.setUint16(at + 2, CLASS_IN);
  return bytes;
}

/** Reads a response. @returns `undefined` for what is no response to one question for SRV records */
export function parseSrvResponse(bytes: Uint8Array): SrvResponse | undefined {
  try {
    return new Reader(bytes).response();
  } catch (error) {
    if (error instanceof RangeError) return undefined; // it points outside of itself
    throw error;
  }
}

class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  response(): SrvResponse | undefined {
    const id = this.#uint16();
    const flags = this.#uint16();
    const questions = this.#uint16();
    const answers = this.#uint16();
    this.#at = HEADER_BYTES;
    if ((flags & FLAG_RESPONSE) === 0 || questions !== 1) return undefined;
    const name = this.#name().toLowerCase();
    if (this.#uint16() !== TYPE_SRV || this.#uint16() !== CLASS_IN) return undefined;
    const truncated = (flags & FLAG_TRUNCATED) !== 0;
    return { id, name, rcode: flags & RCODE, truncated, records: this.#records(answers) };
  }

  #records(count: number): SrvRecord[] {
    const records: SrvRecord[] = [];
    for (let i = 0; i < count; i++) {
      this.#name(); // the owner, which an alias may have made another than the one asked for
      const type = this.#uint16();
      this.#at += 6; // class and time to live
      const end = this.#uint16() + this.#at;
      if (type === TYPE_SRV) {
        const priority = this.#uint16();
        const weight = this.#uint16();
        const port = this.#uint16();
        records.push({ priority, weight, port, target: this.#name() });
      }
      this.#at = end;
    }
    return records;
  }

  #uint16(): number {
    const value = this.#view.getUint16(this.#at);
    this.#at += 2;
    return value;
  }

  /** A domain name, which may end in a pointer to an earlier one (RFC 1035 4.1.4). */
  #name(): string {
    const labels: string[] = [];
    let at = this.#at;
    let end = -1;
    for (let pointers = 0; ; ) {
      const length = this.#view.getUint8(at++);
      if (length === 0) break;
      if (length < 64) {
        let label = "";
        for (let i = 0; i < length; i++) label += String.fromCharCode(this.#view.getUint8(at++));
        labels.push(label);
        continue;
      }
      if (length < 192 || ++pointers > MAX_POINTERS) throw new RangeError("not a domain name");
      if (end < 0) end = at + 1;
      at = ((length & 0x3f) << 8) | this.#view.getUint8(at);
    }
    this.#at = end < 0 ? at : end;
    return labels.join(".");
  }
}
