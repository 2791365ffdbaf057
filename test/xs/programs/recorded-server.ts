/**
 * A server for figures of memory: what it says is recorded, and comes whole, and time is a clock's that moves by
 * itself, so that every run is the same.
 */

import type {
  Bytes,
  Crypto,
  Socket,
  Timer,
  TLSConstructor,
  TLSOptions,
} from "../../../firmware/io.js";
import { createCrypto } from "../../../firmware/tls/crypto.js";
import { decodeBase64 } from "../../../firmware/xmpp/base64.js";
import { decode, encode } from "../../../firmware/xmpp/utf8.js";
import { native } from "../../../host-sim/xs/native.js";
import { FakeClock } from "../../support/clock.js";

const HEADER =
  "<stream:stream from='example.org' id='t7AMCin9' version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";

/** The bytes behind the client's nonce in the exchange of RFC 7677 section 3. */
const NONCE = "rOprNGfwEbeRWgbNEkqO";
/** How many the client asks for. */
const NONCE_BYTES = 18;

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

/** The account that the recording is of. */
export const ACCOUNT = { jid: "user@example.org/board", password: "pencil" };

/** Random bytes are those of the recording, or zeros. */
export function recordedCrypto(timer: Timer): Crypto {
  const nonce = decodeBase64(NONCE) as Uint8Array;
  return createCrypto(native, timer, (count) =>
    count === NONCE_BYTES ? nonce : new Uint8Array(count),
  );
}

export class RecordedServer {
  readonly clock = new FakeClock();
  /** The classes for connections to it: as for TLS, whose buffers are counted elsewhere. */
  readonly TLS: TLSConstructor;
  readonly crypto: Crypto;
  #line: Line | undefined;

  constructor() {
    const server = this;
    this.TLS = class extends Line {
      constructor(options: TLSOptions) {
        super(server, options);
        server.#line = this;
      }
    };
    this.crypto = recordedCrypto(this.clock);
  }

  /** Says something besides. */
  say(text: string): void {
    this.#line?.say(text);
  }

  /** Breaks the connection. */
  break(): void {
    this.#line?.break();
  }
}

/** A connection to the recording. It stands for a TLS socket. */
class Line implements Socket {
  readonly #server: RecordedServer;
  readonly #options: TLSOptions;
  #received: Uint8Array | undefined;
  #isClosed = false;

  constructor(server: RecordedServer, options: TLSOptions) {
    this.#server = server;
    this.#options = options;
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

  say(text: string): void {
    this.#answer(encode(text));
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
    this.#server.clock.later(0, () => {
      if (!this.#isClosed) event();
    });
  }
}
