import { describe, expect, test } from "@jest/globals";
import { analogInput } from "../../firmware/sensors/analog.js";
import { bme280, type Smbus } from "../../firmware/sensors/bme280.js";
import { chipTemperature, freeHeap, signalStrength } from "../../firmware/sensors/chip.js";
import { type Driver, SensorGroup } from "../../firmware/sensors/driver.js";
import { takeReadings } from "../../firmware/sensors/sensor.js";
import { sht3x } from "../../firmware/sensors/sht3x.js";

/** A driver whose sensor does as it is told. */
class Fake implements Driver {
  readonly channels = [
    { name: "a", unit: "/" },
    { name: "b", unit: "/" },
  ];
  mode: "missing" | "failing" | "fine" | "short" = "fine";
  opened = 0;
  closed = 0;

  open() {
    if (this.mode === "missing") throw new Error("nobody answers");
    this.opened++;
    return {
      sample: () => {
        if (this.mode === "failing") throw new Error("the bus is stuck");
        return this.mode === "short" ? [1] : [1, 2];
      },
      close: () => {
        this.closed++;
        if (this.mode === "failing") throw new Error("the bus is stuck");
      },
    };
  }
}

describe("a group of sensors", () => {
  test("gives status records for one that is missing, and the others' values", () => {
    const missing = new Fake();
    missing.mode = "missing";
    const group = new SensorGroup([missing, freeHeap(() => 1_000)]);
    expect(takeReadings(group, "urn:x:", 5)).toEqual([
      { name: "urn:x:a:status", value: "no-answer", time: 5 },
      { name: "urn:x:b:status", value: "no-answer", time: 5 },
      { name: "urn:x:heap", unit: "B", value: 1_000, time: 5 },
    ]);
  });

  test("opens one again that failed, with the next sample", () => {
    const fake = new Fake();
    const group = new SensorGroup([fake]);
    expect(group.sample(0)).toEqual([1, 2]);
    fake.mode = "failing";
    expect(group.sample(1)).toEqual(["no-answer", "no-answer"]);
    fake.mode = "missing";
    expect(group.sample(2)).toEqual(["no-answer", "no-answer"]);
    fake.mode = "fine";
    expect(group.sample(3)).toEqual([1, 2]);
    expect(fake).toMatchObject({ opened: 2, closed: 1 });
    group.close();
    group.close();
    expect(fake.closed).toBe(2);
  });

  test("never takes one channel's value for another's", () => {
    const fake = new Fake();
    fake.mode = "short";
    expect(new SensorGroup([fake]).sample(0)).toEqual([1, "no-sample"]);
  });
});

describe("what the chip measures of itself", () => {
  test.each([
    ["its temperature", chipTemperature(() => 41.5), 41.5],
    ["no temperature", chipTemperature(() => undefined), "not-supported"],
    ["its heap", freeHeap(() => 5), 5],
    ["the signal, in dBW", signalStrength(() => -60), -90],
    ["no signal", signalStrength(() => undefined), "no-network"],
  ])("%s", (_name, driver, sample) => {
    expect(new SensorGroup([driver]).sample(0)).toEqual([sample]);
  });
});

describe("SHT3x", () => {
  const make = (sample: object) =>
    sht3x(
      class {
        sample() {
          return sample;
        }
        close() {}
      },
      {},
    );

  test.each([
    [{ thermometer: { temperature: 21.456 }, hygrometer: { humidity: 50.001 } }, [21.46, 50]],
    [{ thermometer: {}, hygrometer: { humidity: 50 } }, ["checksum", 50]],
    [{}, ["checksum", "checksum"]],
  ])("%j", (sample, expected) => {
    expect(new SensorGroup([make(sample)]).sample(0)).toEqual(expected);
  });
});

describe("an analog input", () => {
  test.each([
    [0, 0],
    [4095, 1],
  ])("%d of 12 bits", (raw, sample) => {
    class Analog {
      readonly resolution = 12;
      read() {
        return raw;
      }
      close() {}
    }
    expect(new SensorGroup([analogInput(Analog, 3)]).sample(0)).toEqual([sample]);
  });
});

/** A chip with registers, as the data sheet has them. */
class Chip implements Smbus {
  static registers = new Map<number, number>();
  static isThere = true;
  static closed = 0;
  readonly #busy = [8, 1, 0, 8, 0];

  readUint8(register: number): number {
    if (!Chip.isThere) throw new Error("no answer");
    if (register === 0xf3) return this.#busy.shift() ?? 0;
    return Chip.registers.get(register) ?? 0;
  }

  readBuffer(register: number, buffer: Uint8Array): void {
    for (let i = 0; i < buffer.length; i++) buffer[i] = Chip.registers.get(register + i) ?? 0;
  }

  writeUint8(register: number, value: number): void {
    if (register !== 0xe0) Chip.registers.set(register, value);
  }

  close(): void {
    Chip.closed++;
  }
}

/** Puts bytes into the chip. */
function put(register: number, ...bytes: number[]): void {
  bytes.forEach((byte, index) => void Chip.registers.set(register + index, byte & 0xff));
}

/** Puts numbers of 16 bits into the chip, the lower byte first. */
function putWords(register: number, ...words: number[]): void {
  put(register, ...words.flatMap((word) => [word, word >> 8]));
}

describe("BME280", () => {
  const prepare = (): SensorGroup => {
    Chip.registers.clear();
    Chip.isThere = true;
    put(0xd0, 0x60);
    // The example of the data sheet of the BMP280 (section 3.12), whose formulas these are.
    putWords(0x88, 27_504, 26_435, -1_000);
    putWords(0x8e, 36_477, -10_685, 3_024, 2_855, 140, -7, 15_500, -14_600, 6_000);
    // Humidity, as a chip from the shelf has it.
    put(0xa1, 75);
    putWords(0xe1, 359);
    put(0xe3, 0, 0x14, 0x2a, 0x03, 30);
    put(0xf7, 415_148 >> 12, 415_148 >> 4, 415_148 << 4);
    put(0xfa, 519_888 >> 12, 519_888 >> 4, 519_888 << 4);
    put(0xfd, 0x6b, 0x30);
    return new SensorGroup([bme280(Chip, {})]);
  };

  test("computes what its data sheet does", () => {
    const [temperature, humidity, pressure] = prepare().sample(0);
    expect(temperature).toBe(25.08);
    expect(pressure).toBeCloseTo(100_653.27, 1);
    expect(humidity).toBeGreaterThan(20);
    expect(humidity).toBeLessThan(60);
    // One sample of each quantity, then sleep.
    expect(Chip.registers.get(0xf2)).toBe(1);
    expect(Chip.registers.get(0xf4)).toBe(0x25);
  });

  test("says what was not measured", () => {
    const group = prepare();
    put(0xf7, 0x80, 0, 0);
    put(0xfd, 0x80, 0);
    expect(group.sample(0)).toEqual([25.08, "no-sample", "no-sample"]);
    put(0xfa, 0x80, 0, 0);
    expect(group.sample(0)).toEqual(["no-sample", "no-sample", "no-sample"]);
  });

  test.each([
    [
      "is not there",
      () => {
        Chip.isThere = false;
      },
    ],
    ["is another chip", () => put(0xd0, 0x58)],
  ])("one that %s does not answer, and leaves the bus free", (_name, spoil) => {
    const group = prepare();
    spoil();
    const { closed } = Chip;
    expect(group.sample(0)).toEqual(["no-answer", "no-answer", "no-answer"]);
    expect(Chip.closed).toBe(closed + 1);
  });
});
