import { Client, type ClientOptions } from "../../../firmware/client/client.js";
import type { XmppError } from "../../../firmware/xmpp/errors.js";
import { ping } from "../../../firmware/xmpp/extensions/ping.js";
import { PubSub, type PubSubEvent } from "../../../firmware/xmpp/extensions/pubsub.js";
import type { Extension } from "../../../firmware/xmpp/stanza/dispatcher.js";
import { nodeProvider } from "../../../host-sim/node/provider.js";
import type { XmppServer } from "./server.js";

/** A client as tests use it: what its callbacks tell is recorded, and can be waited for. */
export class TestClient {
  readonly client: Client;
  readonly pubsub: PubSub;
  /** Everything that was told, in order, as words: `online dev1@prosody.test/board`. */
  readonly told: string[] = [];
  readonly events: PubSubEvent[] = [];
  readonly errors: XmppError[] = [];
  #waiting: { until: () => boolean; resolve: () => void }[] = [];

  constructor(
    server: XmppServer,
    account: Pick<ClientOptions, "jid" | "password" | "keys">,
    options: Partial<ClientOptions> & { also?: readonly Extension[] } = {},
  ) {
    const { also = [], ...rest } = options;
    const provider = nodeProvider();
    this.pubsub = new PubSub(server.pubsub, (event) => {
      this.events.push(event);
      this.#check();
    });
    this.client = new Client({
      ...provider,
      tls: { ...provider.tls, secure: { certificate: server.ca } },
      ...account,
      host: server.host,
      port: rest.security === "direct" ? server.directPort : server.starttlsPort,
      backoff: { start: 0, base: 200, limit: 400 },
      extensions: [ping, this.pubsub, ...also],
      onOnline: (jid) => this.tell(`online ${jid}`),
      onOffline: (error, delay) => {
        this.errors.push(error);
        this.tell(delay === undefined ? `given up: ${error.condition}` : error.condition);
      },
      onClosed: () => this.tell("closed"),
      ...rest,
    });
  }

  tell(what: string): void {
    this.told.push(what);
    this.#check();
  }

  #check(): void {
    for (const entry of this.#waiting.filter(({ until }) => until())) entry.resolve();
    this.#waiting = this.#waiting.filter(({ until }) => !until());
  }

  /** Waits for a condition over what was told; jest's own time-out is the limit. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ until: condition, resolve });
      this.#check();
    });
  }

  /** Waits until the client has told of something that begins so, for the `count`th time. */
  tells(start: string, count = 1): Promise<void> {
    return this.until(() => this.told.filter((word) => word.startsWith(start)).length >= count);
  }

  /** Looks again at what others are waiting for. */
  changed(): void {
    this.#check();
  }

  async close(): Promise<void> {
    if (this.client.state === "closed") return;
    this.client.close();
    await this.tells("closed");
  }
}
