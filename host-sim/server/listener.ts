/** The server's ports: one for STARTTLS, one where TLS begins with the connection (XEP-0368). */

import { type AddressInfo, createServer, type Server as NetServer } from "node:net";
import { createSecureContext } from "node:tls";
import { portProblem } from "../node/port-problem.js";
import type { Authority } from "./certificates.js";
import { Connection } from "./connection.js";
import type { Server } from "./server.js";

export interface ListenerOptions {
  server: Server;
  /** Issues the server's certificate, anew each time. */
  authority: Authority;
  /** The address to listen at. Default `127.0.0.1`: only this machine gets there. */
  host?: string;
  /** For STARTTLS; 0 for any free one. Default 5222. */
  port?: number;
  /** For direct TLS; 0 for any free one. Default 5223. */
  directPort?: number;
  /** Milliseconds that a client has until it has bound a resource. Default 60,000: deriving keys takes time. */
  negotiationTimeout?: number;
}

const HOST = "127.0.0.1";
const PORT = 5222;
const DIRECT_PORT = 5223;
const NEGOTIATION_TIMEOUT = 60_000;

/** Connections that the system may accept ahead of us: a fleet that lost its server comes back in one moment. */
const BACKLOG = 4096;

export class Listener {
  readonly #options: ListenerOptions;
  #servers: NetServer[] = [];
  readonly #connections = new Set<Connection>();

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /**
   * Begins to accept connections. After `close` or `kill` it may be called again.
   * @returns the ports it listens at
   * @throws ConfigError `port` when one cannot be had
   */
  async listen(): Promise<{ port: number; directPort: number }> {
    if (this.#servers.length > 0) throw new Error("the server is listening already");
    const { server, authority, port = PORT, directPort = DIRECT_PORT } = this.#options;
    const names = [...new Set([server.domain, server.pubsub.address, "localhost"])];
    const { certificate, key } = await authority.issue({ names });
    const secureContext = createSecureContext({ cert: certificate, key, minVersion: "TLSv1.2" });
    const create = (direct: boolean): NetServer =>
      createServer((socket) => {
        const connection = new Connection(socket, {
          server,
          secureContext,
          direct,
          negotiationTimeout: this.#options.negotiationTimeout ?? NEGOTIATION_TIMEOUT,
          onClosed: () => this.#connections.delete(connection),
        });
        this.#connections.add(connection);
      });
    const [starttls, direct] = [create(false), create(true)];
    this.#servers = [starttls, direct];
    try {
      return {
        port: await this.#open(starttls, port, "--port"),
        directPort: await this.#open(direct, directPort, "--direct-port"),
      };
    } catch (error) {
      this.kill();
      throw error;
    }
  }

  /**
   * Ends all streams in good order, and resolves when the last connection is closed. Clients that do not
   * close their side are cut off after two seconds.
   */
  async close(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    this.#options.server.shutDown();
    await Promise.all(closed);
  }

  /** Drops everything at once, as a machine does that loses power. */
  kill(): void {
    for (const server of this.#servers) server.close();
    this.#servers = [];
    for (const connection of this.#connections) connection.kill();
  }

  #open(server: NetServer, port: number, option: string): Promise<number> {
    const host = this.#options.host ?? HOST;
    return new Promise((resolve, reject) => {
      server.once("error", (error) => reject(portProblem(error, host, port, option)));
      server.listen({ host, port, backlog: BACKLOG }, () =>
        resolve((server.address() as AddressInfo).port),
      );
    });
  }
}
