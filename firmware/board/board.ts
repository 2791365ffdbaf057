/**
 * A board from its start on: it finds out what it is to do and does it, and can be told otherwise over the
 * serial line at any time. The same on an ESP32 and on Node; what differs is handed in.
 */

import type { ClientOptions } from "../client/client.js";
import { Device } from "../device.js";
import type { KeyValue, TimerHandle } from "../io.js";
import type { ProgramRunner } from "../sensors/program-runner.js";
import { ConfigError, type XmppError } from "../xmpp/errors.js";
import { ScramKeyCache } from "../xmpp/sasl/scram.js";
import { encode } from "../xmpp/utf8.js";
import { BootRecord } from "./boot-record.js";
import { Clock } from "./clock.js";
import type { Hardware } from "./hardware.js";
import { Led, type Pattern } from "./led.js";
import { Log } from "./log.js";
import { type BuiltInProgram, startPrograms } from "./programs.js";
import { Progress } from "./progress.js";
import { Provisioner } from "./provisioning/provisioner.js";
import { boardSensor } from "./sensors.js";
import { encodeKeys, readSettings, type Settings, type SettingsTexts } from "./settings.js";
import { SettingsStore } from "./settings-store.js";
import { type LinkState, WifiLink } from "./wifi-link.js";

/**
 * `normal`; `setup`, waiting for settings that will do; `safe`, after too many crashes; or `stopped`, because
 * a person has to mend something about the account.
 */
export type Mode = "normal" | "setup" | "safe" | "stopped";

/** After so long without a crash the earlier ones are over. Milliseconds. */
const STABLE = 5 * 60_000;

/** Safe mode ends by itself: what crashed the board may have been what a server sent. */
const SAFE_TIME = 15 * 60_000;

/** How long the parts may be without a sign of life, above which the watchdog is left to bite. */
const WIFI_LIMIT = 10 * 60_000;
const SERVER_LIMIT = 30 * 60_000;
const SAMPLE_SLACK = 60_000;

/** A board that sleeps between samples is awake for so long at most, to get rid of them. */
const AWAKE_LIMIT = 30_000;

/** And for so long after it was switched on, or was spoken to, so that it can be provisioned. */
const ATTENTION = 60_000;

const MIN_SLEEP = 1_000;

export class Board {
  readonly #hardware: Hardware;
  readonly #version: string;
  readonly #log: Log;
  readonly #led: Led;
  readonly #boots: BootRecord;
  readonly #progress: Progress;
  readonly #provisioner: Provisioner;
  readonly #settingsStore: SettingsStore;
  readonly #stores: KeyValue[] = [];
  #texts: SettingsTexts = {};
  #settings: Settings | undefined;
  #mode: Mode = "setup";
  #link: WifiLink | undefined;
  #clock: Clock | undefined;
  #device: Device | undefined;
  #programs: readonly ProgramRunner[] = [];
  #stable: TimerHandle | undefined;
  #bedtime: TimerHandle | undefined;
  /** When somebody was at the serial line, in milliseconds since the start. */
  #attention: number;

