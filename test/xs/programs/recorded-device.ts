import { Device } from "../../../firmware/device.js";
import type { KeyValueStorage } from "../../../firmware/io.js";
import { ACCOUNT, type RecordedServer } from "./recorded-server.js";

/** The longest that anything takes, by the server's clock, in milliseconds: 10,000 samples and more. */
const PATIENCE = 200_000_000;

/** A device of a recorded server, and what has become of it. */
export class RecordedDevice {
  readonly device: Device;
  readonly #server: RecordedServer;
  published = 0;
  /** How often it went online. */
  online = 0;

  constructor(server: RecordedServer) {
    this.#server = server;
    const { TLS, clock, crypto } = server;
    this.device = new Device({
      client: {
        ...ACCOUNT,
        host: "192.0.2.1",
        security: "direct",
        tcp: { io: TLS as never },
        tls: { io: TLS, TCP: { io: TLS as never } },
        timer: clock,
        crypto,
      },
      sensor: {
        channels: [
          { name: "temperature", unit: "Cel" },
          { name: "humidity", unit: "%RH" },
        ],
        sample: (time) => [20 + (time % 7), 60 - (time % 13)],
        close: () => {},
      },
      baseName: "urn:dev:mac:0024befffe804ff1:",
      service: "pubsub.example.org",
      node: "telemetry",
      interval: 10_000,
      storage: createStorage(),
      onState: (state) => {
        if (state === "online") this.online++;
      },
      onPublished: () => {
        this.published++;
      },
      onLosses: (losses) => {
        throw new Error(`readings were lost: ${JSON.stringify(losses)}`);
      },
    });
  }

  /** Lets time pass until something has happened. */
  until(what: string, condition: () => boolean): void {
    const { clock } = this.#server;
    const end = clock.now() + PATIENCE;
    while (!condition()) {
      if (clock.now() > end || !clock.step()) throw new Error(`this does not happen: ${what}`);
    }
  }
}

/** Flash in RAM, which is counted along, but is next to empty while the server answers. */
function createStorage(): KeyValueStorage {
  const values = new Map<string, ArrayBuffer>();
  return {
    open: () => ({
      read: (key) => values.get(key),
      write: (key, value) => void values.set(key, new Uint8Array(value).slice().buffer),
      delete: (key) => void values.delete(key),
      close: () => {},
      [Symbol.iterator]: () => values.keys(),
    }),
  };
}
