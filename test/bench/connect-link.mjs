/**
 * A long way to a server: a TCP proxy on loopback for one connection, which holds every piece of data back
 * for the same time. It has latency and no limit on bandwidth, and it takes part in no handshake: the
 * connection to it stands at once, so the round trip that TCP spends on that has to be added.
 */

import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * Opens a link to `port`.
 * @param delay milliseconds in each direction
 * @returns the `port` to connect to; what was delivered so far, `up` to the server and `down` to the client
 */
export async function openLink(port, delay) {
  const up = new Direction(delay);
  const down = new Direction(delay);
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    listener.close();
    const server = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    up.carry(client, server);
    down.carry(server, client);
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  return { port: listener.address().port, up, down, close: () => listener.close() };
}

class Direction {
  /** Bytes of TCP payload. */
  bytes = 0;
  /** Groups of pieces without half a round trip between any two. What waits for an answer takes a whole one. */
  flights = 0;
  #delay;
  #last = Number.NEGATIVE_INFINITY;

  constructor(delay) {
    this.#delay = delay;
  }

  carry(from, to) {
    // Timers with the same delay run in the order in which they were set.
    const later = (action) => setTimeout(action, this.#delay);
    from.on("data", (piece) =>
      later(() => {
        this.#count(piece.length);
        to.write(piece);
      }),
    );
    from.on("end", () => later(() => to.end()));
    from.on("error", () => later(() => to.destroy()));
  }

  #count(length) {
    const now = performance.now();
    if (now - this.#last > this.#delay) this.flights++;
    this.#last = now;
    this.bytes += length;
  }
}
