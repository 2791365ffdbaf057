/**
 * The life of a device, for its memory: it logs in, publishes a hundred readings, and loses its connection ten
 * times. The server's side is a recording, and time is a clock's that moves by itself, so that every run is the
 * same. Prints figures (figures.h) for each stage.
 *
 * There is no TLS here: its buffers are counted elsewhere.
 */

import { Device } from "../../../firmware/device.js";
import type { Bytes, Crypto, Socket, TLSOptions } from "../../../firmware/io.js";
import { decodeBase64 } from "../../../firmware/xmpp/base64.js";
import { decode, encode } from "../../../firmware/xmpp/utf8.js";
import { crypto } from "../../../host-sim/xs/crypto.js";
import { native } from "../../../host-sim/xs/native.js";
import { FakeClock } from "../../support/clock.js";

const HEADER =
  "<stream:stream from='example.org' id='t7AMCin9' version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";

/** The bytes behind the client's nonce in the exchange of RFC 7677 section 3. */
const NONCE = "rOprNGfwEbeRWgbNEkqO";

/** What the server says to what has these words in it; `ID` is the id that was sent. */
const RECORDING: readonly (readonly [string, string])[] = [
  [
    "<auth ",
    `${HEADER}<stream:features><mechanisms ${SASL}><mechanism>SCRAM-SHA-256</mechanism></mechanisms></stream:features><challenge ${SASL}>cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxzPVcyMlphSjBTTlk3c29Fc1VFamI2Z1E9PSxpPTQwOTY=</challenge>`,
  ],
  [
    "<response ",
    `<success ${SASL}>dj02cnJpVFJCaTIzV3BSUi93dHVwK21NaFVaVW4vZEI1bkxUSlJzamw5NUc0PQ==</success>`,
  ],
  [
    "<bind ",
    `${HEADER}<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features><iq id='ID' type='result'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>user@example.org/board</jid></bind></iq>`,
  ],
  ["<pubsub ", "<iq from='pubsub.example.org' type='result' id='ID'/>"],
  ["<ping ", "<iq type='result' id='ID'/>"],
  ["</stream:stream>", "</stream:stream>"],
];

const clock = new FakeClock();
let line: Line | undefined;

/** A connection to the recording. It stands for a TLS socket. */
class Line implements Socket {
  readonly #options: TLSOptions;
  #received: Uint8Array | undefined;
  #isClosed = false;

  constructor(options: TLSOptions) {
    this.#options = options;
    line = this;
    this.#later(() => options.onWritable?.call(this, 1500));
  }

  read(count?: number): ArrayBuffer | undefined;
  read(buffer: Uint8Array): number | undefined;
  read(count?: number | Uint8Array): ArrayBuffer | number | undefined {
    const bytes = this.#received;
    if (bytes === undefined || typeof count !== "number") return undefined;
    this.#received = count < bytes.length ? bytes.subarray(count) : undefined;
    return bytes.slice(0, count).buffer;
  }

  write(data: Bytes): number {
    const text = decode(data instanceof Uint8Array ? data : new Uint8Array(data));
    for (const [words, answer] of RECORDING) {
      const at = text.indexOf(words);
      if (at < 0) continue;
      const [, id = ""] = /.* id='([^']*)'/.exec(text.slice(0, at)) ?? []; // the last before the words
      this.#answer(encode(answer.replace("ID", id)));
    }
    this.#later(() => this.#options.onWritable?.call(this, 1500));
    return 1500 - data.byteLength;
  }

  close(): void {
    this.#isClosed = true;
  }

  break(): void {
    this.#options.onError?.call(this);
  }

  #answer(bytes: Uint8Array): void {
    const waiting = this.#received ?? new Uint8Array();
    this.#received = new Uint8Array(waiting.length + bytes.length);
    this.#received.set(waiting);
    this.#received.set(bytes, waiting.length);
    this.#later(() => this.#options.onReadable?.call(this, this.#received?.length ?? 0));
  }

  #later(event: () => void): void {
    clock.later(0, () => {
      if (!this.#isClosed) event();
    });
  }
}

const recordedCrypto: Crypto = {
  ...crypto,
  random: (count) => (count === 18 ? (decodeBase64(NONCE) as Uint8Array) : new Uint8Array(count)),
};

let published = 0;
let online = 0;

native.figures("loaded");
const device = new Device({
  client: {
    jid: "user@example.org/board",
    password: "pencil",
    host: "192.0.2.1",
    security: "direct",
    tcp: { io: Line as never },
    tls: { io: Line, TCP: { io: Line as never } },
    timer: clock,
    crypto: recordedCrypto,
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
  onState: (state) => {
    if (state === "online") online++;
  },
  onPublished: () => {
    published++;
  },
  onDropped: (id) => {
    throw new Error(`${id} was dropped`);
  },
});

/** Lets time pass until something has happened, an hour at most. */
function until(what: string, condition: () => boolean): void {
  const end = clock.now() + 3_600_000;
  while (!condition()) {
    if (clock.now() > end || !clock.step()) throw new Error(`this does not happen: ${what}`);
  }
}

until("online", () => online === 1);
native.figures("online");
until("100 publishes", () => published === 100);
native.figures("100 publishes");
for (let times = 1; times <= 10; times++) {
  line?.break();
  until(`reconnect ${times}`, () => online === 1 + times && device.pending === 0);
}
native.figures("10 reconnects");