  /** Starts. @param version of the firmware, as provisioning tells it */
  constructor(hardware: Hardware, version: string) {
    const { system, timer } = hardware;
    this.#hardware = hardware;
    this.#version = version;
    const uptime = (): number => system.uptime();
    const serial = new hardware.serial.io({
      onReadable: () => {
        const bytes = serial.read();
        if (bytes === undefined) return;
        this.#attention = uptime();
        this.#provisioner.receive(new Uint8Array(bytes), uptime());
      },
    });
    this.#log = new Log({ uptime, print: (line) => serial.write(encode(line)) });
    this.#led = new Led(hardware.led, timer);
    this.#boots = new BootRecord(this.#open("boot"), system.resetReason);
    this.#settingsStore = new SettingsStore(this.#open("settings"));
    this.#attention = system.resetReason === "deep-sleep" ? -ATTENTION : 0;
    this.#progress = new Progress({
      timer,
      uptime,
      feed: () => system.feedWatchdog(),
      onStuck: (duty) => this.#log.error("board", `${duty} is stuck; the watchdog will restart us`),
    });
    this.#provisioner = new Provisioner(this.#provisionable(), timer, (bytes) =>
      serial.write(bytes),
    );
    this.#log.info("board", `Pipit ${version} on ${system.chip}: started, ${system.resetReason}`);
    this.#start();
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** The log, for whoever is to read it from elsewhere. */
  get log(): Log {
    return this.#log;
  }

  /** Stops everything at once, as far as it is the board's to stop. */
  close(): void {
    const { timer } = this.#hardware;
    timer.clear(this.#stable);
    timer.clear(this.#bedtime);
    this.#device?.close();
    for (const program of this.#programs) program.close();
    this.#clock?.close();
    this.#link?.close();
    this.#progress.close();
    this.#provisioner.close();
    this.#led.off();
    for (const store of this.#stores) store.close();
  }

  #open(path: string): KeyValue {
    const store = this.#hardware.storage.open({ path });
    this.#stores.push(store);
    return store;
  }

  #start(): void {
    const { timer } = this.#hardware;
    this.#readSettings();
    if (this.#boots.isSafeMode) {
      this.#enter("safe", "safe");
      this.#log.error("board", "it has crashed too often; safe mode, waiting for new settings");
      this.#stable = timer.set(() => {
        this.#boots.tryAgain();
        this.#restart();
      }, SAFE_TIME);
      return;
    }
    this.#stable = timer.set(() => this.#boots.settle(), STABLE);
    if (this.#settings === undefined) return this.#enter("setup", "setup");
    this.#run(this.#settings);
  }

  #readSettings(): void {
    try {
      this.#texts = this.#settingsStore.load() ?? {};
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return this.#log.error("settings", error.text);
    }
    const settings = readSettings(this.#texts, this.#hardware.system.id);
    if ("wifi" in settings) {
      this.#settings = settings;
      this.#log.level = settings.log;
    } else if (Object.keys(this.#texts).length > 0) {
      for (const { field, text } of settings) this.#log.error("settings", `${field} ${text}`);
    }
  }

  #run(settings: Settings): void {
    const { system, timer, dns, crypto } = this.#hardware;
    this.#enter("normal", "wifi");
    this.#clock = new Clock({
      system,
      timer,
      dns,
      random: (count) => crypto.random(count),
      store: this.#open("clock"),
      log: this.#log,
      server: settings.ntp,
      onGood: () => this.#startDevice(settings),
    });
    this.#progress.expect("wifi", WIFI_LIMIT);
    const link = this.#wifi();
    system.setModemSleep(settings.power !== "on");
    link.join(settings.wifi);
    if (settings.power === "cycle") this.#goToBedIn(AWAKE_LIMIT);
  }

  /** The radio is started when it is needed first: in setup and safe mode, that may be never. */
  #wifi(): WifiLink {
    const { wifi, timer, crypto } = this.#hardware;
    this.#link ??= new WifiLink({
      io: wifi.io,
      timer,
      random: () => new DataView(crypto.random(4).buffer).getUint32(0) / 2 ** 32,
      log: this.#log,
      onState: (state) => this.#linkChanged(state),
    });
    return this.#link;
  }

  #linkChanged(state: LinkState): void {
    // In the network it may stay for months; out of it, there is to be a try now and then.
    if (this.#mode === "normal" && state !== "up") this.#progress.expect("wifi", WIFI_LIMIT);
    else this.#progress.forget("wifi");
    if (this.#clock !== undefined) this.#clock.isReachable = state === "up";
    if (state === "up") this.#device?.retryNow();
    this.#provisioner.announce();
    this.#showState();
  }

  #startDevice(settings: Settings): void {
    const { timer, crypto, tcp, tls, dns, storage, system } = this.#hardware;
    const { account, telemetry } = settings;
    const { authority, server } = account;
    const { programs = {} } = this.#hardware;
    const isProgram = (name: string): boolean => programs[name] !== undefined;
    const baseName = `urn:dev:mac:${eui64(system.id)}:`;
    const client: Omit<ClientOptions, "extensions"> = {
      jid: account.jid,
      ...(account.password === undefined ? {} : { password: account.password }),
      keys: this.#keys(settings),
      floor: account.mechanism,
      ...server,
      tcp,
      tls: authority === undefined ? tls : { ...tls, secure: { certificate: authority } },
      dns,
      timer,
      crypto,
      // A fleet that sleeps is not in step, and its time awake is dear.
      ...(settings.power === "cycle" ? { backoff: { start: 0 } } : {}),
    };
    this.#progress.expect("server", SERVER_LIMIT + 2 * telemetry.interval);
    this.#progress.expect("sampling", SAMPLE_SLACK + 3 * telemetry.interval);
    try {
      this.#device = new Device({
        client,
        sensor: boardSensor(
          telemetry.sensors.filter((name) => !isProgram(name)),
          this.#hardware,
          () => this.#link?.signal,
        ),
        baseName,
        service: telemetry.service,
        node: telemetry.node,
        interval: telemetry.interval,
        storage,
        onState: (state) => {
          this.#progress.happened("server");
          this.#log.debug("server", state);
          this.#showState();
        },
        onReadings: (_readings, id) => {
          this.#progress.happened("sampling");
          this.#log.debug("sensor", `item ${id}`);
        },
        onPublished: (id) => {
          this.#progress.happened("server");
          this.#log.debug("server", `has item ${id}`);
          if (settings.power === "cycle" && this.#device?.pending === 0) this.#goToBedIn(0);
        },
        onLosses: (losses) => this.#log.warning("outbox", `lost: ${JSON.stringify(losses)}`),
        onError: (error) => this.#serverFailed(error),
        onClosed: (error) => this.#deviceClosed(error),
      });
      this.#programs = startPrograms(
        telemetry.sensors.filter(isProgram).map((name) => programs[name] as BuiltInProgram),
        timer,
        baseName,
        (readings) => this.#device?.add(readings),
      );
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#deviceClosed(error);
    }
    this.#showState();
  }

  /** Keys take the place of the password once a server has accepted them. */
  #keys({ account }: Settings): ScramKeyCache {
    return new ScramKeyCache(account.keys === undefined ? [] : [account.keys], (keys) => {
      const { password: _forgotten, ...texts } = this.#texts;
      try {
        this.#save({ ...texts, keys: encodeKeys(keys) });
        this.#log.info("account", "the password is no longer kept: keys made of it are");
      } catch (error) {
        this.#log.error("account", `keys could not be stored: ${(error as Error).message}`);
      }
    });
  }

  #serverFailed(error: XmppError): void {
    this.#progress.happened("server");
    // Without a network, of course there is no server.
    if (this.#link?.state === "up") this.#log.warning("server", error.message);
    else this.#log.debug("server", error.message);
  }

  /** Trying again is of no use. */
  #deviceClosed(error: XmppError | undefined): void {
    this.#progress.forget("server");
    this.#progress.forget("sampling");
    if (error === undefined) return;
    // With every start after a sleep it would be tried again.
    this.#hardware.timer.clear(this.#bedtime);
    this.#log.error("account", `${error.message}; stopped until there are new settings`);
    this.#enter("stopped", "stopped");
  }

  #enter(mode: Mode, pattern: Pattern): void {
    this.#mode = mode;
    this.#led.show(pattern);
  }

  #showState(): void {
    if (this.#mode !== "normal") return;
    if (this.#link?.state !== "up") this.#led.show("wifi");
    else if (this.#clock?.isGood !== true) this.#led.show("clock");
    else this.#led.show(this.#device?.state === "online" ? "online" : "server");
  }

  // Power

  /** Goes to sleep until the next sample, but not while somebody may want to speak to it. */
  #goToBedIn(delay: number): void {
    const { timer, system } = this.#hardware;
    timer.clear(this.#bedtime);
    this.#bedtime = timer.set(() => {
      const wait = this.#attention + ATTENTION - system.uptime();
      if (wait > 0) this.#goToBedIn(wait);
      else this.#sleep();
    }, delay);
  }

  /**
   * The stream is not closed: the server keeps the session, and the next start resumes it (XEP-0198 section
   * 5) instead of beginning another.
   */
  #sleep(): void {
    const { system } = this.#hardware;
    const interval = (this.#settings as Settings).telemetry.interval;
    const delay = Math.max(interval - (system.uptime() % interval), MIN_SLEEP);
    this.#boots.settle();
    this.#log.info("board", `sleeps for ${Math.round(delay / 1000)} s`);
    system.deepSleep(delay);
  }

  #restart(): void {
    this.#boots.planRestart();
    this.#hardware.system.restart();
  }

  // Provisioning

  #save(texts: SettingsTexts): void {
    this.#settingsStore.save(texts);
    this.#texts = texts;
  }

  #provisionable(): ConstructorParameters<typeof Provisioner>[0] {
    const board = this;
    const { system } = this.#hardware;
    return {
      get info() {
        return ["Pipit", board.#version, system.chip, board.#name];
      },
      get isJoined() {
        return board.#link?.state === "up";
      },
      tryNetwork: (network, done) => this.#wifi().try(network, done),
      scan: (done) => this.#wifi().scan(done),
      get texts() {
        return board.#texts;
      },
      check(texts) {
        const settings = readSettings(texts, system.id);
        return "wifi" in settings ? [] : settings;
      },
      save: (texts) => {
        this.#save(texts);
        // They may be what ends the crashes.
        this.#boots.settle();
      },
      get status() {
        return board.#status;
      },
      logSince: (sequence) => this.#log.since(sequence),
      erase: () => {
        system.erase();
        system.restart();
      },
      restart: () => this.#restart(),
    };
  }

  get #name(): string {
    return this.#settings?.name ?? `pipit-${this.#hardware.system.id.slice(-6)}`;
  }

  get #status(): [string, string][] {
    const { system } = this.#hardware;
    return [
      ["version", this.#version],
      ["mode", this.#mode],
      ["reset", system.resetReason],
      ["crashes", String(this.#boots.crashes)],
      ["uptime", String(Math.floor(system.uptime() / 1_000))],
      ["heap", String(system.freeHeap())],
      ["wifi", this.#link?.state ?? "off"],
      ["ip", this.#link?.address ?? ""],
      ["clock", this.#clock?.isGood ? "good" : "not set"],
      ["server", this.#device?.state ?? "off"],
      ["pending", String(this.#device?.pending ?? 0)],
    ];
  }
}

/** The 64-bit form of a MAC address that RFC 9039 section 4.1 has in names of devices. */
function eui64(mac: string): string {
  return `${mac.slice(0, 6)}fffe${mac.slice(6)}`;
}
