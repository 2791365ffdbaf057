/**
 * A device: a client, a sensor, and the publisher between them. The same on a board and in the simulator;
 * what differs is handed in.
 */

import { Client, type ClientOptions, type ClientState } from "./client/client.js";
import type { TimerHandle } from "./io.js";
import { type Sensor, takeReadings } from "./sensors/sensor.js";
import { ItemIds } from "./telemetry/item-id.js";
import { Publisher } from "./telemetry/publisher.js";
import { encodeSenml, type Reading } from "./telemetry/senml.js";
import { ConfigError, type XmppError } from "./xmpp/errors.js";
import { Disco } from "./xmpp/extensions/disco.js";
import { ping } from "./xmpp/extensions/ping.js";
import { PubSub } from "./xmpp/extensions/pubsub.js";

/** What the software calls itself in service discovery; see XEP-0115 4. */
const SOFTWARE = "urn:pipit:device";

export interface DeviceOptions {
  /** How to reach the server; the callbacks of the client are the device's own to set. */
  client: Omit<ClientOptions, "extensions" | "onWritable" | "onState" | "onOffline" | "onClosed">;
  sensor: Sensor;
  /** What goes before the names of the channels and makes them unique: `urn:dev:mac:0024befffe804ff1:`. */
  baseName: string;
  /** The pub/sub service and the node on it. */
  service: string;
  node: string;
  /** Milliseconds between samples; 1 or more. */
  interval: number;

  onState?: (state: ClientState) => void;
  /** Readings were taken; they will be published as the item with this id. */
  onReadings?: (readings: readonly Reading[], id: string) => void;
  onPublished?: (id: string) => void;
  /** An item will never be published: it was refused for good, or there was no room for it. */
  onDropped?: (id: string, error: XmppError | undefined) => void;
  /** Something went wrong that the device cannot mend by itself: a lost connection, a refusal. */
  onError?: (error: XmppError) => void;
  /** `close()` has done its work, or trying again is of no use. */
  onClosed?: (error: XmppError | undefined) => void;
}

export class Device {
  readonly #options: DeviceOptions;
  readonly #client: Client;
  readonly #publisher: Publisher;
  #sampling: TimerHandle | undefined;

  /**
   * Begins to connect, and to sample: sampling does not wait for the server.
   * @throws ConfigError for options that cannot be used
   */
  constructor(options: DeviceOptions) {
    const { crypto, timer } = options.client;
    this.#options = check(options);
    const pubsub = new PubSub(options.service);
    const ids = new ItemIds((count) => crypto.random(count));
    this.#publisher = new Publisher({
      pubsub,
      node: options.node,
      nextId: () => ids.next(),
      timer,
      onPublished: (id) => options.onPublished?.(id),
      onDropped: (id, error) => options.onDropped?.(id, error),
      onRefused: (error) => options.onError?.(error),
    });
    const identity = { category: "client", type: "bot", name: "Pipit" };
    this.#client = new Client({
      ...options.client,
      extensions: [ping, new Disco({ identity, node: SOFTWARE, crypto }), pubsub],
      onWritable: () => this.#publisher.flush(),
      onState: (state) => options.onState?.(state),
      onOffline: (error, delay) => {
        options.onError?.(error);
        if (delay === undefined) this.#stopped(error);
      },
      onClosed: () => this.#stopped(undefined),
    });
    this.#sampling = timer.set(() => this.#sample(), 0);
  }

  get state(): ClientState {
    return this.#client.state;
  }

  /** Items that wait to be published. */
  get pending(): number {
    return this.#publisher.pending;
  }

  /** Stops sampling and closes the stream in good order; `onClosed` follows. May be called twice. */
  close(): void {
    this.#stopSampling();
    this.#publisher.close();
    this.#client.close();
  }

  #sample(): void {
    const { sensor, baseName, interval } = this.#options;
    const { timer } = this.#options.client;
    this.#sampling = timer.set(() => this.#sample(), interval);
    const readings = takeReadings(sensor, baseName, timer.now() / 1000);
    const id = this.#publisher.add(readings);
    this.#options.onReadings?.(readings, id);
  }

  #stopped(error: XmppError | undefined): void {
    this.#stopSampling();
    this.#publisher.close();
    this.#options.sensor.close();
    this.#options.onClosed?.(error);
  }

  #stopSampling(): void {
    this.#options.client.timer.clear(this.#sampling);
    this.#sampling = undefined;
  }
}

/** Finds mistakes that would else show with every sample. */
function check(options: DeviceOptions): DeviceOptions {
  const { sensor, baseName, interval } = options;
  if (!Number.isInteger(interval) || interval < 1)
    throw new ConfigError("interval", `${interval} should be whole milliseconds, 1 or more`);
  encodeSenml(
    sensor.channels.map(({ name, unit }) => ({ name: baseName + name, unit, value: 0, time: 0 })),
  );
  return options;
}
