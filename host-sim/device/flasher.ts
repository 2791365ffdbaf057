/** Writes images to chips, by esptool-js and the boot loader in the chip's ROM. */

import { createHash } from "node:crypto";
import type { ESPLoader } from "esptool-js";
import type { Image, Part } from "./image.js";
import { BAUD_RATE, reset, type SerialLine } from "./serial-line.js";

/** Most bridges between USB and UART can do this, and so can the cables. */
const FAST = 460_800;

/** Chips with USB of their own have no UART to set a rate of. */
const ESPRESSIF = 0x303a;

/** What is written is a multiple of so many bytes; `0xff` is what erased flash reads as. */
const ALIGNMENT = 4;

export interface FlashOptions {
  /** Whether everything else in flash goes: settings, keys, queued readings. */
  readonly erase?: boolean;
  readonly onStep?: (text: string) => void;
  /** Bytes that have been written, of how many. */
  readonly onProgress?: (written: number, total: number) => void;
}

export interface Flashed {
  readonly chip: string;
  /** Twelve hexadecimal digits. */
  readonly mac: string;
  readonly image: Image;
}

/**
 * Writes the image that is for the chip, checks what is in flash then, and starts it. Closes the line.
 * @throws Error when nothing answers, no image is for the chip, or flash does not hold what was written
 */
export function flash(
  line: SerialLine,
  images: readonly Image[],
  { erase = false, onStep = () => {}, onProgress = () => {} }: FlashOptions = {},
): Promise<Flashed> {
  return withChip(line, async (loader) => {
    const chip = loader.chip.CHIP_NAME;
    const image = images.find((one) => one.chip === chip);
    if (image === undefined)
      throw new Error(
        `the chip is an ${chip}, and the image is for ${images.map((one) => one.chip).join(", ")}`,
      );
    const mac = (await loader.chip.readMac(loader)).replaceAll(":", "");
    onStep(`${chip}, ${mac}`);
    await prepare(loader, line);
    await checkSize(loader, image);
    if (erase) {
      onStep("erasing all of the flash");
      await loader.eraseFlash();
    }
    const total = image.parts.reduce((sum, { data }) => sum + data.length, 0);
    let written = 0;
    for (const part of image.parts) {
      onStep(`writing ${part.name} to 0x${part.offset.toString(16)}`);
      await write(loader, part, (share) => onProgress(written + share * part.data.length, total));
      written += part.data.length;
    }
    onStep("the flash holds what was written");
    await reset(line);
    return { chip, mac, image };
  });
}

/** Erases all of a chip's flash, the firmware included. Closes the line. @throws Error as {@link flash} does */
export function eraseChip(line: SerialLine): Promise<string> {
  return withChip(line, async (loader) => {
    await prepare(loader, line);
    await loader.eraseFlash();
    await reset(line);
    return loader.chip.CHIP_NAME;
  });
}

/** Has the chip's boot loader answer, and does something with it. */
async function withChip<Result>(
  line: SerialLine,
  use: (loader: ESPLoader) => Promise<Result>,
): Promise<Result> {
  const { ESPLoader, Transport } = await import("esptool-js");
  class LineTransport extends Transport {
    /** It would write to the console whatever one says. */
    override trace(): void {}

    /** It would pass over a line that is closed, and wait for answers then. */
    override write(data: Uint8Array): Promise<void> {
      return Promise.race([line.lost, super.write(data)]);
    }

    /** Ends the wait for an answer that cannot come any more, by something that is none. */
    giveUp(): void {
      Object.assign(this, { buffer: Uint8Array.of(0) });
    }
  }
  const transport = new LineTransport(line as never);
  line.lost.catch(() => transport.giveUp());
  const loader = new ESPLoader({
    transport,
    baudrate: FAST,
    romBaudrate: BAUD_RATE,
    terminal: { clean: () => {}, write: () => {}, writeLine: () => {} },
  });
  const work = connect(loader, line).then(() => use(loader));
  // When the line is lost this fails a little later, and nobody waits for that.
  work.catch(() => {});
  try {
    return await Promise.race([work, line.lost]);
  } finally {
    await line.close();
  }
}

async function connect(loader: ESPLoader, line: SerialLine): Promise<void> {
  try {
    await loader.detectChip();
  } catch (error) {
    if (!(error as Error).message.startsWith("Failed to connect")) throw error;
    throw new Error(
      `no boot loader answers on ${line.name}: hold the board's BOOT button, press RESET, let go, and try again`,
    );
  }
  if (loader.secureDownloadMode)
    throw new Error("the chip is in secure download mode: what is written could not be checked");
}

/** Loads what writes faster than the ROM does, and speeds up the line. */
async function prepare(loader: ESPLoader, line: SerialLine): Promise<void> {
  await loader.runStub();
  if (line.getInfo().usbVendorId !== ESPRESSIF) await loader.changeBaud();
}

async function checkSize(loader: ESPLoader, image: Image): Promise<void> {
  const text = await loader.detectFlashSize();
  const megabytes = /^([0-9]+)MB$/.exec(text ?? "")?.[1];
  if (megabytes === undefined) return; // unknown, or by kilobytes: the write would fail
  const needed = Math.max(...image.parts.map(({ offset, data }) => offset + data.length));
  if (needed > Number(megabytes) * 1024 * 1024)
    throw new Error(`the image needs ${needed} bytes of flash, and the board has ${megabytes} MB`);
}

async function write(
  loader: ESPLoader,
  part: Part,
  onProgress: (share: number) => void,
): Promise<void> {
  const data = new Uint8Array(Math.ceil(part.data.length / ALIGNMENT) * ALIGNMENT).fill(0xff);
  data.set(part.data);
  await loader.writeFlash({
    fileArray: [{ data, address: part.offset }],
    flashMode: "keep",
    flashFreq: "keep",
    flashSize: "keep",
    eraseAll: false,
    compress: true,
    reportProgress: (_file, written, total) => onProgress(written / total),
  });
  const wanted = createHash("md5").update(data).digest("hex");
  const found = await loader.flashMd5sum(part.offset, data.length);
  if (found !== wanted)
    throw new Error(
      `${part.name} is not in flash as it was written: try again; if it stays so, the flash is worn out`,
    );
}
