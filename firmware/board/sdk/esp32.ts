/** Where an ESP32 starts: binds the modules of the Moddable SDK to what the board asks for. */

import Analog from "embedded:io/analog";
import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import SMBus from "embedded:io/smbus";
import WiFi from "embedded:network/interface/wifi";
import SHT3x from "embedded:sensor/Humidity-Temperature/SHT3x";
import storage from "embedded:storage/key-value";
import sdkConfig from "mc/config";
// biome-ignore lint/style/useNodejsImportProtocol: a module of the SDK
import Net from "net";
import Time from "time";
import type { KeyValueStorage } from "../../io.js";
import { type AnalogConstructor, analogInput } from "../../sensors/analog.js";
import { bme280, type SmbusConstructor } from "../../sensors/bme280.js";
import { type HumidityTemperatureConstructor, sht3x } from "../../sensors/sht3x.js";
import { createCrypto } from "../../tls/crypto.js";
import { Board } from "../board.js";
import { parseBuildTime } from "../build-time.js";
import type { Output, ResetReason, WiFiConstructor } from "../hardware.js";
import { Console } from "./console.js";
import {
  chip,
  built as compiled,
  deepSleep,
  erase,
  feedWatchdog,
  freeHeap,
  mac,
  random as randomBytes,
  resetReason,
  restart,
  setModemSleep,
  temperature,
  uptime,
} from "./native.js";
import { dnsOptions, TCP } from "./sockets.js";
import { timer } from "./timer.js";
import { nativeCrypto, tlsSocket } from "./tls.js";

/** What the manifests have under `config`: a version, and the pins of the board. */
interface Config {
  version: string;
  i2c: { data: number; clock: number };
  analog: number;
  /** A board without one says -1. */
  statusLed: { pin: number; activeLow: boolean };
}

/** ESP-IDF's `esp_reset_reason_t`, by its numbers. */
const REASONS: readonly ResetReason[] = Object.freeze([
  "unknown",
  "power-on",
  "external",
  "software",
  "panic",
  "watchdog",
  "watchdog",
  "watchdog",
  "deep-sleep",
  "brownout",
] as const);

/** The SDK runs this when all is set up. */
export default function main(): void {
  const config = sdkConfig as unknown as Config;
  const bus = { data: config.i2c.data, clock: config.i2c.clock };
  const led = statusLed(config.statusLed);
  const built = parseBuildTime(compiled());
  new Board(
    {
      system: {
        chip: chip()
          .replace(/^esp32(.+)$/, "esp32-$1")
          .toUpperCase(),
        id: hex(mac()),
        resetReason: REASONS[resetReason()] ?? "unknown",
        built,
        setTime: (milliseconds) => Time.set(Math.round(milliseconds / 1_000)),
        uptime,
        freeHeap,
        temperature,
        setModemSleep,
        feedWatchdog,
        erase,
        restart,
        deepSleep,
      },
      timer,
      crypto: createCrypto(nativeCrypto(), timer, (count) => new Uint8Array(randomBytes(count))),
      storage: storage as unknown as KeyValueStorage,
      tcp: { io: TCP },
      tls: { io: tlsSocket(timer, built), TCP: { io: TCP } },
      dns: dnsOptions(() => Net.get("DNS")),
      wifi: { io: WiFi as unknown as WiFiConstructor },
      serial: { io: Console },
      ...(led === undefined ? {} : { led }),
      sensors: {
        sht3x: sht3x(SHT3x as unknown as HumidityTemperatureConstructor, { io: I2C, ...bus }),
        bme280: bme280(SMBus as unknown as SmbusConstructor, bus),
        analog: analogInput(Analog as unknown as AnalogConstructor, config.analog),
      },
    },
    config.version,
  );
}

function statusLed({ pin, activeLow }: Config["statusLed"]): Output | undefined {
  if (pin < 0) return undefined;
  const output = new Digital({ pin, mode: Digital.Output });
  return { write: (value) => output.write((value === 1) === activeLow ? 0 : 1) };
}

function hex(bytes: ArrayBuffer): string {
  const digits = Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0"));
  return digits.join("");
}
