/** A client for a command that does something and ends: callbacks made into promises. */

import { Client, type ClientOptions } from "../../firmware/client/client.js";
import type { XmppError } from "../../firmware/xmpp/errors.js";
import { PubSub } from "../../firmware/xmpp/extensions/pubsub.js";

/** Makes a promise of a call whose last parameter takes an error or a value. */
export function promised<T>(
  call: (done: (error: XmppError | undefined, value?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error === undefined ? resolve(value as T) : reject(error)));
  });
}

/**
 * Logs in, uses a pub/sub service, and closes the stream in good order whatever happens. A connection that
 * fails is not made again: a person who waits wants to know what is wrong.
 * @returns what `use` does
 */
export function withPubSub<T>(
  options: ClientOptions,
  service: string,
  use: (pubsub: PubSub) => Promise<T>,
): Promise<T> {
  const pubsub = new PubSub(service);
  return new Promise((resolve, reject) => {
    let settle: (() => void) | undefined;
    const end = (outcome: () => void): void => {
      settle ??= outcome;
      if (client.state === "closed") settle();
      else client.close();
    };
    const client = new Client({
      ...options,
      backoff: { start: 0 },
      presence: null,
      extensions: [pubsub],
      onOnline: () => {
        use(pubsub).then(
          (value) => end(() => resolve(value)),
          (error) => end(() => reject(error)),
        );
      },
      onOffline: (error) => end(() => reject(error)),
      onClosed: () => settle?.(),
    });
  });
}
