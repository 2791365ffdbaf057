/** The dashboard on HTTP: a page of three files, and a WebSocket that tells it what happens. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { Access, cookieName, isLoopback, type Refusal } from "./access.js";
import type { WebFile } from "./flash-page.js";
import type { Model } from "./model.js";
import { FROM_PAGE_BYTES } from "./protocol.js";
import { Viewer } from "./viewer.js";

export interface WebServerOptions {
  readonly model: Model;
  /** The folder with the page, as `scripts/page.mjs` makes it. */
  readonly page: string;
  /** The address to listen at. On any but this machine's own, visitors need a link. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Whether to take the next port when that one is in use. */
  readonly mayMove: boolean;
  /** Other files to serve, by their paths. */
  readonly more?: ReadonlyMap<string, WebFile>;
  /** A link was used: here is the next. */
  readonly onLink: (link: string) => void;
}

/** Ports that are tried, one after the other. */
const TRIES = 20;
/** Browsers at once, and connections: each browser has a few. */
const MAX_VIEWERS = 32;
const MAX_CONNECTIONS = 200;
const TOO_MANY = "Too many are looking already";
/** Milliseconds between two questions whether a browser is still there. */
const PING_INTERVAL = 20_000;

/** Addresses that stand for all of this machine's. */
const EVERYWHERE = ["0.0.0.0", "::"];

const TYPES = {
  "index.html": "text/html; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
} as const;

