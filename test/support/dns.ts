/** A name server for tests: it reads questions, and writes answers, by RFC 1035. */

export interface Srv {
  priority?: number;
  weight?: number;
  port?: number;
  /** "" is the root. */
  target: string;
}

/** The name and type that a query asks for, and its id. */
export function readQuestion(bytes: Uint8Array): { id: number; name: string; type: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = bytes[at++] as number; length > 0; length = bytes[at++] as number) {
    labels.push(String.fromCharCode(...bytes.subarray(at, at + length)));
    at += length;
  }
  const word = (index: number): number =>
    ((bytes[index] as number) << 8) | (bytes[index + 1] as number);
  return { id: word(0), name: labels.join("."), type: word(at) };
}

interface Answer {
  records?: readonly Srv[];
  rcode?: number;
  truncated?: boolean;
  /** The id and the name to give back, where they are not those of the question. */
  id?: number;
  name?: string;
}

/** Answers a question for SRV records. Names are compressed where they end as the question does. */
export function srvAnswer(query: Uint8Array, answer: Answer): Uint8Array {
  const question = readQuestion(query);
  const { records = [], rcode = 0, truncated = false, id = question.id } = answer;
  const flags = 0x8180 | rcode | (truncated ? 0x0200 : 0);
  const bytes = [...words(id, flags, 1, records.length, 0, 0)];
  bytes.push(...wireName(answer.name ?? question.name), ...words(33, 1));
  for (const { priority = 0, weight = 0, port = 5222, target } of records) {
    const data = [...words(priority, weight, port), ...wireName(target)];
    bytes.push(0xc0, 12, ...words(33, 1, 0, 300, data.length), ...data);
  }
  return Uint8Array.from(bytes);
}

export function words(...values: number[]): number[] {
  return values.flatMap((value) => [value >> 8, value & 0xff]);
}

export function wireName(name: string): number[] {
  const labels = name === "" ? [] : name.split(".");
  const coded = labels.flatMap((label) => [label.length, ...Buffer.from(label, "latin1")]);
  return [...coded, 0];
}
