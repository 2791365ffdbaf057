/** The embedded server in the process of the test, for commands that run in others. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSenml, type Reading } from "../../../firmware/telemetry/senml.js";
import { NS_PUBSUB } from "../../../firmware/xmpp/extensions/pubsub.js";
import { NS_CLIENT } from "../../../firmware/xmpp/namespaces.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import { type Authority, createAuthority } from "../../../host-sim/server/certificates.js";
import { Listener } from "../../../host-sim/server/listener.js";
import type { Server, ServerOptions } from "../../../host-sim/server/server.js";
import type { Filter } from "../../../host-sim/server/session.js";
import { accounts, DOMAIN, newServer, PASSWORD } from "../../host-sim/server/support.js";
import { freePort } from "../../interop/support/ports.js";

export { DOMAIN, PASSWORD };
export const SERVICE = `pubsub.${DOMAIN}`;

/** One stream of a client, as it is inside of TLS. */
export interface HeardStream {
  /** What the client said, and what the server did. */
  client: string;
  server: string;
  closed: boolean;
}

/** Only `owner` may make nodes. Every account has the same password, but those with `no…` are not there. */
export class TestServer {
  /** A folder for the test's own files, removed by `stop`. */
  readonly folder: string;
  /** The file with the authority to trust. */
  readonly ca: string;
  readonly port: number;
  readonly directPort: number;
  /** The environment with the password that all accounts have. */
  readonly environment = { PIPIT_PASSWORD: PASSWORD };
  /** All streams that there were, in the order they were opened. */
  readonly streams: HeardStream[] = [];
  /** Sees every stanza, as {@link Filter} says. */
  filter: Filter = (stanza) => stanza;
  /** Whether it leaves clients waiting that end their stream. */
  isRude = false;
  readonly #server: Server;
  readonly #listener: Listener;
  #waiting: (() => void)[] = [];

  static async start(options: Partial<ServerOptions> = {}): Promise<TestServer> {
    const folder = await mkdtemp(join(tmpdir(), "pipit-"));
    const authority = await createAuthority("Pipit test authority");
    const ports = { port: await freePort(), directPort: await freePort() };
    const server = new TestServer(folder, authority, ports, options);
    await writeFile(server.ca, authority.certificate);
    await server.#listener.listen();
    return server;
  }

  private constructor(
    folder: string,
    authority: Authority,
    ports: { port: number; directPort: number },
    options: Partial<ServerOptions>,
  ) {
    this.folder = folder;
    this.ca = join(folder, "ca.pem");
    this.port = ports.port;
    this.directPort = ports.directPort;
    this.#server = newServer({
      accounts,
      mayCreateNodes: (account) => account === `owner@${DOMAIN}`,
      filter: (...seen) => this.filter(...seen),
      ...options,
    });
    this.#listen();
    this.#listener = new Listener({ server: this.#server, authority, ...ports });
  }

  /** The options that make a command use this server, as an account of it. */
  as(username: string): string[] {
    return ["--jid", `${username}@${DOMAIN}`, ...this.here];
  }

  /** The options without the account. */
  get here(): string[] {
    return ["--server", `xmpp://127.0.0.1:${this.port}`, "--ca", this.ca];
  }

  /** Makes a node of the owner's, which everybody may publish to. */
  createNode(name: string): void {
    this.#server.pubsub.createNode(name, `owner@${DOMAIN}`, { publish_model: "open" });
  }

  /** Publishes as a well-behaved device does. */
  publish(node: string, id: string, readings: readonly Reading[]): void {
    this.publishElement(node, id, encodeSenml(readings));
  }

  /** Publishes as anybody may. */
  publishElement(node: string, id: string, payload: Element): void {
    const item = xml("item", { id }, payload);
    const pubsub = xml("pubsub", { xmlns: NS_PUBSUB }, xml("publish", { node }, item));
    const attributes = { xmlns: NS_CLIENT, type: "set", id: "p", to: SERVICE };
    this.#server.router.route(xml("iq", { ...attributes, from: `dev@${DOMAIN}/board` }, pubsub));
  }

  /** Waits until something about its streams is so. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Whether every stream so far was ended by its client in good order. */
  get endedInGoodOrder(): boolean {
    return this.streams.every(({ client }) => client.endsWith("</stream:stream>"));
  }

  /** Drops all connections without a word, and is back at once, with its data. @param meanwhile done in between */
  async drop(meanwhile: () => void = () => {}): Promise<void> {
    this.#listener.kill();
    meanwhile();
    await this.#listener.listen();
  }

  async stop(): Promise<void> {
    this.#listener.kill();
    await rm(this.folder, { recursive: true });
  }

  /** Writes down what is said on streams. */
  #listen(): void {
    const connect = this.#server.connect.bind(this.#server);
    this.#server.connect = (events, secure) => {
      const heard: HeardStream = { client: "", server: "", closed: false };
      this.streams.push(heard);
      const changed = (): void => {
        for (const resolve of this.#waiting.splice(0)) resolve();
      };
      const onSend = (bytes: Uint8Array): void => {
        heard.server += Buffer.from(bytes).toString();
        events.onSend(bytes);
        changed();
      };
      const onClosed = (): void => {
        heard.closed = true;
        events.onClosed();
        changed();
      };
      const stream = connect({ onSend, onStartTLS: () => events.onStartTLS(), onClosed }, secure);
      const receive = stream.receive.bind(stream);
      stream.receive = (bytes) => {
        const text = Buffer.from(bytes).toString();
        heard.client += text;
        changed();
        if (!this.isRude || !text.includes("</stream:stream>")) receive(bytes);
      };
      return stream;
    };
  }
}
