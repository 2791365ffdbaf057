/**
 * Bosch BME280: temperature, humidity and pressure over I2C. The SDK has no driver for it, so this is one,
 * over ECMA-419's SMBus. Sections are those of the data sheet BST-BME280-DS001.
 */

import type { Driver, OpenSensor } from "./driver.js";
import type { Sample } from "./sensor.js";

/** ECMA-419 section 9.7: registers of a byte, behind an address. */
export interface SmbusConstructor {
  new (options: { address: number; hz: number }): Smbus;
}

export interface Smbus {
  /** @throws Error when nothing answers */
  readUint8(register: number): number;
  readBuffer(register: number, buffer: Uint8Array): void;
  writeUint8(register: number, value: number): void;
  close(): void;
}

// Section 5.3: the registers.
const ID = 0xd0;
const RESET = 0xe0;
const CALIBRATION = 0x88;
const CALIBRATION_BYTES = 26;
const CALIBRATION_HUMIDITY = 0xe1;
const CALIBRATION_HUMIDITY_BYTES = 7;
const CONTROL_HUMIDITY = 0xf2;
const STATUS = 0xf3;
const CONTROL = 0xf4;
const DATA = 0xf7;
const DATA_BYTES = 8;

const CHIP_ID = 0x60;
const RESET_WORD = 0xb6;
/** One sample of each quantity, then sleep: "forced mode". */
const ONCE = 0x01;
const FORCED = 0x25;
/** Section 5.4.4: measuring, or copying its calibration. */
const BUSY = 0x09;
/** Section 9.1: one sample of each takes 9.3 ms at most; a read of the status takes a third of one. */
const MAX_POLLS = 200;

/** What the registers hold when a quantity was not measured (section 5.4.6 to 5.4.8). */
const NOT_MEASURED = 0x80000;
const NOT_MEASURED_HUMIDITY = 0x8000;

export function bme280(io: SmbusConstructor, bus: object, address = 0x76): Driver {
  return {
    channels: [
      { name: "temperature", unit: "Cel" },
      { name: "humidity", unit: "%RH" },
      { name: "pressure", unit: "Pa" },
    ],
    open: () => new Bme280(new io({ ...bus, address, hz: 400_000 })),
  };
}

class Bme280 implements OpenSensor {
  readonly #io: Smbus;
  readonly #calibration: DataView;
  readonly #humidity: DataView;

  constructor(io: Smbus) {
    this.#io = io;
    try {
      const id = io.readUint8(ID);
      if (id !== CHIP_ID) throw new Error(`the chip says it is ${id}, and no BME280`);
      io.writeUint8(RESET, RESET_WORD);
      this.#wait();
      this.#calibration = this.#read(CALIBRATION, CALIBRATION_BYTES);
      this.#humidity = this.#read(CALIBRATION_HUMIDITY, CALIBRATION_HUMIDITY_BYTES);
    } catch (error) {
      io.close();
      throw error;
    }
  }

  sample(): readonly Sample[] {
    // Section 5.4.3: the first has an effect only once the second is written.
    this.#io.writeUint8(CONTROL_HUMIDITY, ONCE);
    this.#io.writeUint8(CONTROL, FORCED);
    this.#wait();
    const data = this.#read(DATA, DATA_BYTES);
    const pressure = data.getUint32(0) >>> 12;
    const temperature = ((data.getUint16(3) << 8) | data.getUint8(5)) >>> 4;
    const humidity = data.getUint16(6);
    if (temperature === NOT_MEASURED) return ["no-sample", "no-sample", "no-sample"];
    const fine = this.#fineTemperature(temperature);
    return [
      round(fine / 5_120),
      humidity === NOT_MEASURED_HUMIDITY
        ? "no-sample"
        : round(this.#relativeHumidity(humidity, fine)),
      pressure === NOT_MEASURED ? "no-sample" : round(this.#pressure(pressure, fine)),
    ];
  }

  close(): void {
    this.#io.close();
  }

  #read(register: number, count: number): DataView {
    const bytes = new Uint8Array(count);
    this.#io.readBuffer(register, bytes);
    return new DataView(bytes.buffer);
  }

  #wait(): void {
    for (let polls = 0; (this.#io.readUint8(STATUS) & BUSY) !== 0; polls++)
      if (polls === MAX_POLLS) throw new Error("the chip stays busy");
  }

  // Section 8.1: what the raw values mean, in floating point. `t`, `p` and `h` are the data sheet's dig_T1
  // and so on, by their offsets in the registers (table 16).

  #t(index: number): number {
    const at = (index - 1) * 2;
    return index === 1
      ? this.#calibration.getUint16(at, true)
      : this.#calibration.getInt16(at, true);
  }

  #p(index: number): number {
    const at = 6 + (index - 1) * 2;
    return index === 1
      ? this.#calibration.getUint16(at, true)
      : this.#calibration.getInt16(at, true);
  }

  /** The temperature in 1/5120 °C, which the other quantities depend on. */
  #fineTemperature(raw: number): number {
    const first = (raw / 16_384 - this.#t(1) / 1_024) * this.#t(2);
    const second = (raw / 131_072 - this.#t(1) / 8_192) ** 2 * this.#t(3);
    return first + second;
  }

  /** Pa */
  #pressure(raw: number, fine: number): number {
    const offset = fine / 2 - 64_000;
    const square = (offset * offset * this.#p(6)) / 32_768 + offset * this.#p(5) * 2;
    const bias = square / 4 + this.#p(4) * 65_536;
    const slope = ((this.#p(3) * offset * offset) / 524_288 + this.#p(2) * offset) / 524_288;
    const scale = (1 + slope / 32_768) * this.#p(1);
    if (scale === 0) return Number.NaN;
    const rough = ((1_048_576 - raw - bias / 4_096) * 6_250) / scale;
    const curve = (this.#p(9) * rough * rough) / 2_147_483_648 + (rough * this.#p(8)) / 32_768;
    return rough + (curve + this.#p(7)) / 16;
  }

  /** % */
  #relativeHumidity(raw: number, fine: number): number {
    const h1 = this.#calibration.getUint8(25);
    const h2 = this.#humidity.getInt16(0, true);
    const h3 = this.#humidity.getUint8(2);
    // Two numbers of 12 bits share three bytes.
    const h4 = (this.#humidity.getInt8(3) << 4) | (this.#humidity.getUint8(4) & 0x0f);
    const h5 = (this.#humidity.getInt8(5) << 4) | (this.#humidity.getUint8(4) >> 4);
    const h6 = this.#humidity.getInt8(6);
    const offset = fine - 76_800;
    const above = raw - (h4 * 64 + (h5 / 16_384) * offset);
    const slope = 1 + (h3 / 67_108_864) * offset;
    const humidity = above * (h2 / 65_536) * (1 + (h6 / 67_108_864) * offset * slope);
    return Math.min(Math.max(humidity * (1 - (h1 * humidity) / 524_288), 0), 100);
  }
}

/** To 0.01, which is what the chip can tell. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
