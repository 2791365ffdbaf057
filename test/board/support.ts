/** A simulated board in a world where time passes only when it is told to, and who speaks to it. */

import {
  COMMAND,
  decodeStrings,
  encodePacket,
  encodeStrings,
  type Packet,
  PacketReader,
} from "../../firmware/board/provisioning/improv.js";
import type { SettingsTexts } from "../../firmware/board/settings.js";
import { SettingsStore } from "../../firmware/board/settings-store.js";
import { encode } from "../../firmware/xmpp/utf8.js";
import type { Element } from "../../firmware/xmpp/xml/element.js";
import { Air } from "../../host-sim/board/air.js";
import { Flash } from "../../host-sim/board/flash.js";
import {
  SimulatedBoard,
  type SimulatedBoardOptions,
} from "../../host-sim/board/simulated-board.js";
import { TimeServer } from "../../host-sim/board/time-server.js";
import { FakeClock } from "../support/clock.js";
import { FakeNetwork } from "../support/network.js";
import { seeded } from "../support/random.js";
import { fakeCrypto } from "../support/world.js";
import { DOMAIN, FakeServer, PASSWORD } from "../support/xmpp-server.js";

export const SSID = "home";
export const PASSPHRASE = "correct horse";
export const ID = "0024befe4ff1";

/** Settings that will do in a {@link Rig}. */
export const SETTINGS: SettingsTexts = Object.freeze({
  ssid: SSID,
  passphrase: PASSPHRASE,
  jid: `juliet@${DOMAIN}/board`,
  password: PASSWORD,
  server: "xmpp://192.0.2.1",
  mechanism: "PLAIN",
  node: "telemetry",
  sensors: "chip,heap,rssi",
  ntp: "192.0.2.123",
  log: "debug",
});

export class Rig {
  readonly clock = new FakeClock();
  readonly network = new FakeNetwork(this.clock);
  readonly server = new FakeServer(this.network);
  readonly air = new Air([{ ssid: SSID, passphrase: PASSPHRASE, signal: -60 }]);
  readonly flash = new Flash();
  readonly timeServer = new TimeServer(() => this.clock.now());
  readonly board: SimulatedBoard;
  /** The reasons for which it has started, in order. */
  readonly starts: string[] = [];
  /** All that came over the serial line, as text. */
  serial = "";
  /** The packets of it. */
  readonly packets: Packet[] = [];
  readonly led: { at: number; value: 0 | 1 }[] = [];
  readonly #reader = new PacketReader(
    (packet) => this.packets.push(packet),
    () => {
      throw new Error("the board sent a damaged packet");
    },
  );

  constructor(texts?: SettingsTexts, options: Partial<SimulatedBoardOptions> = {}) {
    if (texts !== undefined) new SettingsStore(this.flash.open({ path: "settings" })).save(texts);
    const { TCP, TLS, Resolver, UDP } = this.network;
    this.board = new SimulatedBoard({
      timer: this.clock,
      crypto: fakeCrypto(seeded(1), this.clock),
      tls: { io: TLS, TCP: { io: TCP } },
      dns: { io: Resolver, servers: ["192.0.2.53"], socket: { io: UDP } },
      flash: this.flash,
      air: this.air,
      timeServer: this.timeServer,
      id: ID,
      built: Date.UTC(2025, 11, 1),
      version: "1.2.3",
      onSerial: (bytes) => {
        this.serial += new TextDecoder("latin1").decode(bytes);
        this.#reader.write(bytes, this.clock.now());
      },
      onLed: (value) => this.led.push({ at: this.clock.now(), value }),
      onStart: (reason) => this.starts.push(reason),
      ...options,
    });
  }

  /** Switches the board on. */
  on(): this {
    this.board.powerOn();
    return this;
  }

  /** Lets time pass, in seconds. */
  pass(seconds: number): this {
    this.clock.advance(seconds * 1_000);
    return this;
  }

  /** Lets time pass until something is so. @throws Error when it is not so in time */
  until(isSo: () => boolean, seconds = 600): this {
    const end = this.clock.now() + seconds * 1_000;
    while (!isSo()) {
      if (this.clock.now() > end || !this.clock.step())
        throw new Error(`in vain; the board said:\n${this.serial.slice(-2_000)}`);
    }
    return this;
  }

  /** Lets the board publish something. */
  untilPublished(count = 1): this {
    return this.until(() => this.published.length >= count);
  }

  /** What has been published to the server, of all sessions. */
  get published(): Element[] {
    return this.server.sessions.flatMap(({ stanzas }) =>
      stanzas.filter((stanza) => stanza.elements()[0]?.name === "pubsub"),
    );
  }

  /** What the board has stored. */
  get texts(): SettingsTexts | undefined {
    return new SettingsStore(this.flash.open({ path: "settings" })).load();
  }

  /** Sends a command, waits, and returns what came back. */
  command(command: number, ...strings: string[]): Answer {
    this.packets.length = 0;
    this.board.send(encodePacket(COMMAND, encodeStrings(command, strings)));
    this.pass(0);
    return this.answer();
  }

  /** What has come back since the last command. Packets come one by one. */
  answer(): Answer {
    this.until(() => {
      const count = this.packets.length;
      this.pass(0.03);
      return this.packets.length === count;
    });
    const answer: Answer = { states: [], errors: [], results: [] };
    for (const { type, data } of this.packets)
      if (type === 1) answer.states.push(data[0] as number);
      else if (type === 2) answer.errors.push(data[0] as number);
      else answer.results.push(decodeStrings(data)?.strings ?? ["?"]);
    return answer;
  }

  /** Sends bytes that are no packet. */
  noise(text: string): void {
    this.board.send(encode(text));
  }
}

export interface Answer {
  readonly states: number[];
  readonly errors: number[];
  readonly results: string[][];
}
