import type { WiFi, WiFiConstructor } from "../../firmware/board/hardware.js";
import type { Timer, TimerHandle } from "../../firmware/io.js";

/** An access point as a board sees it. */
export interface Station {
  readonly ssid: string;
  /** Empty for an open network. */
  readonly passphrase: string;
  /** dBm */
  readonly signal: number;
}

/** How long it takes to join, and to scan all channels. Milliseconds. */
const JOIN_TIME = 2_000;
const SCAN_TIME = 1_500;

/** The networks within reach of a board. */
export class Air {
  readonly #stations: Station[];
  /** Whether the board is in one of the networks, with an address. */
  isJoined = false;
  #onChanged: () => void = () => {};

  constructor(stations: readonly Station[] = []) {
    this.#stations = [...stations];
  }

  get stations(): readonly Station[] {
    return this.#stations;
  }

  add(station: Station): void {
    this.#stations.push(station);
    this.#onChanged();
  }

  remove(ssid: string): void {
    const index = this.#stations.findIndex((station) => station.ssid === ssid);
    if (index >= 0) this.#stations.splice(index, 1);
    this.#onChanged();
  }

  find(ssid: string): Station | undefined {
    return this.#stations.find((station) => station.ssid === ssid);
  }

  /** Who is to hear that networks came or went: the board's radio. */
  set onChanged(onChanged: () => void) {
    this.#onChanged = onChanged;
  }
}

/**
 * A radio with the habits of the SDK's: it throws when it is to join while joining, and tells of leaving a
 * moment later.
 * @param onLost the network went away while it was joined
 */
export function radioIn(air: Air, timer: Timer, onLost: () => void): WiFiConstructor {
  return class implements WiFi {
    readonly #onChanged: () => void;
    #station: Station | undefined;
    #connection = 200;
    #joining: TimerHandle | undefined;
    #isScanning = false;

    constructor({ onChanged }: { onChanged: () => void }) {
      this.#onChanged = onChanged;
      air.onChanged = () => this.#look();
    }

    get connection(): number {
      return this.#connection;
    }

    get address(): string | undefined {
      return this.#connection >= 500 ? "192.0.2.7" : undefined;
    }

    get RSSI(): number | undefined {
      return this.#station?.signal;
    }

    connect({ SSID, password = "" }: { SSID: string; password?: string }): void {
      if (this.#connection === 300) throw new Error("already connecting");
      this.#connection = 300;
      this.#joining = timer.set(() => {
        const station = air.find(SSID);
        this.#station = station?.passphrase === password ? station : undefined;
        this.#enter(this.#station === undefined ? 200 : 500);
      }, JOIN_TIME);
    }

    disconnect(): void {
      timer.clear(this.#joining);
      this.#station = undefined;
      this.#connection = 200;
      air.isJoined = false;
      timer.set(() => this.#onChanged(), 10);
    }

    scan(options: Parameters<WiFi["scan"]>[0]): void {
      if (this.#isScanning) throw new Error("already scanning");
      this.#isScanning = true;
      timer.set(() => {
        this.#isScanning = false;
        for (const { ssid, passphrase, signal } of air.stations)
          options.onFound({
            SSID: ssid,
            RSSI: signal,
            security: passphrase === "" ? "none" : "wpa2_psk",
          });
        options.onComplete();
      }, SCAN_TIME);
    }

    close(): void {
      timer.clear(this.#joining);
      air.onChanged = () => {};
    }

    #look(): void {
      if (this.#station === undefined || air.stations.includes(this.#station)) return;
      this.#station = undefined;
      this.#enter(200);
      onLost();
    }

    #enter(connection: number): void {
      this.#connection = connection;
      air.isJoined = connection >= 500;
      this.#onChanged();
    }
  };
}
