/** Sessions of servers that were connected to, for TLS to go on with: that spares a round trip and much arithmetic. */

/** Names of servers at most; of more, the oldest session is dropped. A device has one server, rarely two. */
const CAPACITY = 2;

/** In RAM: a device that restarts begins anew. */
export class SessionCache {
  readonly #sessions = new Map<string, ArrayBuffer>();

  /** Takes a session out: one that did not serve, or that a watcher could tell again, is not offered twice. */
  take(serverName: string): ArrayBuffer | undefined {
    const session = this.#sessions.get(serverName);
    this.#sessions.delete(serverName);
    return session;
  }

  put(serverName: string, session: ArrayBuffer): void {
    this.#sessions.delete(serverName);
    this.#sessions.set(serverName, session);
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= CAPACITY) break;
      this.#sessions.delete(oldest);
    }
  }
}
