import { Board } from "../../firmware/board/board.js";
import type { Hardware, ResetReason, SerialConstructor } from "../../firmware/board/hardware.js";
import type { BuiltInProgram } from "../../firmware/board/programs.js";
import type { TLSProvider } from "../../firmware/client/connection.js";
import type { Bytes, Crypto, DNSOptions, Timer, TimerHandle } from "../../firmware/io.js";
import type { Driver } from "../../firmware/sensors/driver.js";
import { type Air, radioIn } from "./air.js";
import type { Flash } from "./flash.js";
import { Mains } from "./mains.js";
import { type TimeServer, withTimeServer } from "./time-server.js";

export interface SimulatedBoardOptions {
  /** The world's clock; the board's own begins in 1970 when it is switched on. */
  readonly timer: Timer;
  readonly crypto: Crypto;
  readonly tls: TLSProvider;
  readonly dns: DNSOptions;
  readonly flash: Flash;
  readonly air: Air;
  readonly timeServer: TimeServer;
  /** The MAC address, as twelve hexadecimal digits. */
  readonly id: string;
  /** When the firmware was built, in milliseconds since the epoch. */
  readonly built: number;
  readonly version: string;
  readonly sensors?: Readonly<Record<string, Driver>>;
  readonly programs?: Readonly<Record<string, BuiltInProgram>>;
  /** What the board sends over its serial line. */
  readonly onSerial?: (bytes: Uint8Array) => void;
  /** The LED goes on (1) or off (0). */
  readonly onLed?: (value: 0 | 1) => void;
  /** The board starts. */
  readonly onStart?: (reason: ResetReason) => void;
}

/** As the firmware's `sdkconfig` has it, in milliseconds. */
const WATCHDOG = 60_000;

/**
 * An ESP32 on Node: the firmware's own {@link Board} with simulated hardware around it. It restarts as the chip
 * does: whatever was going on is gone, and what is in flash is still there.
 */
export class SimulatedBoard {
  readonly #options: SimulatedBoardOptions;
  /** What runs by the power of the board, and ends with it. */
  #mains: Mains | undefined;
  #board: Board | undefined;
  #watchdog: TimerHandle | undefined;
  #asleep: TimerHandle | undefined;
  #received: number[] = [];
  #onReadable: () => void = () => {};
  /** What is to be added to the world's clock to get the board's. */
  #offset = 0;
  #startedAt = 0;
  /** What the settings asked for last. */
  isModemSleepOn = false;

  constructor(options: SimulatedBoardOptions) {
    this.#options = options;
  }

  /** The firmware; `undefined` while the board is off or asleep. */
  get board(): Board | undefined {
    return this.#board;
  }

  /** Milliseconds since the epoch, as the board believes. */
  get clock(): number {
    return this.#options.timer.now() + this.#offset;
  }

  /** Switches it on, or off and on. */
  powerOn(): void {
    this.powerOff();
    this.#offset = -this.#options.timer.now();
    this.#start("power-on");
  }

  /** Everything stops in one moment. */
  powerOff(): void {
    const { timer } = this.#options;
    timer.clear(this.#watchdog);
    timer.clear(this.#asleep);
    this.#mains?.cut();
    this.#mains = undefined;
    this.#board = undefined;
    this.#onReadable = () => {};
    this.#received = [];
  }

  /** It crashes, and starts again. */
  crash(reason: ResetReason = "panic"): void {
    this.powerOff();
    this.#start(reason);
  }

  /** Sends bytes to the board over its serial line. */
  send(bytes: Uint8Array): void {
    if (this.#board === undefined) return;
    this.#received.push(...bytes);
    this.#onReadable();
  }

  #start(reason: ResetReason): void {
    const { timer, air, onStart, version } = this.#options;
    this.#startedAt = timer.now();
    air.isJoined = false;
    this.#mains = new Mains(timer, () => air.isJoined);
    onStart?.(reason);
    this.#feed();
    this.#board = new Board(this.#hardware(reason, this.#mains), version);
  }

  #feed(): void {
    const { timer } = this.#options;
    timer.clear(this.#watchdog);
    this.#watchdog = timer.set(() => this.crash("watchdog"), WATCHDOG);
  }

  /** The chip does something to itself, once the firmware has returned. */
  #soon(act: () => void): void {
    const mains = this.#mains;
    this.#options.timer.set(() => {
      if (mains === this.#mains) act();
    }, 0);
  }

  #hardware(reason: ResetReason, mains: Mains): Hardware {
    const { crypto, tls, dns, flash, air, timeServer, id, built, sensors, programs } =
      this.#options;
    const { timer: world } = this.#options;
    const timer: Timer = {
      set: (callback, delay) => mains.timer.set(callback, delay),
      clear: (handle) => mains.timer.clear(handle),
      now: () => this.clock,
    };
    const TCP = mains.socket(tls.TCP.io);
    const UDP = withTimeServer(mains.closing(dns.socket.io), timeServer, (event) =>
      mains.timer.set(event, 1),
    );
    return {
      system: {
        chip: "ESP32-C3",
        id,
        resetReason: reason,
        built,
        setTime: (milliseconds) => {
          this.#offset = Math.round(milliseconds / 1_000) * 1_000 - world.now();
        },
        uptime: () => world.now() - this.#startedAt,
        freeHeap: () => 120_000,
        temperature: () => 41.5,
        setModemSleep: (isOn) => {
          this.isModemSleepOn = isOn;
        },
        feedWatchdog: () => this.#feed(),
        erase: () => flash.erase(),
        restart: () => this.#soon(() => this.crash("software")),
        deepSleep: (milliseconds) =>
          this.#soon(() => {
            this.powerOff();
            this.#asleep = world.set(() => this.#start("deep-sleep"), milliseconds);
          }),
      },
      timer,
      crypto,
      storage: flash,
      tcp: { io: TCP },
      tls: { ...tls, io: mains.socket(tls.io), TCP: { io: TCP } },
      dns: { ...dns, io: mains.closing(dns.io), socket: { io: UDP } },
      wifi: { io: radioIn(air, timer, () => mains.loseConnections()) },
      serial: { io: this.#serial() },
      led: { write: (value) => this.#options.onLed?.(value) },
      sensors: sensors ?? {},
      ...(programs === undefined ? {} : { programs }),
    };
  }

  #serial(): SerialConstructor {
    const board = this;
    return class {
      constructor({ onReadable }: { onReadable: () => void }) {
        board.#onReadable = onReadable;
      }

      read(): ArrayBuffer | undefined {
        const bytes = board.#received.splice(0);
        return bytes.length === 0 ? undefined : Uint8Array.from(bytes).buffer;
      }

      write(data: Bytes): void {
        board.#options.onSerial?.(new Uint8Array(data).slice());
      }

      close(): void {
        board.#onReadable = () => {};
      }
    };
  }
}
