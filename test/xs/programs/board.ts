/**
 * A whole board in the memory of one: it starts, is spoken to over its serial line, joins, sets its clock, logs in
 * and publishes. Prints figures (figures.h) for each stage.
 */

import { Board } from "../../../firmware/board/board.js";
import type { Hardware, Serial, WiFi } from "../../../firmware/board/hardware.js";
import {
  COMMAND,
  encodePacket,
  encodeStrings,
} from "../../../firmware/board/provisioning/improv.js";
import { GET, LOG } from "../../../firmware/board/provisioning/provisioner.js";
import { SettingsStore } from "../../../firmware/board/settings-store.js";
import type { Bytes, KeyValueStorage, UDPSocket } from "../../../firmware/io.js";
import { decode } from "../../../firmware/xmpp/utf8.js";
import { native } from "../../../host-sim/xs/native.js";
import { ACCOUNT, RecordedServer } from "./recorded-server.js";

const PATIENCE = 3_600_000;

const server = new RecordedServer();
const { TLS, clock, crypto } = server;
const start = clock.now();

/** What came over the line to the board; how many bytes came from it, and how many items its log tells of. */
let sent: ArrayBuffer | undefined;
let onReadable = (): void => {};
let said = 0;
let published = 0;

class Line implements Serial {
  constructor(options: { onReadable: () => void }) {
    onReadable = options.onReadable;
  }

  read(): ArrayBuffer | undefined {
    const bytes = sent;
    sent = undefined;
    return bytes;
  }

  write(data: Bytes): void {
    said += data.byteLength;
    if (decode(new Uint8Array(data)).includes("server: has item")) published++;
  }

  close(): void {}
}

class Radio implements WiFi {
  readonly #onChanged: () => void;
  connection = 200;
  readonly address = "192.0.2.7";
  readonly RSSI = -60;

  constructor(options: { onChanged: () => void }) {
    this.#onChanged = options.onChanged;
  }

  connect(): void {
    clock.set(() => {
      this.connection = 500;
      this.#onChanged();
    }, 2_000);
  }

  disconnect(): void {
    this.connection = 200;
  }

  scan({ onComplete }: { onComplete: () => void }): void {
    clock.set(onComplete, 0);
  }

  close(): void {}
}

/** A time server at every address. */
class Datagrams implements UDPSocket {
  readonly #onReadable: () => void;
  #answer: (ArrayBuffer & { address: string; port: number }) | undefined;

  constructor(options: { onReadable?: (this: UDPSocket, packets: number) => void }) {
    this.#onReadable = () => options.onReadable?.call(this, 1);
  }

  read(): (ArrayBuffer & { address: string; port: number }) | undefined {
    const answer = this.#answer;
    this.#answer = undefined;
    return answer;
  }

  write(data: Bytes, address: string, port: number): void {
    const answer = new Uint8Array(48);
    answer.set([0x24, 2]);
    answer.set(new Uint8Array(data).subarray(40), 24);
    new DataView(answer.buffer).setUint32(40, Math.floor(clock.now() / 1_000) + 2_208_988_800);
    this.#answer = Object.assign(answer.buffer, { address, port });
    clock.set(this.#onReadable, 20);
  }

  close(): void {}
}

class NoResolver {
  resolve(): void {}
  close(): void {}
}

function createStorage(): KeyValueStorage {
  const stores = new Map<string, Map<string, ArrayBuffer>>();
  return {
    open: ({ path }) => {
      const values = stores.get(path) ?? new Map<string, ArrayBuffer>();
      stores.set(path, values);
      return {
        read: (key) => values.get(key),
        write: (key, value) => void values.set(key, new Uint8Array(value).slice().buffer),
        delete: (key) => void values.delete(key),
        close: () => {},
        [Symbol.iterator]: () => values.keys(),
      };
    },
  };
}

const storage = createStorage();
const hardware: Hardware = {
  system: {
    chip: "ESP32-C3",
    id: "0024befe4ff1",
    resetReason: "power-on",
    built: start,
    setTime: () => {},
    uptime: () => clock.now() - start,
    freeHeap: () => 100_000,
    temperature: () => 40,
    setModemSleep: () => {},
    feedWatchdog: () => {},
    erase: () => {},
    restart: () => {},
    deepSleep: () => {},
  },
  timer: clock,
  crypto,
  storage,
  tcp: { io: TLS as never },
  tls: { io: TLS, TCP: { io: TLS as never } },
  dns: { io: NoResolver, servers: [], socket: { io: Datagrams } },
  wifi: { io: Radio },
  serial: { io: Line },
  sensors: {},
};

function until(what: string, condition: () => boolean): void {
  const end = clock.now() + PATIENCE;
  while (!condition())
    if (clock.now() > end || !clock.step()) throw new Error(`this does not happen: ${what}`);
  native.figures(what);
}

function ask(command: number, ...strings: string[]): void {
  sent = encodePacket(COMMAND, encodeStrings(command, strings)).slice().buffer;
  onReadable();
}

new SettingsStore(storage.open({ path: "settings" })).save({
  ssid: "home",
  passphrase: "correct horse",
  ...ACCOUNT,
  server: "xmpps://192.0.2.1",
  node: "telemetry",
  ntp: "192.0.2.123",
  log: "debug",
});

native.figures("loaded");
const board = new Board(hardware, "0.1.0");
native.figures("started");
until("normal", () => board.mode === "normal");
until("1 item", () => published >= 1);
until("100 items", () => published >= 100);
const before = said;
ask(GET);
ask(LOG, "0");
until("asked", () => said > before + 6_000);
