/** A TCP proxy on loopback that counts what goes through it: all of TLS, and nothing of TCP. */

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Opens one to `port`. Returns the `port` to connect to, and `bytes()`, those in both directions so far. */
export async function openCounter(port) {
  let bytes = 0;
  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ port, host: "127.0.0.1", noDelay: true });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      from.on("data", (piece) => {
        bytes += piece.length;
      });
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  return { port: listener.address().port, bytes: () => bytes, close: () => listener.close() };
}
