/**
 * A device: a client, a sensor, and between them the outbox, in which readings wait until they are delivered.
 * The same on a board and in the simulator; what differs is handed in.
 *
 * RAM, beside the client's: what the outbox says of itself, the readings that are collected for an item, and
 * the payloads of those on their way. With the defaults and two channels that is 4 kB in the XS engine.
 */

import { Client, type ClientOptions, type ClientState } from "./client/client.js";
import { storeSession, takeSession } from "./client/session-store.js";
import type { KeyValue, KeyValueStorage, Timer, TimerHandle } from "./io.js";
import type { Losses } from "./outbox/losses.js";
import { Outbox, type OutboxOptions } from "./outbox/outbox.js";
import { type Channel, type Sensor, takeReadings } from "./sensors/sensor.js";
import { BATCH, Batcher, type BatchOptions } from "./telemetry/batcher.js";
import type { Lane } from "./telemetry/lane.js";
import { PACE, type PaceOptions } from "./telemetry/pace.js";
import { Publisher } from "./telemetry/publisher.js";
import { encodeSenml, type Reading } from "./telemetry/senml.js";
import { ConfigError, StorageError, XmppError } from "./xmpp/errors.js";
import { Disco } from "./xmpp/extensions/disco.js";
import { ping } from "./xmpp/extensions/ping.js";
import { PubSub } from "./xmpp/extensions/pubsub.js";

/** What the software calls itself in service discovery; see XEP-0115 4. */
const SOFTWARE = "urn:pipit:device";

/** What can be chosen of the outbox. */
export type DeviceOutboxOptions = Pick<
  OutboxOptions,
  "capacity" | "segment" | "window" | "settle" | "policy" | "maxAge"
>;

/**
 * Every reading is on flash when it counts as taken, and is believed to be on the server's disk 15 seconds
 * after that was acknowledged, because ejabberd with its default store takes 5 to write what it has acknowledged.
 */
export const OUTBOX: DeviceOutboxOptions = Object.freeze({
  capacity: 16_000,
  segment: 1024,
  window: 0,
  settle: 15_000,
  policy: "drop-oldest",
});

/**
 * An element takes 200 bytes of a microcontroller's memory or more, and 10,000 bytes of a stream may be 2,500 of them.
 * So a stanza may have a hundred, which is more than any that is meant for a device.
 */
const LIMITS = Object.freeze({ elementBytes: 100 });

/** What a reading with a long name takes in the outbox, in bytes. */
const LEAST_ROOM = 200;

export interface DeviceOptions {
  /** How to reach the server; the callbacks of the client are the device's own to set. */
  client: Omit<
    ClientOptions,
    | "extensions"
    | "session"
    | "onWritable"
    | "onState"
    | "onSessionLost"
    | "onOffline"
    | "onTooBig"
    | "onClosed"
  >;
  sensor: Sensor;
  /** What goes before the names of the channels and makes them unique: `urn:dev:mac:0024befffe804ff1:`. */
  baseName: string;
  /** The pub/sub service and the node on it. */
  service: string;
  node: string;
  /** Milliseconds between samples, 1 or more; or what gives them, which is asked behind each. */
  interval: number | (() => number);
  /** Where readings wait: in the store `outbox`, which is the device's own, and outlives it. */
  storage: KeyValueStorage;
  /** What differs from {@link OUTBOX}. */
  outbox?: Partial<DeviceOutboxOptions>;
  /** What differs from {@link BATCH}. */
  batch?: Partial<BatchOptions>;
  /** What differs from {@link PACE}. */
  pace?: Partial<PaceOptions>;

  onState?: (state: ClientState) => void;
  /** Readings were taken into the outbox; they will be published as the item with this id. */
  onReadings?: (readings: readonly Reading[], id: string) => void;
  /** An item is on the node. The same one may be told of again, after the acknowledgement was doubted. */
  onPublished?: (id: string) => void;
  /** Entries of the outbox were lost: how many so far, and why. That is published too. */
  onLosses?: (losses: Losses) => void;
  /** Something went wrong that the device cannot mend by itself: a lost connection, a refusal, full storage. */
  onError?: (error: XmppError) => void;
  /** `close()` has done its work, or trying again is of no use. */
  onClosed?: (error: XmppError | undefined) => void;
}

