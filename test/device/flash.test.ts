import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { eraseChip, flash } from "../../host-sim/device/flasher.js";
import { type Image, readImages, webInstall, writeImage } from "../../host-sim/device/image.js";
import { seeded } from "../support/random.js";
import { FakeRom, OP } from "./support/fake-rom.js";
import { MemoryLine } from "./support/memory-line.js";

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "pipit-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program for a chip, as far as its header says. */
function program(chipId: number, size: number): Uint8Array {
  const dice = seeded(chipId);
  const bytes = Uint8Array.from({ length: size }, (_, at) => (at % 3 === 0 ? dice.int(256) : 0));
  bytes[0] = 0xe9;
  bytes.set([chipId, 0], 12);
  return bytes;
}

/** An image with odd sizes, for an ESP32-C3 unless told otherwise. */
function image(chip = "ESP32-C3", chipId = 5): Image {
  return {
    name: "Pipit",
    version: "1.2.3",
    chip,
    parts: [
      { name: "bootloader.bin", offset: 0, data: program(chipId, 1_001) },
      { name: "partition-table.bin", offset: 0x8000, data: new Uint8Array(96).fill(0xaa) },
      { name: "xs_esp32.bin", offset: 0x20000, data: program(chipId, 100_003) },
    ],
  };
}

function setUp(options: ConstructorParameters<typeof FakeRom>[0] = {}) {
  const rom = new FakeRom(options);
  return { rom, line: new MemoryLine(rom) };
}

function expectInFlash(rom: FakeRom, { parts }: Image): void {
  for (const { offset, data } of parts)
    expect(Buffer.from(rom.flash.subarray(offset, offset + data.length)).equals(data)).toBe(true);
}

describe("flashing", () => {
  test("writes every part to its place, checks it, and starts the firmware", async () => {
    const { rom, line } = setUp();
    const steps: string[] = [];
    const progress: number[] = [];
    const flashed = await flash(line, [image()], {
      onStep: (text) => steps.push(text),
      onProgress: (written, total) => progress.push(written / total),
    });
    expect(flashed).toMatchObject({ chip: "ESP32-C3", mac: "0024befe4ff1" });
    expectInFlash(rom, image());
    expect(rom.flash[0x6000]).toBe(0xa5);
    expect(rom.commands.filter((op) => op === OP.md5)).toHaveLength(3);
    expect(rom.starts).toBe(1);
    expect(steps).toEqual([
      "ESP32-C3, 0024befe4ff1",
      "writing bootloader.bin to 0x0",
      "writing partition-table.bin to 0x8000",
      "writing xs_esp32.bin to 0x20000",
      "the flash holds what was written",
    ]);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
    expect(line.baudRates).toEqual([115_200, 460_800]);
    expect(line.readable).toBeNull();
  });

  test("takes the image that is for the chip", async () => {
    const { rom, line } = setUp({ chipId: 9 });
    await flash(line, [image(), image("ESP32-S3", 9)]);
    expectInFlash(rom, image("ESP32-S3", 9));
  });

  test("with erase, leaves nothing of what was there", async () => {
    const { rom, line } = setUp();
    await flash(line, [image()], { erase: true });
    expect(rom.flash[0x6000]).toBe(0xff);
    expectInFlash(rom, image());
  });

  test("writes nothing to another chip", async () => {
    const { rom, line } = setUp({ chipId: 13 });
    await expect(flash(line, [image()])).rejects.toThrow(
      "the chip is an ESP32-C6, and the image is for ESP32-C3",
    );
    expect(rom.flash.every((byte) => byte === 0xa5)).toBe(true);
    expect(line.readable).toBeNull();
  });

  test("writes nothing to a flash that is too small", async () => {
    const { rom, line } = setUp({ size: 1024 * 1024 });
    const large = image();
    const parts = [...large.parts, { name: "x.bin", offset: 0x100000, data: new Uint8Array(9) }];
    await expect(flash(line, [{ ...large, parts }])).rejects.toThrow(
      "the image needs 1048585 bytes of flash, and the board has 1 MB",
    );
    expect(rom.flash.every((byte) => byte === 0xa5)).toBe(true);
  });

  test("says so when the board is unplugged in the middle", async () => {
    let blocks = 0;
    const { line } = setUp({
      onCommand: (op) => {
        if (op === OP.deflData && ++blocks === 3) line.unplug();
        return line.isPluggedIn;
      },
    });
    await expect(flash(line, [image()])).rejects.toThrow("/dev/ttyTEST0 is gone: was the board");
    expect(blocks).toBe(3);
  });

  test("says so when flash does not hold what was written", async () => {
    const { line } = setUp({
      onCommand: (op, rom) => {
        if (op === OP.md5) rom.flash[0x8001] = 0;
        return true;
      },
    });
    await expect(flash(line, [image()])).rejects.toThrow(
      "partition-table.bin is not in flash as it was written",
    );
  });

  test("leaves a chip alone that would not let it check", async () => {
    const { rom, line } = setUp({ securityFlags: 1 << 2 });
    await expect(flash(line, [image()])).rejects.toThrow("in secure download mode");
    expect(rom.commands).not.toContain(OP.deflBegin);
  });

  test("says so when nothing answers", async () => {
    const { line } = setUp({ onCommand: () => false });
    await expect(flash(line, [image()])).rejects.toThrow("no boot loader answers on /dev/ttyTEST0");
    expect(line.readable).toBeNull();
  });

  test("gets by with a command that is lost, and with noise before the answers", async () => {
    let lost = 0;
    const { rom, line } = setUp({
      onCommand: (op, { onSend }) => {
        if (op === OP.deflBegin) onSend(Uint8Array.of(0xc0, 1, 2, 3, 0xc0));
        return op !== OP.sync || ++lost > 1;
      },
    });
    await flash(line, [image()]);
    expectInFlash(rom, image());
  });
});

