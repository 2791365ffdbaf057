/** A client for a command that does something and ends: callbacks made into promises. */

import { Client, type ClientOptions } from "../../firmware/client/client.js";
import type { XmppError } from "../../firmware/xmpp/errors.js";
import { PubSub, type PubSubEvent } from "../../firmware/xmpp/extensions/pubsub.js";

/** Makes a promise of a call whose last parameter takes an error or a value. */
export function promised<T>(
  call: (done: (error: XmppError | undefined, value?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error === undefined ? resolve(value as T) : reject(error)));
  });
}

export class Session {
  readonly pubsub: PubSub;
  readonly #client: Client;
  readonly #closed: Promise<void>;

  private constructor(pubsub: PubSub, client: Client, closed: Promise<void>) {
    this.pubsub = pubsub;
    this.#client = client;
    this.#closed = closed;
  }

  /** Connects at once, and only once: a person who waits wants to know what is wrong. */
  static async open(
    options: ClientOptions,
    service: string,
    onEvent?: (event: PubSubEvent) => void,
  ): Promise<Session> {
    const pubsub = new PubSub(service, onEvent);
    let closed = (): void => {};
    const closing = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const client = await new Promise<Client>((resolve, reject) => {
      const client = new Client({
        ...options,
        backoff: { start: 0 },
        presence: null,
        extensions: [pubsub],
        onOnline: () => resolve(client),
        onOffline: (error) => {
          reject(error);
          client.close();
          closed();
        },
        onClosed: () => closed(),
      });
    });
    return new Session(pubsub, client, closing);
  }

  /** Closes the stream in good order. */
  async close(): Promise<void> {
    this.#client.close();
    await this.#closed;
  }

  /** Opens a session, uses it, and closes it whatever happens. */
  static async use<T>(
    options: ClientOptions,
    service: string,
    use: (pubsub: PubSub) => Promise<T>,
  ): Promise<T> {
    const session = await Session.open(options, service);
    try {
      return await use(session.pubsub);
    } finally {
      await session.close();
    }
  }
}
