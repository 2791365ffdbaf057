/** Received bytes that wait to be read: first in, first out, in the pieces in which they came. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** How many bytes wait. */
  get length(): number {
    return this.#length;
  }

  /** Appends `chunk`, which belongs to the queue from then on. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Moves the oldest bytes into `target`, and fills it. The queue must not be shorter. */
  take(target: Uint8Array): void {
    let filled = 0;
    let emptied = 0;
    for (const chunk of this.#chunks) {
      const missing = target.length - filled;
      if (chunk.length > missing) {
        target.set(chunk.subarray(0, missing), filled);
        this.#chunks[emptied] = chunk.subarray(missing);
        break;
      }
      target.set(chunk, filled);
      filled += chunk.length;
      emptied += 1;
    }
    this.#chunks.splice(0, emptied);
    this.#length -= target.length;
  }
}