/** What is needed after the parts were made. The options of the client are not, and are many. */
type Kept = Omit<DeviceOptions, "client" | "service" | "storage" | "outbox" | "batch" | "pace">;

export class Device {
  readonly #options: Kept;
  readonly #timer: Timer;
  readonly #client: Client;
  readonly #storage: KeyValue;
  readonly #outbox: Outbox;
  readonly #batcher: Batcher;
  readonly #publisher: Publisher;
  #sampling: TimerHandle | undefined;

  /**
   * Begins to connect, and to sample: sampling does not wait for the server.
   * @throws ConfigError for options that cannot be used
   */
  constructor(options: DeviceOptions) {
    check(options);
    const { client, service, storage, outbox, batch, pace, ...kept } = options;
    const { crypto, timer } = client;
    const { node, baseName } = kept;
    this.#options = kept;
    this.#timer = timer;
    const pubsub = new PubSub(service);
    const random = (): number => {
      const [high = 0, low = 0] = crypto.random(2);
      return (high * 256 + low) / 0x1_0000;
    };
    this.#storage = storage.open({ path: "outbox" });
    this.#outbox = new Outbox({
      ...OUTBOX,
      ...outbox,
      storage: this.#storage,
      timer,
      random: (count) => crypto.random(count),
      onError: (error) => kept.onError?.(error),
    });
    const most = { ...BATCH, ...batch };
    const room = this.#outbox.room(node);
    if (room < LEAST_ROOM)
      throw new ConfigError("node", `its name leaves ${room} bytes of a segment for readings`);
    this.#batcher = new Batcher(
      { ...most, bytes: Math.min(most.bytes, room) },
      timer,
      (lane, readings, payload) => this.#accept(lane, readings, payload),
    );
    this.#publisher = new Publisher({
      pubsub,
      outbox: this.#outbox,
      timer,
      random,
      pace: { ...PACE, ...pace },
      node,
      baseName,
      onPublished: (id) => kept.onPublished?.(id),
      onLosses: (losses) => kept.onLosses?.(losses),
      onRefused: (error) => kept.onError?.(error),
    });
    const session = takeSession(this.#storage, client.jid);
    const identity = { category: "client", type: "bot", name: "Pipit" };
    this.#client = new Client({
      ...client,
      limits: { ...LIMITS, ...client.limits },
      ...(session === undefined ? {} : { session }),
      extensions: [ping, new Disco({ identity, node: SOFTWARE, crypto }), pubsub],
      onWritable: () => this.#publisher.writable(),
      onState: (state) => kept.onState?.(state),
      onSessionLost: () => this.#publisher.suspect(),
      onOffline: (error, delay) => {
        kept.onError?.(error);
        if (delay === undefined) this.#stopped(error);
      },
      onTooBig: (error) => kept.onError?.(error),
      onClosed: () => this.#stopped(undefined),
    });
    // The first sample at once, for whoever watches; the phase of the others is drawn, because the devices
    // of a fleet may all have got their power back in one moment.
    this.#sampling = timer.set(() => this.#sample(Math.floor(random() * this.#interval)), 0);
  }

  get state(): ClientState {
    return this.#client.state;
  }

  /** Entries of the outbox that wait to be published. */
  get pending(): number {
    return this.#outbox.pending;
  }

  /** How many entries were lost, by cause, since the store was new. */
  get losses(): Losses {
    return this.#outbox.losses;
  }

  /** As {@link Client.retryNow}. */
  retryNow(): void {
    this.#client.retryNow();
  }

  /**
   * Takes readings that do not come from its sensor, such as those of a sensor program: they go the same way.
   * @param readings each with how it is to be delivered, in the order of their times
   * @throws ConfigError `senml-invalid` for a reading that SenML cannot say
   */
  add(readings: readonly (readonly [Lane, Reading])[]): void {
    if (this.#sampling === undefined) return; // it is closed
    readings.forEach((entry) => {
      this.#batcher.add(entry[0], entry[1]);
    });
    this.#batcher.sampled();
  }

  /**
   * Stops sampling, stores what was not stored yet, and closes the stream in good order; `onClosed` follows.
   * May be called twice.
   */
  close(): void {
    if (this.state === "closing" || this.state === "closed") return;
    this.#endSampling();
    this.#publisher.close();
    this.#client.close();
  }

  /**
   * Stops sampling, and stores what was not stored yet, and the session with the server, which the next device
   * on this storage goes on with. For right before a restart or a deep sleep: they end the connection.
   */
  suspend(): void {
    this.#endSampling();
    const session = this.#client.saveSession();
    if (session !== undefined)
      this.#store(() => storeSession(this.#storage, session, this.#outbox.spare));
  }

  get #interval(): number {
    const { interval } = this.#options;
    return typeof interval === "number" ? interval : interval();
  }

  #sample(next: number): void {
    const { sensor, baseName } = this.#options;
    this.#sampling = this.#timer.set(() => this.#sample(this.#interval), next);
    const readings = takeReadings(sensor, baseName, this.#timer.now() / 1000);
    readings.forEach((reading, index) => {
      const { qos = "effectively-once", alarm = false } = sensor.channels[index] as Channel;
      this.#batcher.add({ qos, alarm }, reading);
    });
    this.#batcher.sampled();
  }

  #accept(lane: Lane, readings: readonly Reading[], payload: Uint8Array): void {
    const { node, onReadings, onError } = this.#options;
    // What is from before the clock was set may be from before 1970.
    const time = Math.max(0, Math.round((readings[0] as Reading).time * 1000));
    try {
      const id = this.#outbox.append({ node, time, payload, ...lane });
      if (id !== undefined) onReadings?.(readings, id);
    } catch (error) {
      if (!(error instanceof XmppError)) throw error;
      // What storage does not take goes once, from RAM. That is better than nothing, and not what was promised.
      if (error instanceof StorageError)
        this.#outbox.append({ node, time, payload, qos: "at-most-once" });
      onError?.(error);
    }
    this.#publisher.added();
  }

  #endSampling(): void {
    this.#stopSampling();
    this.#batcher.flush();
    this.#store(() => this.#outbox.flush());
  }

  #stopped(error: XmppError | undefined): void {
    this.#stopSampling();
    this.#publisher.close();
    this.#batcher.flush();
    this.#store(() => this.#outbox.close());
    this.#storage.close();
    this.#options.sensor.close();
    this.#options.onClosed?.(error);
  }

  #stopSampling(): void {
    this.#timer.clear(this.#sampling);
    this.#sampling = undefined;
  }

  #store(write: () => void): void {
    try {
      write();
    } catch (error) {
      const storageError = new StorageError("outbox-storage", String(error));
      this.#options.onError?.(error instanceof StorageError ? error : storageError);
    }
  }
}