test("erasing a chip leaves nothing, and the chip starts again", async () => {
  const { rom, line } = setUp();
  expect(await eraseChip(line)).toBe("ESP32-C3");
  expect(rom.flash.every((byte) => byte === 0xff)).toBe(true);
  expect(rom.starts).toBe(1);
});

describe("an image", () => {
  const about = { name: "Pipit", version: "1.2.3", chip: "ESP32-C3" };
  const files = image().parts.map(({ name, offset, data }) => {
    writeFileSync(join(folder, name), data);
    return { file: join(folder, name), offset };
  });
  const made = join(folder, "image");
  writeImage(made, about, files);

  test("is a manifest of ESP Web Tools, and its parts", () => {
    expect(JSON.parse(readFileSync(join(made, "manifest.json"), "utf8"))).toEqual({
      name: "Pipit",
      version: "1.2.3",
      new_install_prompt_erase: true,
      builds: [
        {
          chipFamily: "ESP32-C3",
          parts: [
            { path: "bootloader.bin", offset: 0 },
            { path: "partition-table.bin", offset: 0x8000 },
            { path: "xs_esp32.bin", offset: 0x20000 },
          ],
        },
      ],
    });
    expect(readImages(made)).toEqual([image()]);
    expect(readImages(join(made, "manifest.json"))).toEqual([image()]);
  });

  test("of several boards make one page to install from", () => {
    const { manifest, parts } = webInstall(
      new Map([
        ["esp32c3", made],
        ["other", made],
      ]),
    );
    expect(manifest.builds.map(({ parts: [first] }) => first?.path)).toEqual([
      "esp32c3/bootloader.bin",
      "other/bootloader.bin",
    ]);
    expect(parts.get("other/xs_esp32.bin")).toBe(join(made, "xs_esp32.bin"));
    expect(parts.size).toBe(6);
  });

  const build = (...parts: object[]) => ({ builds: [{ chipFamily: "ESP32-C3", parts }] });
  const app = { path: "xs_esp32.bin", offset: 0x10000 };
  test.each([
    ["is not there", undefined, "no image can be read"],
    ["is no JSON", "{", "no image can be read"],
    ["is null", "null", "it has no builds with parts"],
    ["has no builds", { builds: [] }, "it has no builds with parts"],
    ["has a build without parts", build(), "it has no builds with parts"],
    ["has an offset in a sector", build({ ...app, offset: 7 }), "it has no builds with parts"],
    ["names a part that is not there", build({ ...app, path: "x" }), "a part of the image is mis"],
    ["has no program", build({ path: "partition-table.bin", offset: 0 }), "none of the parts is a"],
    ["has parts over each other", build(app, { ...app, offset: 0x11000 }), "would overwrite the"],
    [
      "is for another chip than it says",
      { builds: [{ chipFamily: "ESP32-S3", parts: [app] }] },
      "says ESP32-S3, but xs_esp32.bin is for ESP32-C3",
    ],
  ])("that %s is refused", (_what, content, message) => {
    const path = join(folder, "wrong.json");
    rmSync(path, { force: true });
    if (content !== undefined)
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    expect(() => readImages(path)).toThrow(message);
  });
});
