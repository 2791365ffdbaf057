import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Finds a port on loopback that nobody listens on. It lies below those that systems give to outgoing
 * connections (from 32768 on Linux), so that it stays free while a server restarts.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_768);
    const listener = createServer();
    try {
      await once(listener.listen(port, "127.0.0.1"), "listening");
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    } finally {
      listener.close();
    }
  }
}