/**
 * A page that loads its own files and talks to its own server, and can do nothing else. Trusted Types make the
 * browser refuse whatever would turn a text into HTML, so that no mistake of ours can.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS = {
  "Content-Security-Policy": POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
} as const;

export class WebServer {
  readonly #options: WebServerOptions;
  readonly #access: Access;
  readonly #files: ReadonlyMap<string, WebFile>;
  /** What tells the page from those of other versions. */
  readonly #page: string;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FROM_PAGE_BYTES,
    perMessageDeflate: false, // it costs 300 kB for each browser
  });
  /** Browsers that have been heard of since they were last asked. */
  readonly #alive = new WeakSet<object>();
  #pinging: NodeJS.Timeout | undefined;

  /** @throws ConfigError when the page has not been built */
  constructor(options: WebServerOptions) {
    this.#options = options;
    this.#access = new Access(options.host);
    const page = readPage(options.page);
    this.#page = hashOf(page);
    this.#files = new Map([...page, ...(options.more ?? [])]);
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#http.maxConnections = MAX_CONNECTIONS;
    this.#http.headersTimeout = 10_000;
    this.#http.requestTimeout = 10_000;
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /**
   * Begins to listen.
   * @returns where to look, for a person: with the link that lets one browser in, if that is needed
   * @throws ConfigError `port` when none can be had
   */
  async listen(): Promise<string> {
    const { host, port, mayMove } = this.#options;
    const last = mayMove && port !== 0 ? Math.min(port + TRIES - 1, 65_535) : port;
    for (let next = port; ; next++) {
      try {
        await this.#open(next);
        break;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === "EADDRINUSE" && next < last) continue;
        const place = next === port ? `port ${port}` : `ports ${port} to ${next}`;
        const what = code === "EADDRINUSE" ? "in use" : `not to be had (${message})`;
        throw new ConfigError("port", `${place} on ${host}: ${what}; choose another with --port`);
      }
    }
    this.#pinging = setInterval(() => this.#ping(), PING_INTERVAL);
    return this.#address(this.#access.link ?? "/");
  }

  /** Lets all browsers go. */
  async close(): Promise<void> {
    clearInterval(this.#pinging);
    // 1001: the server goes away (RFC 6455 7.4.1).
    for (const socket of this.#sockets.clients) socket.close(1001);
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeIdleConnections();
    // A browser that does not answer is not waited for.
    const timer = setTimeout(() => {
      for (const socket of this.#sockets.clients) socket.terminate();
      this.#http.closeAllConnections();
    }, 500);
    await closed;
    clearTimeout(timer);
  }

  #open(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#http.once("error", reject);
      this.#http.listen({ host: this.#options.host, port }, () => {
        this.#http.off("error", reject);
        this.#http.on("error", () => {}); // of a connection that could not be accepted
        resolve();
      });
    });
  }

  #address(path: string): string {
    const { port, address } = this.#http.address() as AddressInfo;
    const host = isLoopback(address)
      ? "localhost"
      : EVERYWHERE.includes(address)
        ? hostname()
        : isIPv6(address)
          ? `[${address}]`
          : address;
    return `http://${host}:${port}${path}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const [path = "", query] = (request.url ?? "").split("?");
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead) return refuse(response, 405, "There is nothing to change here");
    const refusal = this.#access.check(request);
    if (refusal !== undefined) return refuse(response, refusal.status, refusal.text);
    if (path === "/enter")
      return this.#enter(request, response, new URLSearchParams(query).get("key") ?? "");
    const visitor = this.#access.checkVisitor(request);
    if (visitor !== undefined) return refuse(response, visitor.status, visitor.text);
    // Pages are not told why their WebSockets are refused, so they ask here.
    if (path === "/events")
      return this.#isFull
        ? refuse(response, 503, TOO_MANY)
        : refuse(response, 426, "This is for WebSockets");
    const file = this.#files.get(path === "/" ? "/index.html" : path);
    if (file === undefined) return refuse(response, 404, "There is no such page");
    const { type, policy = POLICY, read } = file;
    let body: Buffer;
    try {
      body = read();
    } catch (error) {
      return refuse(response, 500, `It cannot be read: ${(error as NodeJS.ErrnoException).code}`);
    }
    response.writeHead(200, {
      ...HEADERS,
      "Content-Security-Policy": policy,
      "Content-Type": type,
    });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  #enter(request: IncomingMessage, response: ServerResponse, key: string): void {
    const secret = this.#access.enter(key);
    if (secret === undefined)
      return refuse(response, 401, "This link has been used; the next one was printed");
    const cookie = `${cookieName(request)}=${secret}; HttpOnly; SameSite=Lax; Path=/`;
    response.writeHead(303, { ...HEADERS, Location: "/", "Set-Cookie": cookie }).end();
    this.#options.onLink(this.#address(this.#access.link as string));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    let refusal: Refusal | { status: 404 | 503; text: string } | undefined =
      this.#access.checkSocket(request);
    if (request.url !== "/events") refusal ??= { status: 404, text: "There is no such socket" };
    if (this.#isFull) refusal ??= { status: 503, text: TOO_MANY };
    if (refusal !== undefined) {
      const { status, text } = refusal;
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n${text}\n`,
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#alive.add(webSocket);
      webSocket.on("pong", () => this.#alive.add(webSocket));
      new Viewer(this.#options.model, webSocket, this.#page);
    });
  }

  get #isFull(): boolean {
    return this.#sockets.clients.size >= MAX_VIEWERS;
  }

  /** Gives up those that have not answered since the last time. */
  #ping(): void {
    for (const socket of this.#sockets.clients)
      if (this.#alive.delete(socket)) socket.ping();
      else socket.terminate();
  }
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, "Content-Type": "text/plain; charset=utf-8" });
  response.end(`${text}.\n`);
}

function hashOf(files: ReadonlyMap<string, WebFile>): string {
  const hash = createHash("sha256");
  for (const { read } of files.values()) hash.update(read());
  return hash.digest("base64url");
}

function readPage(folder: string): Map<string, WebFile> {
  try {
    return new Map(
      Object.entries(TYPES).map(([name, type]) => {
        const body = readFileSync(join(folder, name));
        return [`/${name}`, { type, read: () => body }];
      }),
    );
  } catch (error) {
    const reason = (error as Error).message;
    throw new ConfigError(
      "page",
      `the page is not there: ${reason}; node scripts/page.mjs makes it`,
    );
  }
}