/** Finds mistakes that would else show with every sample. */
function check(options: DeviceOptions): void {
  const { sensor, baseName, interval } = options;
  const { window, settle, maxAge = 1 } = { ...OUTBOX, ...options.outbox };
  const { time, readings, bytes } = { ...BATCH, ...options.batch };
  const { window: inFlight, catchUp } = { ...PACE, ...options.pace };
  if (typeof interval === "number") checkNumber("interval", interval, 1);
  checkNumber("outbox.window", window, 0);
  checkNumber("outbox.settle", settle, 0);
  checkNumber("outbox.maxAge", maxAge, 1);
  checkNumber("batch.time", time, 0);
  checkNumber("batch.readings", readings, 1);
  checkNumber("batch.bytes", bytes, 1);
  checkNumber("pace.window", inFlight, 1);
  if (!(catchUp > 0 && catchUp <= 1000))
    throw new ConfigError("pace.catchUp", `${catchUp} should be items a second, up to 1000`);
  const unfit = sensor.channels.find(({ qos, alarm }) => alarm && qos === "at-most-once");
  if (unfit !== undefined)
    throw new ConfigError("channel", `${unfit.name} is an alarm, which cannot go at most once`);
  const samples = sensor.channels.map(({ name, unit }) => ({
    name: baseName + name,
    unit,
    value: 0,
    time: 0,
  }));
  // Where a sensor program does the measuring, the sensor has no channels.
  if (samples.length > 0) encodeSenml(samples);
}

function checkNumber(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new ConfigError(name, `${value} should be a whole number, ${least} or more`);
}
